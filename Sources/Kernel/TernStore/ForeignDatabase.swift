import Foundation
import GRDB
import TernKernel

/// Somebody else's database: read, never written and never migrated, whatever it holds. Its owner may go on writing.
package final class ForeignDatabase: Sendable {
    /// The path, or the URL without its password: the same each time.
    package let name: String
    private let reader: any ForeignReader

    /// - Throws: `not_found`, `invalid_argument` when the file is no SQLite database, `unavailable` with the reason that PostgreSQL gives.
    package init(_ location: DatabaseLocation) throws {
        name = location.description
        switch location {
        case .file(let path): reader = try ForeignFile(path: path)
        case .postgresql(let url):
            do {
                reader = try ForeignServer(url: url)
            } catch let error as TernError {
                throw TernError(error.code, "\(location.description) does not answer: \(error.message)", cause: error)
            }
        }
    }

    /// All rows of a query, in a snapshot of its own.
    ///
    /// - Throws: `data_loss` when the database cannot answer it, `unavailable` when it is out of reach.
    package func rows(_ sql: String, _ arguments: [SQLValue] = []) async throws -> [SQLRow] {
        do {
            return try await reader.read { try $0.rows(sql, arguments) }
        } catch let error as TernError {
            throw TernError(error.code == .internal ? .dataLoss : error.code, "\(name): \(error.message)", cause: error)
        }
    }

    /// The names of its tables; on PostgreSQL those of the schema that comes first in the search path.
    package func tables() async throws -> Set<String> { Set(try await rows(reader.tables).map { try $0.text("name") }) }
}

private protocol ForeignReader: Sendable {
    var tables: String { get }
    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer
}

private struct ForeignFile: ForeignReader {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    private let queue: DatabaseQueue

    init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw TernError.notFound("there is no file \(path)") }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            // Opening reads nothing yet.
            _ = try queue.read { try Row.fetchOne($0, sql: "PRAGMA schema_version") }
        } catch {
            throw TernError.invalid("\(path) is not a SQLite database: \(error)")
        }
    }

    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        do {
            return try await queue.read { try body(Connection(session: SQLiteSession($0))) }
        } catch let error as DatabaseError {
            throw TernError(error, sql: nil)
        }
    }
}

/// Connections whose transactions are `REPEATABLE READ READ ONLY`.
private struct ForeignServer: ForeignReader {
    let tables = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
    private let readers: PostgresReaders

    /// Blocks until the server has answered once.
    init(url: String) throws {
        let connector = PostgresConnector(url: url)
        _ = try connector.session()
        readers = PostgresReaders(connector: connector)
    }

    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            readers.submit { reader in reader.read(body) { continuation.resume(with: $0) } }
        }
    }
}
