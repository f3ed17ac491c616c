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

    /// Runs those that this database has not seen, in the transaction under way: an upgrade is made whole or not at all. Writers wait for
    /// each other, so of two servers that start at once the second finds everything done.
    ///
    /// - Throws: `conflict` when the database holds a migration that this program does not know.
    static func run(_ migrations: [Migration], on connection: Connection, now: Timestamp) throws {
        try connection.session.define("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)")
        let applied = Set(try connection.rows("SELECT name FROM migrations").map { try $0.text("name") })
        if let unknown = applied.subtracting(migrations.map(\.name)).sorted().first {
            throw TernError(
                .conflict, "this database was written by a newer Tern (it has the migration '\(unknown)')",
                hint: "use that version, or another --home or --database")
        }
        for migration in migrations where !applied.contains(migration.name) {
            do {
                for statement in migration.statements { try connection.session.define(statement) }
                try connection.execute("INSERT INTO migrations (name, applied_at) VALUES (?, ?)", [.text(migration.name), SQLValue(now)])
            } catch {
                var known = TernError.wrap(error)
                known.message = "migration '\(migration.name)': \(known.message)"
                throw known
            }
        }
    }
}
