import TernStore

extension JobQueue {
    package static let migrations = [
        Migration(
            "2026-11-jobs",
            [
                """
                CREATE TABLE jobs (
                    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, dedupe_key TEXT, state TEXT NOT NULL,
                    attempt INTEGER NOT NULL, failures INTEGER NOT NULL, max_attempts INTEGER NOT NULL, backoff INTEGER NOT NULL,
                    run_at INTEGER NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, started_at INTEGER, ended_at INTEGER,
                    progress DOUBLE PRECISION NOT NULL, result TEXT, error TEXT, cancel_requested INTEGER NOT NULL, log_path TEXT,
                    owner TEXT, lease_until INTEGER, process TEXT)
                """,
                "CREATE INDEX jobs_queue ON jobs (state, kind, run_at, sequence)",
                "CREATE UNIQUE INDEX jobs_key ON jobs (kind, dedupe_key)",
                "CREATE INDEX jobs_sequence ON jobs (sequence)",
                // One row: the queue that may work in this home. A second server takes it over, and the first notices.
                "CREATE TABLE job_owner (id INTEGER PRIMARY KEY, owner TEXT NOT NULL)",
                """
                CREATE TABLE schedules (
                    name TEXT PRIMARY KEY, cron TEXT NOT NULL, timezone TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
                    catch_up INTEGER NOT NULL, created_at INTEGER NOT NULL, last_fired INTEGER, next_at INTEGER)
                """,
                "CREATE INDEX schedules_next ON schedules (next_at)",
            ]),
        Migration(
            "2026-11-jobs-leases", ["CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, held_until INTEGER NOT NULL)"]),
    ]
}
