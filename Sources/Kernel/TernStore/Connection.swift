import Foundation
import TernKernel

/// One database connection for the length of a closure. Statements use `?` placeholders and are prepared once.
package struct Connection {
    let session: any SQLSession

    /// All rows of a query.
    package func rows(_ sql: String, _ arguments: [SQLValue] = []) throws -> [SQLRow] {
        try Connection.check(arguments)
        return try session.rows(sql, arguments)
    }

    /// The first row of a query, if any.
    package func row(_ sql: String, _ arguments: [SQLValue] = []) throws -> SQLRow? { try rows(sql, arguments).first }

    /// Runs one statement and answers how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [SQLValue] = []) throws -> Int {
        try Connection.check(arguments)
        return try session.execute(sql, arguments)
    }

    /// Runs one statement once for each set of values and answers how many rows they changed together: the way to write many rows.
    @discardableResult
    package func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int {
        for arguments in sets { try Connection.check(arguments) }
        return try session.execute(sql, each: sets)
    }

    /// How a query would be answered, for tests: `SCAN table` where it would read a whole table, whatever its size.
    package func plan(_ sql: String, _ arguments: [SQLValue] = []) throws -> [String] { try session.plan(sql, arguments) }

    /// PostgreSQL has no text with U+0000. Refused on both databases, before the statement, so that they answer alike.
    private static func check(_ arguments: [SQLValue]) throws {
        for case .text(let text) in arguments where text.utf8.hasZero {
            throw TernError.invalid(
                "a text holds the character U+0000, which cannot be stored: '\(text.prefix(40).replacing("\0", with: "\\0"))…'",
                hint: "leave it out, or send bytes in Base64")
        }
    }
}

extension String.UTF8View {
    fileprivate var hasZero: Bool {
        withContiguousStorageIfAvailable { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, 0, bytes.count) != nil
        } ?? contains(0)
    }
}
