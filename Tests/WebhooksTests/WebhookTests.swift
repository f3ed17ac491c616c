import Logging
import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Webhooks

private let admin = Identity(name: "tester", role: .admin)

@Suite struct DeliveryPlanning {
    @Test func `what has come through is done, what cannot is given up`() {
        #expect(DeliveryPlan.next(after: .answered(status: 204, retryAfter: nil), attempts: 1) == .done)
        for status in [400, 401, 404, 410, 501] {
            #expect(DeliveryPlan.next(after: .answered(status: status, retryAfter: nil), attempts: 1) == .giveUp)
        }
        #expect(DeliveryPlan.next(after: .refused, attempts: 1) == .giveUp)
    }

    @Test func `pauses double, and end`() {
        let steps = (1...7).map { DeliveryPlan.next(after: .unanswered, attempts: $0) }
        #expect(steps == [1, 2, 4, 8, 16].map { .retry(after: .seconds($0)) } + [.giveUp, .giveUp])
    }

    @Test func `the other side may ask for more time, within bounds`() {
        func pause(_ wish: Period) -> DeliveryPlan.Step { DeliveryPlan.next(after: .answered(status: 429, retryAfter: wish), attempts: 1) }
        #expect(pause(.seconds(20)) == .retry(after: .seconds(20)))
        #expect(pause(.hours(5)) == .retry(after: .seconds(60)))
        #expect(pause(.zero) == .retry(after: .seconds(1)))
    }
}

@Suite struct Addresses {
    @Test(
        arguments: [
            "127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
            "255.255.255.255", "198.18.0.1", "203.0.113.5", "::1", "::", "fc00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
            "2002:7f00:1::", "2001:db8::1", "2001::1", "ff02::1",
        ])
    func `addresses that are not everybody's are not public`(text: String) throws {
        #expect(try #require(HostAddress(text)).isPublic == false)
    }

