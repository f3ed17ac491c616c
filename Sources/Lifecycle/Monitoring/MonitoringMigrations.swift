import TernStore

enum MonitoringMigrations {
    static let all = [
        Migration(
            "2026-11-monitoring",
            [
                "CREATE TABLE monitoring_monitors (endpoint TEXT PRIMARY KEY, declaration TEXT NOT NULL)",
                "CREATE TABLE monitoring_progress (endpoint TEXT PRIMARY KEY, progress TEXT NOT NULL)",
                // Every record up to `position` is about a time up to `clock`: where to begin reading for what happened since a moment.
                """
                CREATE TABLE monitoring_marks (
                    endpoint TEXT NOT NULL, clock INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (endpoint, clock))
                """,
                """
                CREATE TABLE monitoring_scores (
                    endpoint TEXT NOT NULL, from_time INTEGER NOT NULL, monitor TEXT NOT NULL, column_name TEXT NOT NULL, to_time INTEGER NOT NULL,
                    row_count INTEGER NOT NULL, method TEXT NOT NULL, score DOUBLE PRECISION, p_value DOUBLE PRECISION, threshold DOUBLE PRECISION,
                    drifted INTEGER NOT NULL, status TEXT NOT NULL, evidence TEXT NOT NULL,
                    PRIMARY KEY (endpoint, from_time, monitor, column_name))
                """,
                """
                CREATE TABLE monitoring_quality (
                    endpoint TEXT NOT NULL, from_time INTEGER NOT NULL, role TEXT NOT NULL, variant TEXT NOT NULL, to_time INTEGER NOT NULL,
                    state TEXT NOT NULL, content TEXT NOT NULL, after_position INTEGER NOT NULL, last_position INTEGER NOT NULL,
                    PRIMARY KEY (endpoint, from_time, role, variant))
                """,
                "CREATE INDEX monitoring_quality_state ON monitoring_quality (endpoint, state, from_time)",
                """
                CREATE TABLE monitoring_alerts (
                    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, monitor TEXT NOT NULL, column_name TEXT NOT NULL, state TEXT NOT NULL,
                    raised_at INTEGER NOT NULL, raised_event_time INTEGER, resolved_at INTEGER, resolved_event_time INTEGER, resolution TEXT,
                    acknowledged_at INTEGER, acknowledged_by TEXT, message TEXT NOT NULL, evidence TEXT NOT NULL, owner TEXT NOT NULL)
                """,
                "CREATE UNIQUE INDEX monitoring_alerts_open ON monitoring_alerts (endpoint, monitor, column_name) WHERE state = 'open'",
                "CREATE INDEX monitoring_alerts_state ON monitoring_alerts (state, endpoint, id)",
                "CREATE INDEX monitoring_alerts_endpoint ON monitoring_alerts (endpoint, id)",
                // `first_…`: the label as it first came, and the last log position then; so that a window is judged by what was known at the time.
                // `sequence` grows with every new or changed label of the endpoint.
                """
                CREATE TABLE monitoring_feedback (
                    endpoint TEXT NOT NULL, prediction INTEGER NOT NULL, row_number INTEGER NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL,
                    found_at INTEGER, received_at INTEGER NOT NULL, received_from TEXT NOT NULL,
                    first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
                    position INTEGER NOT NULL, first_label TEXT NOT NULL, first_position INTEGER NOT NULL, sequence INTEGER NOT NULL,
                    PRIMARY KEY (endpoint, prediction, row_number))
                """,
                "CREATE UNIQUE INDEX monitoring_feedback_sequence ON monitoring_feedback (endpoint, sequence)",
            ])
    ]
}
