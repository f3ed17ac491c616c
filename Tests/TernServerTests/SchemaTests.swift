import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernServer
@testable import TernStore

/// The whole server's tables, from every older state to the newest.
@Suite struct SchemaTests {
    /// What a server of some age may hold: a row for each table that an upgrade could stumble over, where the table exists by then.
    private static let rows: [(table: String, statement: String)] = [
        ("tokens", "INSERT INTO tokens (name, role, hash, created_at) VALUES ('ann', 'admin', 'h', 1)"),
        (
            "jobs",
            """
            INSERT INTO jobs (id, sequence, kind, payload, state, attempt, failures, max_attempts, backoff, run_at, created_at, created_by, progress,
                cancel_requested, owner, lease_until)
            VALUES ('j', 1, 'k', '{}', 'running', 1, 0, 1, 1000, 1, 1, 'ann', 0, 0, 'dead', 5)
            """
        ),
        ("job_owner", "INSERT INTO job_owner (id, owner) VALUES (1, 'dead')"),
        (
            "runs",
            """
            INSERT INTO runs (id, experiment_id, name, user_id, status, stage, start_time, artifact_uri)
            VALUES ('r', 0, 'n', 'ann', 'FINISHED', 'active', 1, 'mlflow-artifacts:/0/r/artifacts')
            """
        ),
        ("run_tags", "INSERT INTO run_tags (run_id, key, value) VALUES ('r', 'a', 'b')"),
        (
            "metric_series",
            "INSERT INTO metric_series (run_id, key, value, is_nan, timestamp, step) VALUES ('r', 'loss', 0.5, 0, 2, 1), ('r', 'nan', 0, 1, 2, 1)"
        ),
        (
            "metric_points",
            "INSERT INTO metric_points (series, step, timestamp, value, is_nan) VALUES (1, 0, 1, 1.5, 0), (1, 1, 2, 0.5, 0), (2, 1, 2, 0, 1)"
        ),
        ("models", "INSERT INTO models (name, created_at, updated_at) VALUES ('m', 1, 1)"),
        (
            "monitoring_alerts",
            """
            INSERT INTO monitoring_alerts (id, endpoint, monitor, column_name, state, raised_at, message, evidence, owner)
            VALUES (1, 'price', 'drift', '', 'open', 1, 'm', '{}', 'ann')
            """
        ),
    ]

    /// Where a later migration has put a table's rows.
    private static let moved = ["metric_points": "metric_tail"]

    @Test func `from every older state with rows in it an upgrade reaches the schema of a fresh database`() async throws {
        let migrations = Assembly.migrations
        var fresh: [Bool: [String]] = [:]
        try await withDatabase(migrations) { database in fresh[database.isShared] = try await SchemaTests.schema(of: database) }
        #expect((fresh[false]?.count ?? 0) > 40)
        for count in 0..<migrations.count {
            try await withDatabaseLocation { location in
                let old = try Database(location, migrations: Array(migrations.prefix(count)))
                let names = Set(try await SchemaTests.schema(of: old).compactMap { $0.split(separator: " ").first.map(String.init) })
                for (table, statement) in SchemaTests.rows where names.contains(table) { try await old.write { try $0.execute(statement) } }
                try old.close()
                let database = try Database(location, migrations: migrations)
                defer { try? database.close() }
                #expect(try await SchemaTests.schema(of: database) == fresh[database.isShared], "from the first \(count) migrations")
                for (table, _) in SchemaTests.rows where names.contains(table) && table != "job_owner" {
                    let now = SchemaTests.moved[table] ?? table
                    let kept = try await database.read { try $0.row("SELECT count(*) AS n FROM \(now)")?.int("n") }
                    #expect((kept ?? 0) > 0, "\(table) is empty after the upgrade from the first \(count) migrations")
                }
            }
        }
    }

    @Test func `a home of the first release is upgraded and keeps its rows`() async throws {
        try await withTemporaryFolder { folder in
            let dump = (#filePath as NSString).deletingLastPathComponent + "/Fixtures/released-2026-11.sql"
            let statements = try String(contentsOfFile: dump, encoding: .utf8)
            let file = try SQLiteEngine(path: folder + "/tern.sqlite")
            _ = try file.write { connection in
                try connection.session.define(statements)
                return false
            }
            try file.close()
            let database = try Database(path: folder + "/tern.sqlite", migrations: Assembly.migrations)
            defer { try? database.close() }
            var fresh: [String] = []
            try await withTemporaryFolder { other in
                let new = try Database(path: other + "/tern.sqlite", migrations: Assembly.migrations)
                fresh = try await SchemaTests.schema(of: new)
                try new.close()
            }
            #expect(try await SchemaTests.schema(of: database) == fresh)
            #expect(try await LedgerStore(database).verify() == 6)
            let counts = try await database.read { connection in
                try ["runs", "metric_tail", "tokens", "pipelines", "model_versions"].map {
                    try connection.row("SELECT count(*) AS n FROM \($0)")?.int("n")
                }
            }
            #expect(counts == [2, 12, 1, 1, 1])
        }
    }

    @Test func `names are used once`() {
        let names = Assembly.migrations.map(\.name)
        #expect(Set(names).count == names.count)
    }

    /// A line for each table, column and index, beginning with its table.
    private static func schema(of database: Database) async throws -> [String] {
        let isShared = database.isShared
        return try await database.read { connection in
            if !isShared {
                return try connection.rows("SELECT tbl_name, type, name, sql FROM sqlite_master ORDER BY tbl_name, type, name").map { row in
                    try "\(row.text("tbl_name")) \(row.text("type")) \(row.text("name")) \(row.optionalText("sql") ?? "")"
                }
            }
            let columns = try connection.rows(
                """
                SELECT table_name AS t, column_name AS c, data_type AS d, collation_name AS l, is_nullable AS n, column_default AS v, is_identity AS i
                FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
                """
            ).map { row in ["t", "c", "d", "l", "n", "v", "i"].map { row.optionalText($0) ?? "-" }.joined(separator: " ") }
            let indexes = try connection.rows(
                """
                SELECT tablename AS t, replace(indexdef, current_schema() || '.', '') AS d FROM pg_indexes
                WHERE schemaname = current_schema() ORDER BY tablename, indexname
                """
            ).map { row in try "\(row.text("t")) \(row.text("d"))" }
            return columns + indexes
        }
    }
}
