import Foundation
import Logging
import TernKernel
import TernStore

/// Brings changes of the registry from the ledger to the webhooks that ask for them: first into the outbox, then out.
///
/// Both halves are durable. A message leaves the outbox when the other side has taken it or has been given up, so after a crash it is sent
/// again, under the same id. Each webhook gets its messages in the order of the ledger; one that does not answer holds up only itself.
package actor WebhookDispatcher {
    private let database: Database
    private let ledger: LedgerStore
    private let send: @Sendable (WebhookSender.Message) async throws -> WebhookSender.Answer
    private let clock: WallClock
    private let logger: Logger
    /// How far this process has looked; what is durable is the cursor, which moves only when there was something for somebody.
    private var seen: Int64?
    private var sending: [String: Task<Void, Never>] = [:]

    /// How long a message stays taken by a server that may have died with it.
    private static let lease = Period.seconds(20)

    package init(
        database: Database, logger: Logger, clock: WallClock = .system,
        send: @escaping @Sendable (WebhookSender.Message) async throws -> WebhookSender.Answer
    ) {
        self.database = database
        self.send = send
        self.clock = clock
        self.logger = logger
        ledger = LedgerStore(database)
    }

    /// Marks where the ledger stands, the first time: what happened before there were webhooks is nobody's news. Call before serving.
    package func open() async throws {
        let last = try await ledger.entries(LedgerFilter(newestFirst: true, limit: 1)).first?.sequence ?? 0
        try await database.write { try DeliveryStore($0).startCursor(at: last) }
    }

    /// Works until cancelled: after every change of the ledger, and once a second.
    package func run() async {
        let changes = database.ledgerChanges.follow()
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "tern.webhooks.changes") {
                for await _ in changes { await self.pass() }
            }
            group.addTask(name: "tern.webhooks.tick") {
                while !Task.isCancelled {
                    await self.pass()
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
        for task in sending.values { task.cancel() }
        for task in sending.values { await task.value }
    }

    private func pass() async {
        do {
            try await gather()
            try await deliver()
        } catch is CancellationError {
        } catch {
            logger.error("webhooks: \(TernError.wrap(error))")
        }
    }

    /// Puts what is new in the ledger into the outbox, with one message for each webhook that asks for it.
    func gather() async throws {
        while true {
            let durable = try await database.read { try DeliveryStore($0).cursor() } ?? 0
            let entries = try await ledger.entries(LedgerFilter(after: max(durable, seen ?? 0), kind: "model.", limit: 500))
            guard let last = entries.last?.sequence else { return }
            let changes = entries.compactMap { entry in RegistryChange(entry).map { (entry, $0) } }
            if !changes.isEmpty {
                try await database.write { transaction in
                    let store = DeliveryStore(transaction)
                    // Another server on the same database may have been here in between.
                    let done = try store.cursor() ?? 0
                    let webhooks = try WebhookStore(transaction).all().filter { $0.status == .active }
                    guard !webhooks.isEmpty else { return }
                    for (entry, change) in changes where entry.sequence > done {
                        let body = change.event.body(change.data, at: entry.at)
                        for webhook in webhooks.reversed() where webhook.events.contains(change.event) && webhook.createdAt <= entry.at {
                            try store.insert(UUID().uuidString.lowercased(), to: webhook.id, change.event, body, at: transaction.now)
                        }
                    }
                    try store.moveCursor(to: last)
                }
            }
            seen = max(seen ?? 0, last)
        }
    }

    /// Starts sending to every webhook that has something due and is not being sent to already.
    private func deliver() async throws {
        let now = clock.now()
        for head in try await database.read({ try DeliveryStore($0).heads() }) where head.dueAt <= now && sending[head.webhook] == nil {
            sending[head.webhook] = Task(name: "tern.webhooks.\(head.webhook)") {
                await self.deliverAll(to: head.webhook)
                self.sending[head.webhook] = nil
            }
        }
    }

    private func deliverAll(to webhook: String) async {
        do {
            while let head = try await head(of: webhook), try await deliver(head) {}
        } catch is CancellationError {
        } catch {
            logger.error("webhook \(webhook): \(TernError.wrap(error))")
        }
    }

    private func head(of webhook: String) async throws -> WebhookDelivery? {
        let now = clock.now()
        return try await database.read { try DeliveryStore($0).heads() }.first { $0.webhook == webhook && $0.dueAt <= now }
    }

    /// One attempt.
    ///
    /// - Returns: whether the webhook's next message may follow.
    func deliver(_ delivery: WebhookDelivery) async throws -> Bool {
        let now = clock.now()
        let webhook: Webhook? = try await database.write { transaction in
            guard let webhook = try WebhookStore(transaction).find(delivery.webhook) else { return nil }
            let store = DeliveryStore(transaction)
            if webhook.status == .disabled {
                try store.end(delivery, .skipped, status: nil, problem: "the webhook was disabled", at: transaction.now)
                return nil
            }
            return try store.take(delivery, at: now, until: now + WebhookDispatcher.lease) ? webhook : nil
        }
        guard let webhook else { return false }
        var outcome = DeliveryPlan.Outcome.unanswered
        var status: Int?
        var problem: String?
        do {
            let answer = try await send(
                WebhookSender.Message(id: delivery.id, url: webhook.url, body: delivery.body, secret: webhook.secret, sentAt: now))
            outcome = .answered(status: answer.status, retryAfter: answer.retryAfter)
            status = answer.status
            problem = answer.status < 400 ? nil : "HTTP \(answer.status)"
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let known = TernError.wrap(error)
            problem = known.message
            if known.code == .invalidArgument { outcome = .refused }
        }
        let step = DeliveryPlan.next(after: outcome, attempts: delivery.attempts + 1)
        return try await database.write { [status, problem] transaction in
            let store = DeliveryStore(transaction)
            switch step {
            case .done:
                try store.end(delivery, .delivered, status: status, problem: nil, at: transaction.now)
                return true
            case .retry(let pause):
                try store.retry(delivery, at: transaction.now + pause, status: status, problem: problem ?? "")
                return false
            case .giveUp:
                try store.end(delivery, .failed, status: status, problem: problem, at: transaction.now)
                try transaction.record(
                    LedgerEvent(
                        "webhook.undeliverable", subject: "webhook/\(webhook.id)", by: "tern/webhooks",
                        data: [
                            "delivery": .string(delivery.id), "event": .string(delivery.event), "attempts": JSON(delivery.attempts + 1),
                            "problem": JSON(problem),
                        ]))
                return true
            }
        }
    }
}
