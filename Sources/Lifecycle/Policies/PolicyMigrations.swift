import TernStore

extension PolicyStore {
    static let migrations = [
        Migration(
            "2026-11-policies",
            [
                "CREATE TABLE policies (endpoint TEXT PRIMARY KEY, declaration TEXT NOT NULL, machine TEXT NOT NULL)",
                """
                CREATE TABLE retrainings (
                    endpoint TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (endpoint, number))
                """,
                "CREATE INDEX retrainings_state ON retrainings (endpoint, state, number)",
                """
                CREATE TABLE policy_rollbacks (
                    order_key TEXT PRIMARY KEY, endpoint TEXT NOT NULL, reason TEXT NOT NULL, event_time INTEGER NOT NULL, state TEXT NOT NULL)
                """,
                "CREATE INDEX policy_rollbacks_state ON policy_rollbacks (endpoint, state)",
                """
                CREATE TABLE policy_outbox (
                    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
                    attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, problem TEXT)
                """,
                "CREATE INDEX policy_outbox_due ON policy_outbox (endpoint, state, id)",
            ])
    ]
}
