import TernKernel
import TernStore

/// A notification that waits to be delivered.
struct PolicyNotification: Sendable {
    var id: Int64
    var endpoint: String
    var url: String
    var body: String
    var attempts: Int
}

/// The SQL of the outbox: what is to be posted is written with the decision to post it, and stays until it is delivered or given up.
struct NotificationStore: Sendable {
    let database: Database

    static let due = "SELECT * FROM policy_outbox WHERE endpoint = ? AND state = 'waiting' AND due_at <= ? ORDER BY id LIMIT ?"

    func due(_ endpoint: String, at now: Timestamp, limit: Int) async throws -> [PolicyNotification] {
        try await database.read { connection in
            try connection.rows(NotificationStore.due, [.text(endpoint), SQLValue(now), SQLValue(limit)]).map { row in
                PolicyNotification(
                    id: try row.int("id"), endpoint: try row.text("endpoint"), url: try row.text("url"), body: try row.text("body"),
                    attempts: Int(try row.int("attempts")))
            }
        }
    }

    /// How many wait for their first or next try.
    func waiting(_ endpoint: String) async throws -> Int {
        try await database.read { connection in
            Int(
                try connection.row("SELECT count(*) AS n FROM policy_outbox WHERE endpoint = ? AND state = 'waiting'", [.text(endpoint)])?.int("n")
                    ?? 0)
        }
    }

    static func insert(endpoint: String, url: String, body: String, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO policy_outbox (endpoint, url, body, state, attempts, due_at, problem) VALUES (?, ?, ?, 'waiting', 0, ?, NULL)",
            [.text(endpoint), .text(url), .text(body), SQLValue(transaction.now)])
    }

    static func delivered(_ notification: PolicyNotification, in transaction: Transaction) throws -> Bool {
        try transaction.execute("DELETE FROM policy_outbox WHERE id = ?", [.int(notification.id)]) == 1
    }

    static func retry(_ notification: PolicyNotification, at due: Timestamp, problem: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE policy_outbox SET attempts = ?, due_at = ?, problem = ? WHERE id = ?",
            [SQLValue(notification.attempts + 1), SQLValue(due), .text(problem), .int(notification.id)])
    }

    static func giveUp(_ notification: PolicyNotification, problem: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE policy_outbox SET state = 'undeliverable', attempts = ?, problem = ? WHERE id = ?",
            [SQLValue(notification.attempts + 1), .text(problem), .int(notification.id)])
    }
}
