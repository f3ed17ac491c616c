import GRDB
import TernKernel

/// A SQLite file: one writer, four readers beside it.
final class SQLiteEngine: DatabaseEngine {
    private let pool: DatabasePool
    let isLocal = true

    init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA cache_size = -4096")
            // As PostgreSQL's LIKE.
            try database.execute(sql: "PRAGMA case_sensitive_like = ON")
        }
        pool = try SQLiteEngine.translating { try DatabasePool(path: path, configuration: configuration) }
    }

    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        do {
            return try await pool.read { try body(Connection(session: SQLiteSession($0))) }
        } catch let error as DatabaseError {
            throw TernError(error, sql: nil)
        }
    }

    func write(_ body: (Connection) throws -> Bool) throws -> Bool {
        try SQLiteEngine.translating {
            try pool.writeWithoutTransaction { database in
                var grew = false
                try database.inTransaction(.immediate) {
                    grew = try body(Connection(session: SQLiteSession(database)))
                    return .commit
                }
                return grew
            }
        }
    }

    /// A home has one server.
    func listen(_ announce: @Sendable @escaping () -> Void) {}

    func close() throws { try pool.close() }

    private static func translating<Answer>(_ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw TernError(error, sql: nil)
        }
    }
}
