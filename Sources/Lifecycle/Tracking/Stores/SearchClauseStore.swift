import TernStore

/// A piece of a statement with what is bound to it.
struct SearchClause {
    var sql: String
    var arguments: [SQLValue] = []

    /// `(?, ?, …)`. Lengths are rounded up to a power of two by repeating the last value, so that few different statements are prepared.
    static func list(_ values: [SQLValue]) -> SearchClause {
        guard let last = values.last else { return SearchClause(sql: "(NULL)") }
        var count = 1
        while count < values.count { count *= 2 }
        let padded = values + Array(repeating: last, count: count - values.count)
        return SearchClause(sql: "(" + Array(repeating: "?", count: count).joined(separator: ", ") + ")", arguments: padded)
    }

    /// The comparison of a column, `nanColumn` being its flag for NaN: NaN equals nothing and differs from everything.
    init(_ column: String, _ comparison: SearchFilter.Comparison, nanColumn: String? = nil) {
        switch comparison {
        case .number(let ordering, let value):
            let compared = "\(column) \(ordering.rawValue) ?"
            switch nanColumn {
            case let flag? where ordering == .notEqual: sql = "(\(compared) OR \(flag) = 1)"
            case let flag?: sql = "(\(compared) AND \(flag) = 0)"
            case nil: sql = compared
            }
            arguments = [.double(value)]
        case .equal(let text): (sql, arguments) = ("\(column) = ?", [.text(text)])
        case .notEqual(let text): (sql, arguments) = ("\(column) != ?", [.text(text)])
        case .like(let pattern, caseSensitive: true): (sql, arguments) = ("\(column) LIKE ? ESCAPE '\\'", [SearchClause.pattern(pattern)])
        case .like(let pattern, caseSensitive: false):
            // In small letters here and not by `lower(?)`: of a bound text PostgreSQL would change letters beyond ASCII, of the column not.
            (sql, arguments) = ("lower(\(column)) LIKE ? ESCAPE '\\'", [SearchClause.pattern(pattern.asciiLowercased)])
        case .oneOf(let values):
            let list = SearchClause.list(values.map(SQLValue.text))
            (sql, arguments) = ("\(column) IN \(list.sql)", list.arguments)
        case .noneOf(let values):
            let list = SearchClause.list(values.map(SQLValue.text))
            (sql, arguments) = ("\(column) NOT IN \(list.sql)", list.arguments)
        case .missing: sql = "\(column) IS NULL"
        case .present: sql = "\(column) IS NOT NULL"
        }
    }

    init(sql: String, arguments: [SQLValue] = []) {
        self.sql = sql
        self.arguments = arguments
    }

    /// MLflow's patterns know no escape, so that a backslash in them is a backslash.
    private static func pattern(_ text: String) -> SQLValue { .text(text.replacing("\\", with: "\\\\")) }

    /// Whether the owner has a row for this key in a table of keys and values that compares so.
    static func keyed(
        _ table: String, owner: String, of outer: String, key: String, _ comparison: SearchFilter.Comparison, nanColumn: String? = nil
    ) -> SearchClause {
        let base = "SELECT 1 FROM \(table) k WHERE k.\(owner) = \(outer) AND k.key = ?"
        switch comparison {
        case .missing: return SearchClause(sql: "NOT EXISTS (\(base))", arguments: [.text(key)])
        case .present: return SearchClause(sql: "EXISTS (\(base))", arguments: [.text(key)])
        default:
            let compared = SearchClause("k.value", comparison, nanColumn: nanColumn)
            return SearchClause(sql: "EXISTS (\(base) AND \(compared.sql))", arguments: [.text(key)] + compared.arguments)
        }
    }
}

/// A search under construction: joins and their arguments come first in the statement, then conditions, then the ordering.
struct SearchStatement {
    var joins: [SearchClause] = []
    var conditions: [SearchClause] = []
    var order: [String] = []

    mutating func require(_ clause: SearchClause) { conditions.append(clause) }

    /// Orders by an expression; where it is null, or NaN by its flag, the row comes after the others, null last of all.
    mutating func orderBy(_ expression: String, ascending: Bool, nullable: Bool, nanColumn: String? = nil) {
        if let nanColumn {
            order.append("CASE WHEN \(nanColumn) = 1 THEN 1 WHEN \(expression) IS NULL THEN 2 ELSE 0 END")
        } else if nullable {
            order.append("CASE WHEN \(expression) IS NULL THEN 1 ELSE 0 END")
        }
        order.append(expression + (ascending ? " ASC" : " DESC"))
    }

    func select(_ columns: String, from table: String, limit: Int, offset: Int) -> SearchClause {
        let text =
            "SELECT \(columns) FROM \(table)" + joins.map { " " + $0.sql }.joined()
            + " WHERE " + conditions.map(\.sql).joined(separator: " AND ")
            + " ORDER BY " + order.joined(separator: ", ") + " LIMIT ? OFFSET ?"
        // One more than asked for tells whether there is another page.
        let (above, overflow) = limit.addingReportingOverflow(1)
        return SearchClause(
            sql: text,
            arguments: joins.flatMap(\.arguments) + conditions.flatMap(\.arguments) + [SQLValue(overflow ? limit : above), SQLValue(offset)])
    }
}

extension String {
    fileprivate var asciiLowercased: String {
        String(String.UnicodeScalarView(unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }))
    }
}

extension StageSelection {
    func clause(_ column: String) -> SearchClause {
        switch self {
        case .active: SearchClause(sql: "\(column) = 'active'")
        case .deleted: SearchClause(sql: "\(column) = 'deleted'")
        case .all: SearchClause(sql: "\(column) IN ('active', 'deleted')")
        }
    }
}
