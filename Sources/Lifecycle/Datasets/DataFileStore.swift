import TernKernel
import TernStats
import TernTables

/// A file of data that is about to become a version, and how SQL reads it.
struct DataFile: Sendable {
    struct Column: Hashable, Sendable {
        var name: String
        /// The type in the file itself; nil for csv, where all is text until it is read as something.
        var type: String?
        var identifier: String { TableEngine.quoted(identifier: name) }
    }

    var path: String
    var format: DataFormat
    var columns: [Column]
    /// What a `FROM` reads.
    var relation: String
}

/// Reads data files through the table engine: their columns, types and values.
struct DataFileStore: Sendable {
    let tables: TableEngine

    /// Looks at a file's columns.
    ///
    /// - Throws: `DataRefusal` when it is empty, cannot be read, or names a column twice.
    func open(_ path: String, _ format: DataFormat) async throws -> DataFile {
        let file: DataFile
        if format == .csv {
            let header = try CSVHeader(ofFileAt: path)
            // Every option is said, so that a broken row is an error and not a reason to guess another dialect.
            let columns = header.names.map { "\(TableEngine.quoted(literal: $0)): 'VARCHAR'" }.joined(separator: ", ")
            try refuseRepeated(header.names)
            let scan = """
                read_csv(\(TableEngine.quoted(literal: path)), auto_detect = false, header = true, delim = '\(header.delimiter)', quote = '"', \
                escape = '"', columns = {\(columns)})
                """
            file = DataFile(path: path, format: format, columns: header.names.map { DataFile.Column(name: $0) }, relation: scan)
        } else {
            let schema = try await reading(format) { try await tables.schema(of: path) }
            file = DataFile(
                path: path, format: format, columns: schema.map { DataFile.Column(name: $0.name, type: $0.type) },
                relation: try TableEngine.scan(of: path))
        }
        guard !file.columns.isEmpty else { throw DataRefusal(rule: "readable", "the file has no columns") }
        return file
    }

