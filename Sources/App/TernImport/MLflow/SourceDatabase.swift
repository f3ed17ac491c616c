import Foundation
import GRDB
import TernKernel
import TernStore

/// A foreign SQL database, to be read and not touched. Statements use `?` placeholders.
package protocol SourceDatabase: Sendable {
    func rows(_ sql: String, _ arguments: [SQLValue]) async throws -> [SourceRow]
    func tables() async throws -> Set<String>
}

/// A row by column name. Databases differ in what they call a boolean or a number, so asking is lenient; columns that older schemas lack are nil.
package struct SourceRow: Sendable {
    private let values: [String: SQLValue]

    package init(_ values: [String: SQLValue]) { self.values = values }

    subscript(_ column: String) -> SQLValue { values[column] ?? .null }

    func text(_ column: String) -> String? {
        switch self[column] {
        case .text(let value): value
        case .int(let value): String(value)
        case .double(let value): String(value)
        default: nil
        }
    }

    func int(_ column: String) -> Int64? {
        switch self[column] {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        case .text(let value): Int64(value)
        default: nil
        }
    }

    func double(_ column: String) -> Double? {
        switch self[column] {
        case .int(let value): Double(value)
        case .double(let value): value
        case .text(let value): Double(value)
        default: nil
        }
    }

    /// - Throws: `data_loss` when the column is missing or null.
    func need(_ column: String, of what: String) throws -> String {
        guard let value = text(column) else { throw TernError(.dataLoss, "\(what) has no \(column)") }
        return value
    }
}

/// A SQLite file of somebody else's, opened for reading only; its owner may go on writing.
package struct SQLiteSource: SourceDatabase {
    private let queue: DatabaseQueue
    private let path: String

    /// - Throws: `not_found`, or `invalid_argument` when it is no SQLite database.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw TernError.notFound("there is no file \(path)") }
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            _ = try queue.read { try Row.fetchOne($0, sql: "PRAGMA schema_version") }
        } catch {
            throw TernError.invalid("\(path) is not a SQLite database: \(error)")
        }
    }

    package func rows(_ sql: String, _ arguments: [SQLValue]) async throws -> [SourceRow] {
        do {
            return try await queue.read { database in
                let statement = try database.cachedStatement(sql: sql)
                let names = statement.columnNames
                let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(arguments.map(\.bound)))
                var rows: [SourceRow] = []
                while let row = try cursor.next() {
                    rows.append(SourceRow(Dictionary(zip(names, row.databaseValues.map(SQLValue.init(read:))), uniquingKeysWith: { $1 })))
                }
                return rows
            }
        } catch let error as DatabaseError {
            throw TernError(.dataLoss, "\(path): \(error.message ?? "cannot be read")", cause: error)
        }
    }

    package func tables() async throws -> Set<String> {
        Set(try await rows(MLflowStatements.sqliteTables, []).compactMap { $0.text("name") })
    }
}

extension SQLValue {
    fileprivate var bound: DatabaseValue {
        switch self {
        case .null: .null
        case .int(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): value.databaseValue
        }
    }

    fileprivate init(read value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(value)
        }
    }
}
