import TernKernel
import TernStore

/// A row of a foreign database by column name. Databases differ in what they call a boolean or a number, so asking is lenient; columns that
/// older schemas lack are nil.
struct SourceRow: Sendable {
    private let row: SQLRow

    init(_ row: SQLRow) { self.row = row }

    subscript(_ column: String) -> SQLValue { row[column] }

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

extension ForeignDatabase {
    func lenientRows(_ sql: String, _ arguments: [SQLValue]) async throws -> [SourceRow] { try await rows(sql, arguments).map(SourceRow.init) }
}
