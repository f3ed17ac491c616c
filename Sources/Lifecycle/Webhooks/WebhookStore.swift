import TernKernel
import TernStore

/// SQL of webhooks.
struct WebhookStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    init(_ transaction: Transaction) { connection = transaction.connection }

    func find(_ id: String) throws -> Webhook? {
        try connection.row("SELECT * FROM webhooks WHERE id = ?", [.text(id)]).map(WebhookStore.webhook)
    }

    /// Newest first.
    func all(offset: Int = 0, limit: Int? = nil) throws -> [Webhook] {
        let page = limit.map { " LIMIT \($0) OFFSET \(offset)" } ?? ""
        return try connection.rows("SELECT * FROM webhooks ORDER BY number DESC\(page)").map(WebhookStore.webhook)
    }

    func insert(_ webhook: Webhook) throws {
        try connection.execute(
            """
            INSERT INTO webhooks (id, name, url, description, events, status, secret, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, [.text(webhook.id)] + WebhookStore.values(webhook) + [SQLValue(webhook.createdAt), SQLValue(webhook.updatedAt)])
    }

    func update(_ webhook: Webhook) throws {
        try connection.execute(
            "UPDATE webhooks SET name = ?, url = ?, description = ?, events = ?, status = ?, secret = ?, updated_at = ? WHERE id = ?",
            WebhookStore.values(webhook) + [SQLValue(webhook.updatedAt), .text(webhook.id)])
    }

    func delete(_ id: String) throws {
        try connection.execute("DELETE FROM webhook_deliveries WHERE webhook = ?", [.text(id)])
        try connection.execute("DELETE FROM webhooks WHERE id = ?", [.text(id)])
    }

    private static func values(_ webhook: Webhook) -> [SQLValue] {
        [
            .text(webhook.name), .text(webhook.url), SQLValue(webhook.description),
            .text(webhook.events.map(\.description).joined(separator: " ")), .text(webhook.status.rawValue), SQLValue(webhook.secret),
        ]
    }

    private static func webhook(_ row: SQLRow) throws -> Webhook {
        Webhook(
            id: try row.text("id"), name: try row.text("name"), url: try row.text("url"), description: row.optionalText("description"),
            events: try row.text("events").split(separator: " ").compactMap { WebhookEvent(String($0)) },
            status: Webhook.Status(rawValue: try row.text("status")) ?? .disabled, secret: row.optionalText("secret"),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"))
    }
}
