/// A piece of a statement with what is bound to it: what rooms put their searches together from.
package struct SearchClause: Sendable {
    package var sql: String
    package var arguments: [SQLValue]

    package init(sql: String, arguments: [SQLValue] = []) {
        self.sql = sql
        self.arguments = arguments
    }

    /// `(?, ?, …)`. Lengths are rounded up to a power of two by repeating the last value, so that few different statements are prepared.
    package static func list(_ values: [SQLValue]) -> SearchClause {
        guard let last = values.last else { return SearchClause(sql: "(NULL)") }
        var count = 1
        while count < values.count { count *= 2 }
        let padded = values + Array(repeating: last, count: count - values.count)
        return SearchClause(sql: "(" + Array(repeating: "?", count: count).joined(separator: ", ") + ")", arguments: padded)
    }

    /// Whether a column fits a pattern in which `%` is any text and `_` one character. There is no escape: a backslash is a backslash.
    /// Without regard to case means that of the letters A to Z, on both databases.
    package static func like(_ column: String, _ pattern: String, caseSensitive: Bool) -> SearchClause {
        let literal = pattern.replacing("\\", with: "\\\\")
        if caseSensitive { return SearchClause(sql: "\(column) LIKE ? ESCAPE '\\'", arguments: [.text(literal)]) }
        // In small letters here and not by `lower(?)`: of a bound text PostgreSQL would change letters beyond ASCII, of the column not.
        return SearchClause(sql: "lower(\(column)) LIKE ? ESCAPE '\\'", arguments: [.text(literal.asciiLowercased)])
    }
}

extension String {
    fileprivate var asciiLowercased: String {
        String(String.UnicodeScalarView(unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }))
    }
}
