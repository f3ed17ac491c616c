import Foundation
import GRDB
import TernKernel

/// One database connection for the length of a closure. Statements use `?` placeholders and are prepared once.
package struct Connection {
    let database: GRDB.Database

    /// All rows of a query.
    package func rows(_ sql: String, _ arguments: [SQLValue] = []) throws -> [SQLRow] {
        try translating(sql) {
            if SQLiteStatement.isPlain(sql) { return try SQLiteStatement(sql, database).rows(arguments) }
            let statement = try database.cachedStatement(sql: sql)
            let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(arguments.map(\.databaseValue)))
            let columns = SQLColumns(statement.columnNames)
            var answer: [SQLRow] = []
            while let row = try cursor.next() { answer.append(SQLRow(columns: columns, values: row.databaseValues.map(SQLValue.init))) }
            return answer
        }
    }

    /// The first row of a query, if any.
    package func row(_ sql: String, _ arguments: [SQLValue] = []) throws -> SQLRow? { try rows(sql, arguments).first }

    /// Runs one statement and answers how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [SQLValue] = []) throws -> Int {
        try translating(sql) {
            if SQLiteStatement.isPlain(sql) { return try SQLiteStatement(sql, database).execute(each: CollectionOfOne(arguments)) }
            let statement = try database.cachedStatement(sql: sql)
            try statement.execute(arguments: StatementArguments(arguments.map(\.databaseValue)))
            return database.changesCount
        }
    }

    /// Runs one statement once for each set of values and answers how many rows they changed together: the way to write many rows.
    @discardableResult
    package func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int {
        try translating(sql) {
            try SQLiteStatement(sql, database).execute(each: sets)
        }
    }

    /// The row id that the last insert made.
    package var lastInsertedID: Int64 { database.lastInsertedRowID }

    /// Whether the query would read whole tables: the steps of its plan, for tests.
    package func plan(_ sql: String, _ arguments: [SQLValue] = []) throws -> [String] {
        try rows("EXPLAIN QUERY PLAN " + sql, arguments).compactMap { $0.optionalText("detail") }
    }

    private func translating<Answer>(_ sql: String, _ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw TernError(error, sql: sql)
        }
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .int(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): value.databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(value)
        }
    }
}

extension TernError {
    init(_ error: DatabaseError, sql: String?) {
        let text = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_CONSTRAINT
        where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE || error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY:
            self.init(.alreadyExists, "already exists: \(text)", cause: error)
        case .SQLITE_FULL:
            self.init(
                .resourceExhausted, "the disk is full: the change was not made",
                hint: "free space on the disk that holds the home folder, then repeat the request", cause: error)
        case .SQLITE_BUSY:
            self.init(.unavailable, "the database is locked by another process", hint: "is another server using this home?", cause: error)
        default:
            self.init(.internal, "database: \(text)\(sql.map { " in: \($0.prefix(200))" } ?? "")", cause: error)
        }
    }
}
