import TernStore

extension RegistryRoom {
    /// The room's tables. A version's number outlives it and its model: `model_numbers` is never counted down.
    package static let migrations = [
        Migration(
            "2026-11-registry",
            [
                """
                CREATE TABLE models (
                    name TEXT PRIMARY KEY, description TEXT, declaration TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)
                """,
                "CREATE TABLE model_numbers (model TEXT PRIMARY KEY, last_version INTEGER NOT NULL)",
                "CREATE TABLE model_tags (model TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, key))",
                "CREATE TABLE model_aliases (model TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (model, alias))",
                """
                CREATE TABLE model_versions (
                    model TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, status_reason TEXT, origin TEXT NOT NULL,
                    stage TEXT NOT NULL, source TEXT NOT NULL, location TEXT, run_id TEXT, run_link TEXT, model_id TEXT, description TEXT,
                    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL, digest TEXT, holdout TEXT,
                    holdout_format TEXT, reference TEXT, signature TEXT, metrics TEXT NOT NULL, gates TEXT NOT NULL,
                    approvals_needed INTEGER NOT NULL, pipeline_run TEXT, lineage TEXT NOT NULL, PRIMARY KEY (model, version))
                """,
                "CREATE INDEX model_versions_run ON model_versions (run_id)",
                "CREATE INDEX model_versions_status ON model_versions (model, status, version)",
                """
                CREATE TABLE model_version_tags (
                    model TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, version, key))
                """,
                """
                CREATE TABLE model_approvals (
                    model TEXT NOT NULL, version INTEGER NOT NULL, number INTEGER NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL,
                    verdict TEXT NOT NULL, reason TEXT, PRIMARY KEY (model, version, number))
                """,
                "CREATE TABLE model_profiles (model TEXT NOT NULL, version INTEGER NOT NULL, profile TEXT NOT NULL, PRIMARY KEY (model, version))",
                """
                CREATE TABLE model_evaluations (
                    digest TEXT NOT NULL, holdout TEXT NOT NULL, target TEXT NOT NULL, task TEXT NOT NULL, metrics TEXT NOT NULL,
                    answers TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (digest, holdout, target, task))
                """,
            ]),
        Migration(
            "2026-11-registry-answers",
            [
                "ALTER TABLE model_versions ADD COLUMN card TEXT",
                // As MLflow's MLmodel file declares it, beside what the ONNX file itself says.
                "ALTER TABLE model_versions ADD COLUMN declared_signature TEXT",
                // Rows that a client gave as an example of the inputs; a Parquet blob.
                "ALTER TABLE model_versions ADD COLUMN sample TEXT",
                // What two files answer differently on a table never changes, so it is asked once.
                """
                CREATE TABLE model_churn (
                    from_digest TEXT NOT NULL, to_digest TEXT NOT NULL, sample TEXT NOT NULL, target TEXT NOT NULL, churn TEXT NOT NULL,
                    created_at INTEGER NOT NULL, PRIMARY KEY (from_digest, to_digest, sample, target))
                """,
            ]),
        Migration(
            "2026-11-registry-search",
            [
                "CREATE INDEX models_updated ON models (updated_at, name)",
                "CREATE INDEX model_versions_updated ON model_versions (updated_at DESC, model, version DESC)",
                "CREATE INDEX model_versions_created ON model_versions (created_at DESC, model, version DESC)",
                "CREATE INDEX model_versions_stage ON model_versions (model, stage, version)",
                "CREATE INDEX model_tags_key ON model_tags (key, model)",
                "CREATE INDEX model_version_tags_key ON model_version_tags (key, model, version)",
                "CREATE INDEX model_aliases_version ON model_aliases (model, version)",
            ]),
    ]
}
