import TernStore

extension SearchClause {
    /// The comparison of a column, `nanColumn` being its flag for NaN: NaN equals nothing and differs from everything.
    init(_ column: String, _ comparison: SearchFilter.Comparison, nanColumn: String? = nil) {
        switch comparison {
        case .number(let ordering, let value):
            let compared = "\(column) \(ordering.rawValue) ?"
            let sql =
                switch nanColumn {
                case let flag? where ordering == .notEqual: "(\(compared) OR \(flag) = 1)"
                case let flag?: "(\(compared) AND \(flag) = 0)"
                case nil: compared
                }
            self.init(sql: sql, arguments: [.double(value)])
        case .equal(let text): self.init(sql: "\(column) = ?", arguments: [.text(text)])
        case .notEqual(let text): self.init(sql: "\(column) != ?", arguments: [.text(text)])
        case .like(let pattern, let caseSensitive): self = .like(column, pattern, caseSensitive: caseSensitive)
        case .oneOf(let values):
            let list = SearchClause.list(values.map(SQLValue.text))
            self.init(sql: "\(column) IN \(list.sql)", arguments: list.arguments)
        case .noneOf(let values):
            let list = SearchClause.list(values.map(SQLValue.text))
            self.init(sql: "\(column) NOT IN \(list.sql)", arguments: list.arguments)
        case .missing: self.init(sql: "\(column) IS NULL")
        case .present: self.init(sql: "\(column) IS NOT NULL")
        }
    }

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

extension StageSelection {
    func clause(_ column: String) -> SearchClause {
        switch self {
        case .active: SearchClause(sql: "\(column) = 'active'")
        case .deleted: SearchClause(sql: "\(column) = 'deleted'")
        case .all: SearchClause(sql: "\(column) IN ('active', 'deleted')")
        }
    }
}
