import TernStore

extension PipelinesRoom {
    package static let migrations = [
        Migration(
            "2026-11-pipelines",
            [
                """
                CREATE TABLE pipelines (
                    name TEXT PRIMARY KEY, definition TEXT NOT NULL, folder TEXT NOT NULL, applied_at INTEGER NOT NULL, applied_by TEXT NOT NULL)
                """,
                """
                CREATE TABLE pipeline_runs (
                    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, pipeline TEXT NOT NULL, state TEXT NOT NULL, definition TEXT NOT NULL,
                    folder TEXT NOT NULL, params TEXT NOT NULL, datasets TEXT NOT NULL, reason TEXT, origin TEXT NOT NULL, event_time INTEGER,
                    created_by TEXT NOT NULL, created_role TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
                    tracking_run TEXT, code TEXT, result TEXT, error TEXT, cancel_requested INTEGER NOT NULL, idempotency_key TEXT)
                """,
                "CREATE UNIQUE INDEX pipeline_runs_sequence ON pipeline_runs (sequence)",
                "CREATE INDEX pipeline_runs_pipeline ON pipeline_runs (pipeline, sequence)",
                "CREATE INDEX pipeline_runs_state ON pipeline_runs (state)",
                "CREATE UNIQUE INDEX pipeline_runs_key ON pipeline_runs (pipeline, idempotency_key)",
                """
                CREATE TABLE pipeline_steps (
                    run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, pipeline TEXT NOT NULL, state TEXT NOT NULL,
                    attempt INTEGER NOT NULL, tries INTEGER NOT NULL, cause TEXT, error TEXT, exit TEXT, started_at INTEGER, ended_at INTEGER,
                    outputs TEXT NOT NULL, result TEXT, reused_run TEXT, log_path TEXT, job TEXT, cache_key TEXT, facts TEXT,
                    PRIMARY KEY (run, name))
                """,
                "CREATE INDEX pipeline_steps_cache ON pipeline_steps (pipeline, name, state, cache_key, ended_at)",
                "CREATE INDEX pipeline_steps_last ON pipeline_steps (pipeline, name, state, ended_at)",
            ])
    ]
}
