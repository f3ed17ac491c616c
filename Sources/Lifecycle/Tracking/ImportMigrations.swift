import TernStore

enum ImportMigrations {
    /// What was taken over from elsewhere, and how far: `subject` is `run/ID` or `model/ID`.
    static let all = [
        Migration(
            "2026-11-tracking-imports",
            [
                """
                CREATE TABLE imports (
                    subject TEXT PRIMARY KEY, source TEXT NOT NULL, fingerprint TEXT NOT NULL, state TEXT NOT NULL, points INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL)
                """
            ])
    ]
}
