import Synchronization
import TernKernel
import TernStore

/// Posts what the outbox holds, at least once each, in order for each address, and again later when that fails.
struct NotificationDelivery: Sendable {
    let store: NotificationStore
    let post: @Sendable (String, String) async throws -> Int
    private let inFlight = InFlight()

    /// After about two days of trying, a notification is given up, and the ledger says so.
    static let mostAttempts = 60

    init(store: NotificationStore, post: @escaping @Sendable (String, String) async throws -> Int) {
        self.store = store
        self.post = post
    }

    /// Delivers what is due by the clock on the wall; a webhook that does not answer holds up only its own.
    func deliverDue(_ endpoint: String, now: Timestamp) async throws {
        // Two looks at the same time must not post the same twice: whoever comes second leaves it to the first.
        guard inFlight.begin(endpoint) else { return }
        defer { inFlight.end(endpoint) }
        let due = try await store.due(endpoint, at: now, limit: 100)
        guard !due.isEmpty else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for notifications in Dictionary(grouping: due, by: \.url).values {
                group.addTask {
                    for notification in notifications {
                        guard try await deliver(notification, now: now) else { return }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func deliver(_ notification: PolicyNotification, now: Timestamp) async throws -> Bool {
        let problem: String
        do {
            let status = try await post(notification.url, notification.body)
            if (200..<300).contains(status) {
                try await store.database.write { transaction in
                    guard try NotificationStore.delivered(notification, in: transaction) else { return }
                    try transaction.record(NotificationDelivery.event("policy.delivered", notification, problem: nil))
                }
                return true
            }
            problem = "HTTP \(status)"
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            problem = TernError.wrap(error).message
        }
        try await store.database.write { transaction in
            if notification.attempts + 1 >= NotificationDelivery.mostAttempts {
                try NotificationStore.giveUp(notification, problem: problem, in: transaction)
                try transaction.record(NotificationDelivery.event("policy.undeliverable", notification, problem: problem))
            } else {
                let due = now + NotificationDelivery.pause(after: notification.attempts + 1)
                try NotificationStore.retry(notification, at: due, problem: problem, in: transaction)
            }
        }
        return false
    }

    /// 2 s, 4 s, 8 s, … up to an hour.
    static func pause(after attempts: Int) -> Period {
        let seconds = attempts < 12 ? Double(1 << max(1, attempts)) : 3600
        return .seconds(min(3600, seconds))
    }

    private static func event(_ kind: String, _ notification: PolicyNotification, problem: String?) -> LedgerEvent {
        LedgerEvent(
            kind, subject: "endpoint/\(notification.endpoint)", by: "tern/policies",
            data: ["webhook": .string(notification.url), "attempts": .int(Int64(notification.attempts + 1)), "problem": JSON(problem)])
    }
}

/// The endpoints whose notifications are being delivered.
private final class InFlight: Sendable {
    private let keys = Mutex<Set<String>>([])

    func begin(_ key: String) -> Bool { keys.withLock { $0.insert(key).inserted } }
    func end(_ key: String) { keys.withLock { _ = $0.remove(key) } }
}
