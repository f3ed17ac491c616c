import Foundation
import TernKernel

/// One value bound to a statement or read from a row: the five kinds that SQLite and PostgreSQL share.
package enum SQLValue: Hashable, Sendable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case blob(Data)

    package init(_ value: String?) { self = value.map(SQLValue.text) ?? .null }
    package init(_ value: Int64?) { self = value.map(SQLValue.int) ?? .null }
    package init(_ value: Int?) { self = value.map { .int(Int64($0)) } ?? .null }
    package init(_ value: Double?) { self = value.map(SQLValue.double) ?? .null }
    package init(_ value: Bool?) { self = value.map { .int($0 ? 1 : 0) } ?? .null }
    package init(_ value: Timestamp?) { self = value.map { .int($0.milliseconds) } ?? .null }
    package init(_ value: JSON?) { self = value.map { .text($0.description) } ?? .null }

    /// A Codable value, stored as JSON text.
    package static func json(_ value: some Encodable) throws -> SQLValue { .text(try JSON(encoding: value).description) }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(nilLiteral: ()) { self = .null }
}

/// The columns of an answer, shared by its rows.
struct SQLColumns: Sendable {
    private let positions: [String: Int]

    /// Of two columns with one name the later counts.
    init(_ names: [String]) {
        positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    }

    func position(of name: String) -> Int? { positions[name] }
}

/// One row of an answer, its values by column name.
package struct SQLRow: Sendable {
    private let columns: SQLColumns
    private let values: [SQLValue]

    init(columns: SQLColumns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    package subscript(column: String) -> SQLValue { columns.position(of: column).map { values[$0] } ?? .null }

    /// - Throws: `internal` when the column is missing, null or of another type: a fault of the statement, not of the caller.
    package func text(_ column: String) throws -> String {
        guard let value = optionalText(column) else { throw mismatch(column, "text") }
        return value
    }

    package func int(_ column: String) throws -> Int64 {
        guard let value = optionalInt(column) else { throw mismatch(column, "a whole number") }
        return value
    }

    package func double(_ column: String) throws -> Double {
        guard let value = optionalDouble(column) else { throw mismatch(column, "a number") }
        return value
    }

    package func bool(_ column: String) throws -> Bool { try int(column) != 0 }
    package func time(_ column: String) throws -> Timestamp { Timestamp(milliseconds: try int(column)) }

    /// Decodes a column that holds JSON text.
    package func json<Value: Decodable>(_ column: String, as type: Value.Type) throws -> Value {
        try Data(text(column).utf8).decodeJSON(type)
    }

    package func optionalText(_ column: String) -> String? { if case .text(let value) = self[column] { value } else { nil } }

    package func optionalInt(_ column: String) -> Int64? { if case .int(let value) = self[column] { value } else { nil } }

    package func optionalDouble(_ column: String) -> Double? {
        switch self[column] {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    package func optionalTime(_ column: String) -> Timestamp? { optionalInt(column).map { Timestamp(milliseconds: $0) } }

    package func optionalJSON(_ column: String) throws -> JSON? { try optionalText(column).map { try JSON(parsing: $0) } }

    private func mismatch(_ column: String, _ expected: String) -> TernError {
        TernError(.internal, "column '\(column)' is not \(expected): \(self[column])")
    }
}
