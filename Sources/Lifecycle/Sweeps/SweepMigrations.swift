import TernStore

extension SweepsRoom {
    package static let migrations: [Migration] = [
        Migration(
            "2026-11-sweeps",
            [
                """
                CREATE TABLE sweeps (
                    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, folder TEXT NOT NULL,
                    state TEXT NOT NULL, ending TEXT, seed INTEGER NOT NULL, parallel INTEGER NOT NULL, run_cap INTEGER, timeout INTEGER,
                    resumed_after INTEGER NOT NULL, revision INTEGER NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
                    ended_at INTEGER)
                """,
                "CREATE UNIQUE INDEX sweeps_sequence ON sweeps (sequence)",
                "CREATE INDEX sweeps_state ON sweeps (state)",
                """
                CREATE TABLE sweep_trials (
                    sweep TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, params TEXT NOT NULL, objective DOUBLE PRECISION,
                    best DOUBLE PRECISION, curve TEXT, run TEXT, job TEXT, attempt INTEGER NOT NULL, stop_as TEXT, error TEXT, log_path TEXT,
                    started_at INTEGER, ended_at INTEGER, closed INTEGER NOT NULL,
                    PRIMARY KEY (sweep, number))
                """,
            ])
    ]
}
