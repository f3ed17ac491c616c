import TernStore

enum TracesMigrations {
    static let all = [
        Migration(
            "2026-11-traces",
            [
                """
                CREATE TABLE traces (
                    id TEXT PRIMARY KEY, experiment_id INTEGER NOT NULL, requested_at INTEGER NOT NULL, duration INTEGER, state TEXT NOT NULL,
                    client_request TEXT, request_preview TEXT, response_preview TEXT, session TEXT)
                """,
                "CREATE INDEX traces_by_time ON traces (experiment_id, requested_at, id)",
                "CREATE INDEX traces_by_session ON traces (session)",
                "CREATE TABLE trace_tags (trace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (trace, key)) WITHOUT ROWID",
                """
                CREATE TABLE trace_metadata (trace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (trace, key)) WITHOUT ROWID
                """,
                "CREATE TABLE trace_runs (run TEXT NOT NULL, trace TEXT NOT NULL, PRIMARY KEY (run, trace)) WITHOUT ROWID",
                "CREATE INDEX trace_runs_by_trace ON trace_runs (trace)",
                """
                CREATE TABLE spans (
                    trace TEXT NOT NULL, id TEXT NOT NULL, parent TEXT, name TEXT NOT NULL, type TEXT, status TEXT NOT NULL,
                    started_at INTEGER NOT NULL, ended_at INTEGER, content TEXT NOT NULL, PRIMARY KEY (trace, id)) WITHOUT ROWID
                """,
                """
                CREATE TABLE assessments (
                    id TEXT PRIMARY KEY, trace TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, text TEXT NOT NULL,
                    number DOUBLE PRECISION, failure TEXT, source_type TEXT NOT NULL, source TEXT NOT NULL, span TEXT, run TEXT, rationale TEXT,
                    metadata TEXT NOT NULL, of_session INTEGER NOT NULL, overrides TEXT, valid INTEGER NOT NULL, created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL)
                """,
                "CREATE INDEX assessments_by_trace ON assessments (trace, created_at)",
            ])
    ]
}
