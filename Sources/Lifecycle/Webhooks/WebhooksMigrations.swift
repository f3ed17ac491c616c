import TernStore

enum WebhooksMigrations {
    static let all = [
        Migration(
            "2026-11-webhooks",
            [
                """
                CREATE TABLE webhooks (
                    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, url TEXT NOT NULL, description TEXT,
                    events TEXT NOT NULL, status TEXT NOT NULL, secret TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)
                """,
                """
                CREATE TABLE webhook_deliveries (
                    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, webhook TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL,
                    state TEXT NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, status INTEGER, problem TEXT,
                    created_at INTEGER NOT NULL, ended_at INTEGER)
                """,
                "CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (state, webhook, number)",
                "CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, number)",
                "CREATE TABLE webhook_cursors (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL)",
            ])
    ]
}
