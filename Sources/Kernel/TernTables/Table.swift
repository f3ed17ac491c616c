import TernKernel

/// The answer to a query: columns of equal length.
package struct Table: Hashable, Sendable {
    package var columns: [Column]
    package var rows: Int

    package init(columns: [Column], rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    package subscript(name: String) -> Column? { columns.first { $0.name == name } }

    /// One value as JSON; null when there is no such row or column.
    package func value(_ name: String, row: Int = 0) -> JSON { self[name]?[row] ?? .null }
}

/// One value bound to a `?` of a query.
package enum TableValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(String)
    case time(Timestamp)
}

extension TableValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// A column of a file: its name, our word for its type, and DuckDB's.
package struct TableColumnSchema: Codable, Hashable, Sendable {
    package var name: String
    /// `bool`, `int`, `double`, `text` or `time`.
    package var type: String
    /// `BIGINT`, `TIMESTAMP WITH TIME ZONE`, …
    package var duckType: String

    package init(name: String, type: String, duckType: String) {
        self.name = name
        self.type = type
        self.duckType = duckType
    }
}