    private func refuseRepeated(_ names: [String]) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name.lowercased()).inserted {
            throw DataRefusal(rule: "repeated_column", "the column '\(name)' is there twice", column: name)
        }
        if let index = names.firstIndex(where: \.isEmpty) {
            throw DataRefusal(rule: "readable", "column \(index + 1) has no name: is the first line the column names?")
        }
    }

    /// How many rows there are. Reads the whole file, so that a broken row is found.
    func rowCount(_ file: DataFile) async throws -> Int64 {
        // Over all columns, since a mere count may skip what cannot be parsed.
        let counts = file.columns.map { "count(\($0.identifier))" }.joined(separator: " + ")
        let sql = "SELECT count(*) AS n, \(counts) AS present FROM \(file.relation)"
        return try await reading(file.format) { try await tables.query(sql) }.value("n").intValue ?? 0
    }

    /// The narrowest type that every value of each column fits, for a first version.
    func infer(_ file: DataFile) async throws -> [ColumnSchema] {
        let tests = file.columns.enumerated().map { index, column in
            let types = column.type == nil ? ["int", "double", "bool", "time"] : []
            let fits = types.map { "bool_and(\(missing(column)) OR \(typed(column, as: $0)) IS NOT NULL) AS \($0)\(index)" }
            return (["bool_or(\(missing(column))) AS missing\(index)", "bool_and(\(missing(column))) AS empty\(index)"] + fits).joined(
                separator: ", ")
        }
        let table = try await reading(file.format) { try await tables.query("SELECT \(tests.joined(separator: ", ")) FROM \(file.relation)") }
        return file.columns.enumerated().map { index, column in
            let isEmpty = table.value("empty\(index)") == true
            let found = isEmpty ? nil : ["int", "double", "bool", "time"].first { table.value("\($0)\(index)") == true }
            return ColumnSchema(name: column.name, type: column.type ?? found ?? "text", nullable: table.value("missing\(index)") == true)
        }
    }

    /// The columns' values by the schema's types.
    func columns(_ schema: [ColumnSchema], of file: DataFile) async throws -> [Column] {
        let expressions = schema.compactMap { wanted in
            file.columns.first { $0.name == wanted.name }.map { "\(typed($0, as: wanted.type)) AS \($0.identifier)" }
        }
        return try await reading(file.format) { try await tables.query("SELECT \(expressions.joined(separator: ", ")) FROM \(file.relation)") }
            .columns
    }

    // MARK: Expressions

    /// The value as `type`; null where it is missing or does not fit.
    func typed(_ column: DataFile.Column, as type: String) -> String {
        let name = column.identifier
        let text = "trim(\(name))"
        switch (column.type ?? "text", type) {
        // A cast of '1.5' to a whole number would round, so the form is checked first.
        // '1.0' is whole: that is how a gap in whole numbers is often written.
        case ("text", "int"):
            return "CASE WHEN regexp_full_match(\(text), '[+-]?[0-9]+([.]0*)?') THEN TRY_CAST(regexp_replace(\(text), '[.]0*$', '') AS BIGINT) END"
        case ("text", "double"): return "TRY_CAST(\(text) AS DOUBLE)"
        case ("text", "bool"): return "CASE lower(\(text)) WHEN 'true' THEN true WHEN 'false' THEN false WHEN '1' THEN true WHEN '0' THEN false END"
        case ("text", "time"): return "TRY_CAST(\(text) AS TIMESTAMPTZ)"
        case ("double", "int"): return "CASE WHEN isfinite(\(name)) AND \(name) = round(\(name)) THEN TRY_CAST(\(name) AS BIGINT) END"
        case ("int", "bool"), ("double", "bool"): return "CASE WHEN \(name) = 1 THEN true WHEN \(name) = 0 THEN false END"
        case (_, "text"): return "CAST(\(name) AS VARCHAR)"
        case (_, "int"): return "TRY_CAST(\(name) AS BIGINT)"
        case (_, "double"): return "TRY_CAST(\(name) AS DOUBLE)"
        case (_, "bool"): return "TRY_CAST(\(name) AS BOOLEAN)"
        default: return "TRY_CAST(\(name) AS TIMESTAMPTZ)"
        }
    }

    /// Whether there is no value: nothing, or not a number.
    func missing(_ column: DataFile.Column) -> String {
        let name = column.identifier
        switch column.type {
        case nil: return "(\(name) IS NULL OR lower(trim(\(name))) IN ('', 'nan'))"
        // Not `isnan`, which some versions fold from a file's statistics, and those leave NaN out.
        case "double": return "(\(name) IS NULL OR CAST(\(name) AS VARCHAR) = 'nan')"
        default: return "\(name) IS NULL"
        }
    }

    /// Turns what the engine says of a broken file into a refusal that names the row.
    func reading<Answer>(_ format: DataFormat, _ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as TernError where error.code == .invalidArgument {
            throw DataFileStore.refusal(format, error.message)
        }
    }

    static func refusal(_ format: DataFormat, _ words: String) -> DataRefusal {
        let line = words.firstMatch(of: /(?:CSV Error on Line: |in line |line )(\d+)/).flatMap { Int64($0.output.1) }
        // A csv file's first line is its header.
        let row = line.map { format == .csv ? $0 - 1 : $0 }
        if let counts = words.firstMatch(of: /Expected Number of Columns: (\d+) Found: (\d+)/) {
            let place = row.map { "row \($0)" } ?? "a row"
            return DataRefusal(rule: "readable", "\(place) has \(counts.output.2) fields, and the header has \(counts.output.1)", row: row)
        }
        let summary = words.split(whereSeparator: \.isNewline).prefix(3).joined(separator: "; ")
        return DataRefusal(rule: "readable", "the file cannot be read as \(format.rawValue)\(row.map { ", row \($0)" } ?? ""): \(summary)", row: row)
    }
}
