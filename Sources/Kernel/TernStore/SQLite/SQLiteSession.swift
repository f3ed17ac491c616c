import GRDB
import TernKernel

/// A connection to the SQLite file, for as long as GRDB lends it.
final class SQLiteSession: SQLSession {
    private let database: GRDB.Database
    /// The last failure, kept in case SQLite answered it by rolling the whole transaction back.
    private var failure: TernError?

    init(_ database: GRDB.Database) { self.database = database }

    func rows(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
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

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        try translating(sql) {
            if SQLiteStatement.isPlain(sql) { return try SQLiteStatement(sql, database).execute(each: CollectionOfOne(arguments)) }
            let statement = try database.cachedStatement(sql: sql)
            try statement.execute(arguments: StatementArguments(arguments.map(\.databaseValue)))
            return database.changesCount
        }
    }

    func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int {
        try translating(sql) { try SQLiteStatement(sql, database).execute(each: sets) }
    }

    func define(_ statement: String) throws { try translating(statement) { try database.execute(sql: statement) } }

    func savepoint(_ body: () throws -> Void) throws {
        try database.inSavepoint {
            try body()
            return .commit
        }
    }

    func plan(_ sql: String, _ arguments: [SQLValue]) throws -> [String] {
        try rows("EXPLAIN QUERY PLAN " + sql, arguments).compactMap { $0.optionalText("detail") }
    }

    var lost: TernError? {
        database.isInsideTransaction ? nil : failure ?? TernError(.internal, "the database rolled the transaction back by itself")
    }

    private func translating<Answer>(_ sql: String, _ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as DatabaseError {
            let known = TernError(error, sql: sql)
            failure = known
            throw known
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
