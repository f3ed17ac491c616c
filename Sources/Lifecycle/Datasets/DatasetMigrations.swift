import TernStore

extension DatasetStore {
    static let migrations = [
        Migration(
            "2026-11-datasets",
            [
                """
                CREATE TABLE datasets (
                    name TEXT PRIMARY KEY, owner TEXT NOT NULL, description TEXT, path TEXT, time_column TEXT, expect TEXT NOT NULL,
                    schema TEXT NOT NULL)
                """,
                """
                CREATE TABLE dataset_versions (
                    dataset TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, row_count INTEGER NOT NULL, format TEXT NOT NULL,
                    bytes INTEGER NOT NULL, schema TEXT NOT NULL, source TEXT NOT NULL, created_at INTEGER NOT NULL,
                    created_by TEXT NOT NULL, reason TEXT, profile TEXT NOT NULL, PRIMARY KEY (dataset, version))
                """,
                "CREATE UNIQUE INDEX dataset_versions_digest ON dataset_versions (dataset, digest)",
                """
                CREATE TABLE dataset_rejections (
                    id TEXT PRIMARY KEY, dataset TEXT NOT NULL, at INTEGER NOT NULL, refused_to TEXT NOT NULL, source TEXT NOT NULL, reason TEXT,
                    message TEXT NOT NULL, violations TEXT NOT NULL)
                """,
                "CREATE INDEX dataset_rejections_dataset ON dataset_rejections (dataset, at)",
            ])
    ]
}
