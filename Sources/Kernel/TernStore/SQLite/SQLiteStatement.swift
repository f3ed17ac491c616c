import Foundation
import GRDB
import GRDBSQLite
import TernKernel

/// Queries and changes bound straight through SQLite's C interface, past the observation and conversions that GRDB puts around each step.
///
/// Statements that begin or end transactions, or change the schema, must go through GRDB, which keeps account of them (`isPlain`).
struct SQLiteStatement {
    private let database: GRDB.Database
    private let handle: OpaquePointer

    init(_ sql: String, _ database: GRDB.Database) throws {
        self.database = database
        handle = try database.cachedStatement(sql: sql).sqliteStatement
    }

    static func isPlain(_ sql: String) -> Bool {
        guard let first = sql.utf8.first(where: { $0 > 32 }) else { return false }
        switch first {
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"), UInt8(ascii: "S"), UInt8(ascii: "W"):
            return sql.hasPrefix("INSERT ") || sql.hasPrefix("UPDATE ") || sql.hasPrefix("DELETE ") || sql.hasPrefix("SELECT ")
                || sql.hasPrefix("WITH ")
        default: return false
        }
    }

    /// Runs the statement once for each set of values.
    ///
    /// - Returns: how many rows they changed together.
    func execute(each sets: some Sequence<[SQLValue]>) throws -> Int {
        let before = sqlite3_total_changes64(database.sqliteConnection)
        for values in sets {
            sqlite3_reset(handle)
            try bind(values)
            var code = sqlite3_step(handle)
            while code == SQLITE_ROW { code = sqlite3_step(handle) }
            sqlite3_reset(handle)
            guard code == SQLITE_DONE else { throw failure(code) }
        }
        return Int(sqlite3_total_changes64(database.sqliteConnection) - before)
    }

    func rows(_ values: [SQLValue]) throws -> [SQLRow] {
        sqlite3_reset(handle)
        try bind(values)
        defer { sqlite3_reset(handle) }
        let count = sqlite3_column_count(handle)
        let columns = SQLColumns((0..<count).map { sqlite3_column_name(handle, $0).map { String(cString: $0) } ?? "" })
        var rows: [SQLRow] = []
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: rows.append(SQLRow(columns: columns, values: (0..<count).map(value)))
            case SQLITE_DONE: return rows
            case let code: throw failure(code)
            }
        }
    }

    private func bind(_ values: [SQLValue]) throws {
        guard values.count == sqlite3_bind_parameter_count(handle) else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "wrong number of statement arguments: \(values.count)")
        }
        for (offset, value) in values.enumerated() {
            let index = CInt(offset + 1)
            let code: CInt
            switch value {
            case .null: code = sqlite3_bind_null(handle, index)
            case .int(let number): code = sqlite3_bind_int64(handle, index, number)
            case .double(let number): code = sqlite3_bind_double(handle, index, number)
            case .text(var text):
                code = text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        sqlite3_bind_text(handle, index, $0.baseAddress ?? SQLiteStatement.empty, CInt(clamping: $0.count), SQLiteStatement.transient)
                    }
                }
            case .blob(let data):
                code =
                    data.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : data.withUnsafeBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, CInt(clamping: $0.count), SQLiteStatement.transient) }
            }
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    private func value(_ index: CInt) -> SQLValue {
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: return .int(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: return .double(sqlite3_column_double(handle, index))
        case SQLITE_TEXT:
            guard let text = sqlite3_column_text(handle, index) else { return .text("") }
            return .text(String(decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, index))), as: UTF8.self))
        case SQLITE_BLOB:
            guard let bytes = sqlite3_column_blob(handle, index) else { return .blob(Data()) }
            return .blob(Data(bytes: bytes, count: Int(sqlite3_column_bytes(handle, index))))
        default: return .null
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let connection = database.sqliteConnection
        let extended = sqlite3_extended_errcode(connection)
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended == SQLITE_OK ? code : extended), message: sqlite3_errmsg(connection).map { String(cString: $0) }
        )
    }

    // What SQLite is to copy before the call returns; and an address for a text of no bytes, since NULL would bind null.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    private static nonisolated(unsafe) let empty: UnsafePointer<CChar> = {  // written once here, only read after
        let place = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        place.initialize(to: 0)
        return UnsafePointer(place)
    }()
}
