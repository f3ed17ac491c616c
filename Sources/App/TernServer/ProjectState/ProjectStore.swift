import TernKernel
import TernProject
import TernStore

/// The project as it was last applied.
struct ProjectStore: Sendable {
    let database: Database

    static let migrations = [
        Migration(
            "2026-11-project-applied",
            ["CREATE TABLE projects (name TEXT PRIMARY KEY, declaration TEXT NOT NULL, applied_at INTEGER NOT NULL, applied_by TEXT NOT NULL)"])
    ]

    func all() async throws -> [Project] {
        try await database.read { connection in
            try connection.rows("SELECT declaration FROM projects ORDER BY name").map { try $0.json("declaration", as: Project.self) }
        }
    }

    func project(named name: String) async throws -> Project? {
        try await database.read { connection in
            try connection.row("SELECT declaration FROM projects WHERE name = ?", [.text(name)]).map { try $0.json("declaration", as: Project.self) }
        }
    }

    func save(_ project: Project, difference: ProjectDifference, by actor: String) async throws {
        let declaration = try SQLValue.json(project)
        try await database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO projects (name, declaration, applied_at, applied_by) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    declaration = excluded.declaration, applied_at = excluded.applied_at, applied_by = excluded.applied_by
                """,
                [.text(project.name), declaration, SQLValue(transaction.now), .text(actor)])
            try transaction.record(
                LedgerEvent(
                    "project.applied", subject: "project/\(project.name)", by: actor,
                    data: ["changes": JSON(difference.lines.map(\.description))]))
        }
    }
}
