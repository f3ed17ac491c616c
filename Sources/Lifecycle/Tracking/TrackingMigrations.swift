import TernStore

enum TrackingMigrations {
    static let all = [
        Migration(
            "2026-11-tracking",
            experiments + runs + metrics + inputs + loggedModels),
        scale,
    ]

    private static let experiments = [
        """
        CREATE TABLE experiments (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, artifact_location TEXT NOT NULL, stage TEXT NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)
        """,
        "CREATE INDEX experiments_created ON experiments (created_at, id)",
        """
        CREATE TABLE experiment_tags (
            experiment_id INTEGER NOT NULL REFERENCES experiments (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (experiment_id, key))
        """,
        // The experiment that every client counts on, dated by the ledger's migration, which ran just before.
        """
        INSERT INTO experiments (id, name, artifact_location, stage, created_at, updated_at)
        SELECT 0, 'Default', 'mlflow-artifacts:/0', 'active', COALESCE(max(applied_at), 0), COALESCE(max(applied_at), 0) FROM migrations
        """,
    ]

    private static let runs = [
        """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY, experiment_id INTEGER NOT NULL REFERENCES experiments (id), name TEXT NOT NULL, user_id TEXT NOT NULL,
            status TEXT NOT NULL, stage TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER, artifact_uri TEXT NOT NULL,
            deleted_at INTEGER)
        """,
        "CREATE INDEX runs_listed ON runs (experiment_id, stage, start_time DESC, id)",
        """
        CREATE TABLE run_params (
            run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key))
        """,
        """
        CREATE TABLE run_tags (
            run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key))
        """,
    ]

    /// A series is one metric of one run and carries its latest point, so that searches never look at the points themselves.
    private static let metrics = [
        """
        CREATE TABLE metric_series (
            id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
            is_nan INTEGER NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL, UNIQUE (run_id, key))
        """,
        """
        CREATE TABLE metric_points (
            series INTEGER NOT NULL, step INTEGER NOT NULL, timestamp INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,
            PRIMARY KEY (series, step, timestamp, value, is_nan))
        """,
    ]

    private static let inputs = [
        """
        CREATE TABLE tracked_datasets (
            id INTEGER PRIMARY KEY, experiment_id INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL,
            source TEXT NOT NULL, schema TEXT, profile TEXT, UNIQUE (experiment_id, name, digest))
        """,
        """
        CREATE TABLE run_datasets (
            run_id TEXT NOT NULL REFERENCES runs (id), dataset INTEGER NOT NULL REFERENCES tracked_datasets (id), context TEXT,
            tags TEXT NOT NULL, PRIMARY KEY (run_id, dataset))
        """,
        "CREATE TABLE run_model_inputs (run_id TEXT NOT NULL REFERENCES runs (id), model_id TEXT NOT NULL, PRIMARY KEY (run_id, model_id))",
        """
        CREATE TABLE run_model_outputs (
            run_id TEXT NOT NULL REFERENCES runs (id), model_id TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run_id, model_id, step))
        """,
    ]

    private static let loggedModels = [
        """
        CREATE TABLE logged_models (
            id TEXT PRIMARY KEY, experiment_id INTEGER NOT NULL REFERENCES experiments (id), name TEXT NOT NULL, type TEXT NOT NULL,
            source_run TEXT NOT NULL, artifact_uri TEXT NOT NULL, status TEXT NOT NULL, stage TEXT NOT NULL, created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL)
        """,
        "CREATE INDEX logged_models_listed ON logged_models (experiment_id, stage, created_at DESC, id)",
        """
        CREATE TABLE logged_model_params (
            model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model_id, key))
        """,
        """
        CREATE TABLE logged_model_tags (
            model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model_id, key))
        """,
        // A missing dataset is an empty text here: null would defeat the primary key, which makes a repeated point a no-op.
        """
        CREATE TABLE logged_model_metrics (
            model_id TEXT NOT NULL, key TEXT NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL, run_id TEXT NOT NULL,
            dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (model_id, key, timestamp, step, run_id, dataset_name, dataset_digest, value))
        """,
    ]
}
