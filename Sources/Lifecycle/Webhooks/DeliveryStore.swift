import TernKernel
import TernStore

/// SQL of the outbox: messages that wait, and those that have ended.
struct DeliveryStore {
    let connection: Connection

    /// Ended messages that are kept for each webhook.
    static let mostKept = 200

    init(_ connection: Connection) { self.connection = connection }

    init(_ transaction: Transaction) { connection = transaction.connection }

    // MARK: How far the ledger is read

    private static let cursor = "registry"

    func cursor() throws -> Int64? {
        try connection.row("SELECT sequence FROM webhook_cursors WHERE name = ?", [.text(DeliveryStore.cursor)])?.int("sequence")
    }

    /// Starts reading after `sequence`, unless reading has started.
    func startCursor(at sequence: Int64) throws {
        try connection.execute(
            "INSERT INTO webhook_cursors (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", [.text(DeliveryStore.cursor), .int(sequence)])
    }

    func moveCursor(to sequence: Int64) throws {
        try connection.execute(
            "UPDATE webhook_cursors SET sequence = ? WHERE name = ? AND sequence < ?", [.int(sequence), .text(DeliveryStore.cursor), .int(sequence)])
    }

    // MARK: Messages

    func insert(_ id: String, to webhook: String, _ event: WebhookEvent, _ body: String, at now: Timestamp) throws {
        try connection.execute(
            """
            INSERT INTO webhook_deliveries (id, webhook, event, body, state, attempts, due_at, created_at)
            VALUES (?, ?, ?, ?, 'pending', 0, ?, ?)
            """, [.text(id), .text(webhook), .text(event.description), .text(body), SQLValue(now), SQLValue(now)])
    }

    /// The oldest message of each webhook that has some: only that one may go out, so that they arrive in order.
    func heads() throws -> [WebhookDelivery] {
        try connection.rows(
            """
            SELECT d.* FROM webhook_deliveries d
            JOIN (SELECT webhook, min(number) AS first FROM webhook_deliveries WHERE state = 'pending' GROUP BY webhook) h ON h.first = d.number
            ORDER BY d.number
            """
        ).map(DeliveryStore.delivery)
    }

    /// Takes a message to send it. Whoever took it before and never said what became of it has died by `until`.
    ///
    /// - Returns: whether it was there to be taken.
    func take(_ delivery: WebhookDelivery, at now: Timestamp, until: Timestamp) throws -> Bool {
        try connection.execute(
            """
            UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ?
            WHERE number = ? AND state = 'pending' AND attempts = ? AND due_at <= ?
            """, [SQLValue(until), .int(delivery.number), SQLValue(delivery.attempts), SQLValue(now)]) == 1
    }

    func retry(_ delivery: WebhookDelivery, at time: Timestamp, status: Int?, problem: String) throws {
        try connection.execute(
            "UPDATE webhook_deliveries SET due_at = ?, status = ?, problem = ? WHERE number = ?",
            [SQLValue(time), SQLValue(status), .text(problem), .int(delivery.number)])
    }

    func end(_ delivery: WebhookDelivery, _ state: WebhookDelivery.State, status: Int?, problem: String?, at now: Timestamp) throws {
        try connection.execute(
            "UPDATE webhook_deliveries SET state = ?, status = ?, problem = ?, ended_at = ? WHERE number = ?",
            [.text(state.rawValue), SQLValue(status), SQLValue(problem), SQLValue(now), .int(delivery.number)])
        let oldest = try connection.row(
            "SELECT number FROM webhook_deliveries WHERE webhook = ? ORDER BY number DESC LIMIT 1 OFFSET \(DeliveryStore.mostKept)",
            [.text(delivery.webhook)])
        guard let number = oldest?.optionalInt("number") else { return }
        try connection.execute(
            "DELETE FROM webhook_deliveries WHERE webhook = ? AND number <= ? AND state <> 'pending'", [.text(delivery.webhook), .int(number)])
    }

    /// Newest first.
    func all(of webhook: String, limit: Int) throws -> [WebhookDelivery] {
        try connection.rows("SELECT * FROM webhook_deliveries WHERE webhook = ? ORDER BY number DESC LIMIT \(limit)", [.text(webhook)])
            .map(DeliveryStore.delivery)
    }

    private static func delivery(_ row: SQLRow) throws -> WebhookDelivery {
        WebhookDelivery(
            number: try row.int("number"), id: try row.text("id"), webhook: try row.text("webhook"), event: try row.text("event"),
            body: try row.text("body"), state: WebhookDelivery.State(rawValue: try row.text("state")) ?? .failed,
            attempts: Int(try row.int("attempts")), dueAt: try row.time("due_at"), status: row.optionalInt("status").map { Int($0) },
            problem: row.optionalText("problem"), createdAt: try row.time("created_at"), endedAt: row.optionalTime("ended_at"))
    }
}
