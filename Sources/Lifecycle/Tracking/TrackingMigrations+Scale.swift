import TernStore

extension TrackingMigrations {
    /// Points in two tiers, and searches that walk an index.
    ///
    /// A series keeps what lists and charts ask first. Its points are in `metric_tail`, a row each, until there are enough for a chunk.
    static let scale = Migration("2026-11-tracking-scale", seriesFigures + tail + chunks + searchIndexes + modelMetrics + garbage)

    private static let seriesFigures = [
        "ALTER TABLE metric_series ADD COLUMN experiment_id INTEGER NOT NULL DEFAULT 0",
        // Over the points that are numbers; null while none is.
        "ALTER TABLE metric_series ADD COLUMN least DOUBLE PRECISION",
        "ALTER TABLE metric_series ADD COLUMN greatest DOUBLE PRECISION",
        // Points written: in all, in metric_tail, in chunks that are not sealed yet, and how many such chunks.
        "ALTER TABLE metric_series ADD COLUMN points INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE metric_series ADD COLUMN tail INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE metric_series ADD COLUMN loose INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE metric_series ADD COLUMN loose_chunks INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE metric_series ADD COLUMN next_chunk INTEGER NOT NULL DEFAULT 0",
        // 1 when sealed chunks overlap each other, so that a reader must merge all of them.
        "ALTER TABLE metric_series ADD COLUMN overlaps INTEGER NOT NULL DEFAULT 0",
        "UPDATE metric_series SET experiment_id = (SELECT r.experiment_id FROM runs r WHERE r.id = metric_series.run_id)",
    ]

    private static let tail = [
        """
        CREATE TABLE metric_tail (
            series INTEGER NOT NULL, step INTEGER NOT NULL, timestamp INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,
            PRIMARY KEY (series, step, timestamp, value, is_nan)) WITHOUT ROWID
        """,
        """
        INSERT INTO metric_tail (series, step, timestamp, value, is_nan)
        SELECT series, step, timestamp, value, is_nan FROM metric_points ORDER BY series, step, timestamp, value, is_nan
        """,
        """
        UPDATE metric_series SET
            points = (SELECT count(*) FROM metric_tail p WHERE p.series = metric_series.id),
            tail = (SELECT count(*) FROM metric_tail p WHERE p.series = metric_series.id),
            least = (SELECT min(p.value) FROM metric_tail p WHERE p.series = metric_series.id AND p.is_nan = 0),
            greatest = (SELECT max(p.value) FROM metric_tail p WHERE p.series = metric_series.id AND p.is_nan = 0)
        """,
        "DROP TABLE metric_points",
    ]

    /// About 1000 points a row (see `PointCodec`), in the order of step, time and value. In `*_value` columns null is NaN.
    private static let chunks = [
        """
        CREATE TABLE metric_chunks (
            series INTEGER NOT NULL, number INTEGER NOT NULL, sealed INTEGER NOT NULL, points INTEGER NOT NULL,
            first_step INTEGER NOT NULL, first_time INTEGER NOT NULL, first_value DOUBLE PRECISION,
            last_step INTEGER NOT NULL, last_time INTEGER NOT NULL, last_value DOUBLE PRECISION,
            min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, min_value DOUBLE PRECISION, max_value DOUBLE PRECISION,
            data BLOB NOT NULL, PRIMARY KEY (series, number))
        """
    ]

    /// Texts are indexed by their first 200 characters: PostgreSQL's indexes hold no long ones.
    private static let searchIndexes = [
        "CREATE INDEX metric_series_ranked ON metric_series (experiment_id, key, is_nan, value)",
        "ALTER TABLE run_params ADD COLUMN experiment_id INTEGER NOT NULL DEFAULT 0",
        "UPDATE run_params SET experiment_id = (SELECT r.experiment_id FROM runs r WHERE r.id = run_params.run_id)",
        "CREATE INDEX run_params_found ON run_params (experiment_id, key, substr(value, 1, 200), run_id)",
        "ALTER TABLE run_tags ADD COLUMN experiment_id INTEGER NOT NULL DEFAULT 0",
        "UPDATE run_tags SET experiment_id = (SELECT r.experiment_id FROM runs r WHERE r.id = run_tags.run_id)",
        "CREATE INDEX run_tags_found ON run_tags (experiment_id, key, substr(value, 1, 200), run_id)",
        "CREATE INDEX runs_named ON runs (experiment_id, substr(name, 1, 200))",
        "CREATE INDEX run_datasets_read ON run_datasets (dataset, run_id)",
        // What garbage collection looks for.
        "CREATE INDEX runs_deleted ON runs (stage, deleted_at)",
    ]

    private static let garbage = [
        // The greatest number that an experiment ever had: a number is not given out twice.
        "CREATE TABLE experiment_numbers (last INTEGER NOT NULL)",
        "INSERT INTO experiment_numbers (last) SELECT COALESCE(max(id), 0) FROM experiments",
        // Files that are still to be removed, of things that are gone already.
        "CREATE TABLE artifact_garbage (path TEXT PRIMARY KEY)",
    ]

    private static let modelMetrics = [
        "ALTER TABLE logged_model_metrics ADD COLUMN is_nan INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX logged_model_metrics_found ON logged_model_metrics (key, model_id, value)",
        "CREATE INDEX logged_models_run ON logged_models (source_run)",
    ]
}
