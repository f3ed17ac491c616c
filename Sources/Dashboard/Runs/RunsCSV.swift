import TernKernel
import Tracking

/// A piece of the runs table as CSV (RFC 4180), and the question for the piece after it; nil when this was the last.
struct RunsCSV: Sendable, Equatable {
    /// Rows a piece.
    static let size = 1000

    var text: String
    var next: RunsQuery?

    /// A field; one that a spreadsheet would take for a formula gets a quote before it.
    static func field(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } == true && Double(text) == nil
        let text = isFormula ? "'" + text : text
        guard text.utf8.contains(where: { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\r\n" }
}

extension RunsLoader {
    /// The columns that the table shows, after the id and the name. Figures are written in full, times in ISO 8601, lengths in milliseconds.
    func csv(_ query: RunsQuery) async throws -> RunsCSV {
        let experiments = try await experiments(of: query).map(\.id)
        var columns = query.columns ?? []
        if query.columns == nil { columns = try await defaults(query, experiments) }
        let table = try await services.tracking.searchTable(search(query, experiments, columns, limit: RunsCSV.size))
        let lines = table.rows.map { row in
            let cells = Dictionary(zip(table.columns, row.cells), uniquingKeysWith: { first, _ in first })
            return RunsCSV.line(
                [row.info.id, row.info.name]
                    + columns.map { column in
                        if case .logged(let key) = column { return cells[key]?.plain ?? "" }
                        return RunsLoader.plain(column, row.info)
                    })
        }
        var next = query
        next.columns = columns
        next.after = table.next?.token
        let head = query.after == nil ? RunsCSV.line(["run_id", "name"] + columns.map(\.name)) : ""
        return RunsCSV(text: head + lines.joined(), next: table.next == nil ? nil : next)
    }

    private static func plain(_ column: RunsColumn, _ info: RunInfo) -> String {
        switch column {
        case .status: info.status.rawValue
        case .start: Timestamp(milliseconds: info.startTime).description
        case .end: info.endTime.map { Timestamp(milliseconds: $0).description } ?? ""
        case .duration: info.endTime.map { String($0.subtractingReportingOverflow(info.startTime).partialValue) } ?? ""
        case .user: info.user
        case .id: info.id
        case .experiment: String(info.experiment)
        case .logged: ""
        }
    }
}
