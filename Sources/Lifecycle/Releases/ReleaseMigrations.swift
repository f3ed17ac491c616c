import TernStore

extension ReleaseStore {
    static let migrations = [
        Migration(
            "2026-11-releases",
            [
                """
                CREATE TABLE endpoints (
                    name TEXT PRIMARY KEY, declaration TEXT NOT NULL, variants TEXT NOT NULL, revision INTEGER NOT NULL, champion_due INTEGER)
                """,
                """
                CREATE TABLE releases (
                    endpoint TEXT NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,
                    PRIMARY KEY (endpoint, number))
                """,
                "CREATE INDEX releases_state ON releases (endpoint, state, number)",
                // Which versions were considered and what became of them: `follow` takes each once.
                """
                CREATE TABLE release_considered (
                    endpoint TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, outcome TEXT NOT NULL, release TEXT NOT NULL,
                    considered_at INTEGER NOT NULL, PRIMARY KEY (endpoint, model, version))
                """,
                // Orders that must not be carried out twice, whoever repeats them.
                """
                CREATE TABLE release_orders (
                    endpoint TEXT NOT NULL, order_key TEXT NOT NULL, release INTEGER NOT NULL, PRIMARY KEY (endpoint, order_key))
                """,
            ])
    ]
}