    @Test(arguments: ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"])
    func `others are`(text: String) throws { #expect(try #require(HostAddress(text)).isPublic) }

    @Test func `what is not an address is none`() {
        for text in ["", "127.1", "1.2.3", "1.2.3.4.5", "localhost", "::g", "0x7f.0.0.1"] { #expect(HostAddress(text) == nil) }
    }

    @Test func `only the schemes that are allowed have a host`() throws {
        #expect(try WebhookRules().host(of: "https://example.com:8443/x?y") == "example.com")
        #expect(try WebhookRules().host(of: "https://[::1]/x") == "::1")
        for url in ["http://example.com", "ftp://x", "example.com", "", "https://", "https:///x", "file:///etc/passwd"] {
            #expect(throws: TernError.self) { try WebhookRules().host(of: url) }
        }
    }

    @Test func `the environment allows more, by either name`() async throws {
        let rules = WebhookRules(environment: ["TERN_WEBHOOK_ALLOWED_SCHEMES": "http, https", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"])
        #expect(rules.schemes == ["http", "https"] && rules.allowsPrivate)
        #expect(try await rules.address(of: "127.0.0.1") == nil)
        await #expect(throws: TernError.self) { try await WebhookRules().address(of: "127.0.0.1") }
        #expect(WebhookRules(environment: [:]).schemes == ["https"])
    }
}

@Suite struct LedgerMeaning {
    private func change(_ kind: String, _ subject: String, _ data: JSON = [:]) throws -> RegistryChange? {
        let entry: JSON = [
            "sequence": 1, "at": "1970-01-01T00:00:00Z", "kind": .string(kind), "subject": .string(subject), "actor": "a", "data": data,
            "hash": .string(Digest(of: "").hex),
        ]
        return RegistryChange(try entry.decode(LedgerEntry.self))
    }

    @Test func `entries become MLflow's events`() throws {
        let created = try #require(try change("model.created", "model/m", ["tags": ["a": "b"], "description": "d"]))
        #expect(created.event.description == "registered_model.created")
        #expect(created.data == ["name": "m", "tags": ["a": "b"], "description": "d"])
        let version = try #require(
            try change("model.version.registered", "model/m/3", ["source": "s", "run": "r", "tags": [:], "description": .null]))
        #expect(version.event.description == "model_version.created")
        #expect(version.data == ["name": "m", "version": "3", "source": "s", "run_id": "r", "tags": [:], "description": .null])
        #expect(try change("model.alias.set", "model/m/3", ["alias": "x"])?.data == ["name": "m", "version": "3", "alias": "x"])
        #expect(try change("model.version.tag.removed", "model/m/3", ["key": "k"])?.event.description == "model_version_tag.deleted")
    }

    @Test func `a prompt's entries become a prompt's events, without the tags that make it one`() throws {
        let tags: JSON = ["mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "T", "a": "b"]
        let version = try #require(try change("model.version.registered", "model/p/1", ["prompt": true, "tags": tags, "description": .null]))
        #expect(version.event.description == "prompt_version.created" && version.data["template"] == "T" && version.data["tags"] == ["a": "b"])
        #expect(try change("model.tag.set", "model/p", ["prompt": true, "key": "k", "value": "v"])?.event.description == "prompt_tag.set")
    }

    @Test func `other entries are nobody's news`() throws {
        for (kind, subject) in [
            ("model.tag.set", "model/m"), ("model.version.gated", "model/m/1"), ("run.deleted", "run/x"), ("model.created", "odd"),
        ] {
            #expect(try change(kind, subject) == nil)
        }
    }

    @Test func `each event has an example and reads back from its name`() {
        for event in WebhookEvent.all {
            #expect(WebhookEvent(event.description) == event)
            #expect(event.example.objectValue?.isEmpty == false)
        }
        #expect(WebhookEvent("registered_model.deleted") == nil && WebhookEvent("x") == nil)
    }

    @Test func `the signature is HMAC over id, time and body`() {
        let message = WebhookSender.Message(id: "id", url: "", body: "{}", secret: "s", sentAt: Timestamp(milliseconds: 5_999))
        // Computed with Python's hmac: hmac.new(b"s", b"id.5.{}", sha256).
        #expect(WebhookSender.signature(message, "s") == "v1,ycYcytDg+/n6m7mTtMvI+ZdGQekBRUbrbChUhE82VTQ=")
    }
}

/// What was sent, and the answers still to give.
private final class Wire: Sendable {
    private let state = Mutex<(sent: [WebhookSender.Message], answers: [Int])>(([], []))

    var sent: [WebhookSender.Message] { state.withLock { $0.sent } }
    func answer(_ statuses: Int...) { state.withLock { $0.answers = statuses } }

    func send(_ message: WebhookSender.Message) throws -> WebhookSender.Answer {
        let status = state.withLock { state in
            state.sent.append(message)
            return state.answers.isEmpty ? 200 : state.answers.removeFirst()
        }
        if status == 0 { throw TernError(.unavailable, "no answer") }
        return WebhookSender.Answer(status: status)
    }
}

@Suite struct Dispatching {
    private func withRoom(_ body: (WebhookService, WebhookDispatcher, Wire, ManualClock, Database) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(WebhooksRoom.migrations, clock: clock.wall) { database in
            let wire = Wire()
            let service = WebhookService(
                database: database, rules: WebhookRules(schemes: ["http"], allowsPrivate: true), send: { try wire.send($0) }, clock: clock.wall)
            let dispatcher = WebhookDispatcher(database: database, logger: Logger(label: "test"), clock: clock.wall, send: { try wire.send($0) })
            try await dispatcher.open()
            try await body(service, dispatcher, wire, clock, database)
        }
    }

    private func happen(_ name: String, in database: Database) async throws {
        try await database.write { try $0.record(LedgerEvent("model.created", subject: "model/\(name)", by: "a", data: ["tags": [:]])) }
    }

    private func heads(_ database: Database) async throws -> [WebhookDelivery] { try await database.read { try DeliveryStore($0).heads() } }

    @Test func `changes after a webhook was made reach it in order, once`() async throws {
        try await withRoom { service, dispatcher, wire, _, database in
            try await happen("before", in: database)
            try await dispatcher.gather()
            let webhook = try await service.create(
                WebhookDraft(name: "w", url: "http://x/", events: [try WebhookEvent(.registeredModel, .created)], secret: "s"), by: admin)
            for name in ["a", "b"] { try await happen(name, in: database) }
            try await dispatcher.gather()
            try await dispatcher.gather()
            while let head = try await heads(database).first { #expect(try await dispatcher.deliver(head)) }
            #expect(wire.sent.compactMap { try? JSON(parsing: $0.body)["data"]?["name"] } == ["a", "b"])
            #expect(try await service.deliveries(of: webhook.id, by: admin).map(\.state) == [.delivered, .delivered])
        }
    }

    @Test func `a failure waits for its time, keeps its id, and is given up in the end`() async throws {
        try await withRoom { service, dispatcher, wire, clock, database in
            let webhook = try await service.create(
                WebhookDraft(name: "w", url: "http://x/", events: [try WebhookEvent(.registeredModel, .created)]), by: admin)
            try await happen("a", in: database)
            try await dispatcher.gather()
            wire.answer(503, 0, 500, 502, 504, 429)
            for _ in 0..<6 {
                let head = try #require(try await heads(database).first)
                _ = try await dispatcher.deliver(head)
                // Too early: nothing goes out.
                if let waiting = try await heads(database).first { #expect(try await dispatcher.deliver(waiting) == false) }
                clock.advance(by: .seconds(60))
            }
            #expect(wire.sent.count == 6 && Set(wire.sent.map(\.id)).count == 1)
            let ended = try await service.deliveries(of: webhook.id, by: admin)
            #expect(ended.map(\.state) == [.failed] && ended.first?.attempts == 6 && ended.first?.problem == "HTTP 429")
            #expect(try await LedgerStore(database).entries(LedgerFilter(kind: "webhook.undeliverable")).count == 1)
        }
    }

    @Test func `what a dead server had taken is taken again after a while, and not before`() async throws {
        try await withRoom { service, _, wire, clock, database in
            _ = try await service.create(
                WebhookDraft(name: "w", url: "http://x/", events: [try WebhookEvent(.registeredModel, .created)]), by: admin)
            try await happen("a", in: database)
            let other = WebhookDispatcher(database: database, logger: Logger(label: "test"), clock: clock.wall, send: { try wire.send($0) })
            try await other.gather()
            let head = try #require(try await heads(database).first)
            let now = clock.wall.now()
            #expect(try await database.write { try DeliveryStore($0).take(head, at: now, until: now + .seconds(20)) })
            #expect(try await other.deliver(head) == false)
            clock.advance(by: .seconds(21))
            #expect(try await other.deliver(try #require(try await heads(database).first)))
            #expect(wire.sent.count == 1)
        }
    }

    @Test func `disabled and deleted webhooks get nothing`() async throws {
        try await withRoom { service, dispatcher, wire, _, database in
            let webhook = try await service.create(
                WebhookDraft(name: "w", url: "http://x/", events: [try WebhookEvent(.registeredModel, .created)]), by: admin)
            try await happen("a", in: database)
            try await dispatcher.gather()
            var change = WebhookChange()
            change.status = .disabled
            _ = try await service.update(webhook.id, change, by: admin)
            _ = try await dispatcher.deliver(try #require(try await heads(database).first))
            #expect(try await service.deliveries(of: webhook.id, by: admin).map(\.state) == [.skipped])
            try await happen("b", in: database)
            try await dispatcher.gather()
            #expect(try await heads(database).isEmpty && wire.sent.isEmpty)
            try await service.delete(webhook.id, by: admin)
            await #expect(throws: TernError.self) { try await service.webhook(webhook.id, by: admin) }
        }
    }

    @Test func `only an admin sees or changes webhooks`() async throws {
        try await withRoom { service, _, _, _, _ in
            let editor = Identity(name: "e", role: .editor)
            let draft = WebhookDraft(name: "w", url: "http://x/", events: [try WebhookEvent(.prompt, .created)])
            await #expect(throws: TernError.self) { try await service.create(draft, by: editor) }
            await #expect(throws: TernError.self) { try await service.webhooks(by: editor) }
        }
    }

    @Test(arguments: ["", "A", "a b", "-a", "a-", String(repeating: "a", count: 64)])
    func `names that MLflow refuses are refused`(name: String) async throws {
        try await withRoom { service, _, _, _, _ in
            let draft = WebhookDraft(name: name, url: "http://x/", events: [try WebhookEvent(.prompt, .created)])
            await #expect(throws: TernError.self) { try await service.create(draft, by: admin) }
        }
    }
}
