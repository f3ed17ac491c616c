import TernKernel

/// One step of the schema: named, run once, in a transaction.
package struct Migration: Sendable {
    /// `2026-11-tracking-runs`: when, which room, what.
    package let name: String
    /// Statements in the subset of SQL that SQLite and PostgreSQL share.
    package let statements: [String]

    package init(_ name: String, _ statements: [String]) {
        self.name = name
        self.statements = statements
    }

    /// Runs those that this database has not seen.
    ///
    /// - Throws: `conflict` when the database holds a migration that this program does not know.
    static func run(_ migrations: [Migration], on connection: Connection, now: Timestamp) throws {
        try connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)")
        let applied = Set(try connection.rows("SELECT name FROM migrations").map { try $0.text("name") })
        if let unknown = applied.subtracting(migrations.map(\.name)).sorted().first {
            throw TernError(
                .conflict, "this home was written by a newer Tern (it has the migration '\(unknown)')", hint: "use that version, or another --home")
        }
        for migration in migrations where !applied.contains(migration.name) {
            try connection.execute("BEGIN IMMEDIATE")
            do {
                for statement in migration.statements { try connection.execute(statement) }
                try connection.execute("INSERT INTO migrations (name, applied_at) VALUES (?, ?)", [.text(migration.name), SQLValue(now)])
                try connection.execute("COMMIT")
            } catch {
                _ = try? connection.execute("ROLLBACK")
                throw TernError.wrap(error, "migration '\(migration.name)'")
            }
        }
    }
}
