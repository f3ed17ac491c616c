import Foundation
import TernKernel
import TernStore

/// Webhooks: who is told of what, and what became of the messages. Only an admin may see or change them, as in MLflow: they carry what
/// happens here to wherever they point.
package struct WebhookService: Sendable {
    let database: Database
    let rules: WebhookRules
    let send: @Sendable (WebhookSender.Message) async throws -> WebhookSender.Answer
    let clock: WallClock

    package struct Page: Sendable {
        package var elements: [Webhook]
        package var nextOffset: Int?
    }

    package struct TestResult: Sendable {
        package var succeeded: Bool
        package var status: Int?
        package var body: String?
        package var problem: String?
    }

    /// - Throws: `not_found`.
    package func webhook(_ id: String, by identity: Identity) async throws -> Webhook {
        try identity.require(.admin, to: "see a webhook")
        return try await database.read { try WebhookService.webhook(id, WebhookStore($0)) }
    }

    private static func webhook(_ id: String, _ store: WebhookStore) throws -> Webhook {
        guard let webhook = try store.find(id) else { throw TernError.notFound("Webhook with ID \(id) not found.") }
        return webhook
    }

    /// Newest first.
    package func webhooks(offset: Int = 0, limit: Int = 100, by identity: Identity) async throws -> Page {
        try identity.require(.admin, to: "see webhooks")
        guard (1...1000).contains(limit) else { throw TernError.invalid("max_results must be between 1 and 1000.") }
        return try await database.read { connection in
            let found = try WebhookStore(connection).all(offset: offset, limit: limit + 1)
            return Page(elements: Array(found.prefix(limit)), nextOffset: found.count > limit ? offset + limit : nil)
        }
    }

    /// What became of a webhook's last messages, newest first.
    package func deliveries(of id: String, limit: Int = 100, by identity: Identity) async throws -> [WebhookDelivery] {
        _ = try await webhook(id, by: identity)
        return try await database.read { try DeliveryStore($0).all(of: id, limit: limit) }
    }

    package func create(_ draft: WebhookDraft, by identity: Identity) async throws -> Webhook {
        try identity.require(.admin, to: "create a webhook")
        try WebhookService.check(name: draft.name)
        try await check(url: draft.url)
        let events = try WebhookService.check(events: draft.events)
        return try await database.write { transaction in
            let webhook = Webhook(
                id: UUID().uuidString.lowercased(), name: draft.name, url: draft.url, description: draft.description, events: events,
                status: draft.status, secret: draft.secret, createdAt: transaction.now, updatedAt: transaction.now)
            try WebhookStore(transaction).insert(webhook)
            try transaction.record(WebhookService.event("webhook.created", webhook, by: identity))
            return webhook
        }
    }

    package func update(_ id: String, _ change: WebhookChange, by identity: Identity) async throws -> Webhook {
        try identity.require(.admin, to: "change a webhook")
        _ = try await webhook(id, by: identity)
        if let name = change.name { try WebhookService.check(name: name) }
        if let url = change.url { try await check(url: url) }
        let events = try change.events.map(WebhookService.check(events:))
        return try await database.write { transaction in
            let store = WebhookStore(transaction)
            var webhook = try WebhookService.webhook(id, store)
            webhook.name = change.name ?? webhook.name
            webhook.url = change.url ?? webhook.url
            webhook.description = change.description ?? webhook.description
            webhook.events = events ?? webhook.events
            webhook.status = change.status ?? webhook.status
            webhook.secret = change.secret ?? webhook.secret
            webhook.updatedAt = transaction.now
            try store.update(webhook)
            try transaction.record(WebhookService.event("webhook.changed", webhook, by: identity))
            return webhook
        }
    }

    /// What still waited to be sent is dropped.
    package func delete(_ id: String, by identity: Identity) async throws {
        try identity.require(.admin, to: "delete a webhook")
        try await database.write { transaction in
            let store = WebhookStore(transaction)
            let webhook = try WebhookService.webhook(id, store)
            try store.delete(id)
            try transaction.record(WebhookService.event("webhook.deleted", webhook, by: identity))
        }
    }

    /// Sends example data, once and at once, and answers what came back.
    ///
    /// - Parameter event: without one, the first that the webhook asks for.
    package func test(_ id: String, _ event: WebhookEvent? = nil, by identity: Identity) async throws -> TestResult {
        let webhook = try await webhook(id, by: identity)
        guard let event = event ?? webhook.events.first else { throw TernError.invalid("Webhook events cannot be empty") }
        let now = clock.now()
        let message = WebhookSender.Message(
            id: UUID().uuidString.lowercased(), url: webhook.url, body: event.body(event.example, at: now), secret: webhook.secret, sentAt: now)
        do {
            let answer = try await send(message)
            return TestResult(succeeded: answer.status < 400, status: answer.status, body: answer.body)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return TestResult(succeeded: false, problem: "Failed to test webhook: \(TernError.wrap(error).message)")
        }
    }

    // MARK: Checks

    private static func check(name: String) throws {
        func isPlain(_ character: Character) -> Bool { ("a"..."z").contains(character) || ("0"..."9").contains(character) }
        let fits =
            (1...63).contains(name.utf8.count) && name.allSatisfy { isPlain($0) || "._-".contains($0) } && name.first.map(isPlain) == true
            && name.last.map(isPlain) == true
        guard fits else {
            throw TernError.invalid(
                "Webhook name '\(name)' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain "
                    + "only letters, digits, dots (.), underscores (_), and hyphens (-).")
        }
    }

    private func check(url: String) async throws { _ = try await rules.address(of: try rules.host(of: url)) }

    private static func check(events: [WebhookEvent]) throws -> [WebhookEvent] {
        guard !events.isEmpty else { throw TernError.invalid("Webhook events must be a non-empty list of WebhookEvent objects: [].") }
        var seen: Set<WebhookEvent> = []
        return events.filter { seen.insert($0).inserted }
    }

    private static func event(_ kind: String, _ webhook: Webhook, by identity: Identity) -> LedgerEvent {
        LedgerEvent(
            kind, subject: "webhook/\(webhook.id)", by: identity.name,
            data: [
                "name": .string(webhook.name), "url": .string(webhook.url), "events": JSON(webhook.events.map(\.description)),
                "status": .string(webhook.status.rawValue),
            ])
    }
}
