import TernKernel
import TernTables

/// Holds a file against a dataset's schema and expectations.
struct DatasetValidation: Sendable {
    let tables: TableEngine

    struct Accepted: Sendable {
        var file: DataFile
        var schema: [ColumnSchema]
        var rows: Int64
    }

    /// - Parameter fixed: the schema of the first version; empty when this is the first.
    /// - Throws: `DataRefusal`.
    func accept(_ path: String, _ format: DataFormat, fixed: [ColumnSchema], expect: [String: ColumnExpectation]) async throws -> Accepted {
        let files = DataFileStore(tables: tables)
        let file = try await files.open(path, format)
        try refuseShape(of: file, fixed, expect)
        let rows = try await files.rowCount(file)
        guard rows > 0 else { throw DataRefusal(rule: "rows", "the file has columns but no rows") }
        let found = try await files.infer(file)
        // The order of the columns is the first version's; what they are, the expectation's if it says so.
        let order = fixed.isEmpty ? found : fixed
        let schema = order.map { column in
            let nullable = found.first { $0.name == column.name }?.nullable ?? true
            return ColumnSchema(name: column.name, type: expect[column.name]?.type ?? column.type, nullable: nullable)
        }
        try refuseKinds(of: file, schema)
        try await refuseRows(of: file, schema, expect)
        return Accepted(file: file, schema: schema, rows: rows)
    }

    /// Columns that lack or are too many.
    private func refuseShape(of file: DataFile, _ fixed: [ColumnSchema], _ expect: [String: ColumnExpectation]) throws {
        let names = Set(file.columns.map(\.name))
        let needed = fixed.isEmpty ? expect.keys.sorted() : fixed.map(\.name)
        var violations = needed.filter { !names.contains($0) }.map { name in
            let near = file.columns.first { $0.name.lowercased() == name.lowercased() }.map { "; did you mean '\($0.name)'?" } ?? ""
            return DataViolation(row: nil, column: name, value: nil, rule: "missing_column", message: "the column '\(name)' is missing\(near)")
        }
        if !fixed.isEmpty {
            let known = Set(fixed.map(\.name))
            violations += file.columns.filter { !known.contains($0.name) }.map { column in
                DataViolation(
                    row: nil, column: column.name, value: nil, rule: "extra_column",
                    message: "the column '\(column.name)' is not in the dataset's schema")
            }
        }
        if !violations.isEmpty { throw DataRefusal(violations) }
    }

    /// Formats with types of their own must not hold text where something else is wanted: those who read the file would get text.
    private func refuseKinds(of file: DataFile, _ schema: [ColumnSchema]) throws {
        let violations = schema.compactMap { column -> DataViolation? in
            guard let type = file.columns.first(where: { $0.name == column.name })?.type,
                !DatasetValidation.mayHold(type, as: column.type, file.format)
            else { return nil }
            return DataViolation(
                row: nil, column: column.name, value: nil, rule: "type",
                message: "the column '\(column.name)' holds \(type), and \(column.type) is expected")
        }
        if !violations.isEmpty { throw DataRefusal(violations) }
    }

    private static func mayHold(_ type: String, as wanted: String, _ format: DataFormat) -> Bool {
        switch (type, wanted) {
        case ("text", "time"): format == .jsonl
        case ("text", _): wanted == "text"
        case ("time", _): wanted == "time" || wanted == "text"
        default: wanted != "time"
        }
    }

    private func refuseRows(of file: DataFile, _ schema: [ColumnSchema], _ expect: [String: ColumnExpectation]) async throws {
        let store = DataCheckStore(tables: tables)
        let columns = schema.compactMap { column in file.columns.first { $0.name == column.name }.map { (column: $0, type: column.type) } }
        let checks = columns.flatMap { store.checks($0.column, type: $0.type, expectation: expect[$0.column.name]) }
        var (violations, total) = try await store.violations(checks, in: file)
        let limits = columns.compactMap { column, _ in expect[column.name]?.missing.map { (column: column, share: $0) } }
        let missing = try await store.missing(limits, in: file)
        violations += missing
        total += missing.count
        for (column, _) in columns where expect[column.name]?.unique == true {
            let repeated = try await store.repeated(column, in: file)
            violations += repeated.first
            total += repeated.total
        }
        if total > 0 { throw DataRefusal(violations.sorted { ($0.row ?? 0) < ($1.row ?? 0) }, total: total) }
    }
}
