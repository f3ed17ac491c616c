import TernKernel
import TernTables

/// Finds the rows of a file that break a rule, in few passes over it.
struct DataCheckStore: Sendable {
    /// A condition that must hold for no row.
    struct Check: Sendable {
        var column: DataFile.Column
        var rule: String
        /// True for a row that breaks the rule.
        var condition: String
        /// What the rule says, after the value: `is not a double`.
        var says: String
    }

    let tables: TableEngine
    private var files: DataFileStore { DataFileStore(tables: tables) }

    /// The checks that look at one value at a time.
    func checks(_ column: DataFile.Column, type: String, expectation: ColumnExpectation?) -> [Check] {
        let value = files.typed(column, as: type)
        let present = "NOT \(files.missing(column))"
        var checks = [
            Check(column: column, rule: "type", condition: "\(present) AND \(value) IS NULL", says: "is not \(DataCheckStore.article(type))")
        ]
        guard let expectation else { return checks }
        if type == "int" || type == "double" {
            if let low = expectation.min { checks.append(bound(column, "\(present) AND \(value) < \(low)", "is below the minimum \(plain(low))")) }
            // NaN is missing, and infinity is above every maximum.
            if let high = expectation.max { checks.append(bound(column, "\(present) AND \(value) > \(high)", "is above the maximum \(plain(high))")) }
        }
        if let allowed = expectation.allowed {
            let list = allowed.map { "'" + $0.replacing("'", with: "''") + "'" }.joined(separator: ", ")
            let numbers = allowed.compactMap(Double.init)
            let isNumeric = (type == "int" || type == "double") && numbers.count == allowed.count
            let inside =
                switch type {
                case _ where isNumeric: "\(value) IN (\(numbers.map { "\($0)::DOUBLE" }.joined(separator: ", ")))"
                case "bool": "\(value) IN (SELECT TRY_CAST(a AS BOOLEAN) FROM unnest([\(list)]) AS t(a))"
                default: "CAST(\(column.identifier) AS VARCHAR) IN (\(list))"
                }
            let shown = allowed.prefix(8).joined(separator: ", ") + (allowed.count > 8 ? ", …" : "")
            checks.append(
                Check(
                    column: column, rule: "allowed", condition: "\(present) AND \(value) IS NOT NULL AND NOT (\(inside))",
                    says: "is not one of \(shown)"))
        }
        return checks
    }

    private func bound(_ column: DataFile.Column, _ condition: String, _ says: String) -> Check {
        Check(column: column, rule: "range", condition: condition, says: says)
    }

    static func article(_ type: String) -> String {
        switch type {
        case "int": "a whole number (int)"
        case "double": "a number (double)"
        case "bool": "true or false (bool)"
        case "time": "a time (time)"
        default: "a text (text)"
        }
    }

    /// The first rows that break a check, and how many there are in all.
    func violations(_ checks: [Check], in file: DataFile) async throws -> (first: [DataViolation], total: Int) {
        guard !checks.isEmpty else { return ([], 0) }
        let flags = checks.enumerated().map { index, check in
            "CASE WHEN \(check.condition) THEN {'check': \(index), 'value': CAST(\(check.column.identifier) AS VARCHAR)} END"
        }
        let any = checks.map { "(\($0.condition))" }.joined(separator: " OR ")
        let sql = """
            WITH numbered AS (SELECT row_number() OVER () AS tern_row, * FROM \(file.relation)),
                broken AS (SELECT tern_row, unnest([\(flags.joined(separator: ", "))]) AS v FROM numbered WHERE \(any))
            SELECT tern_row, v.check AS broken_check, v.value AS found, count(*) OVER () AS total FROM broken WHERE v IS NOT NULL
            ORDER BY tern_row, broken_check LIMIT \(DataRefusal.limit)
            """
        let table = try await files.reading(file.format) { try await tables.query(sql) }
        let found = (0..<table.rows).compactMap { row -> DataViolation? in
            guard let number = table.value("tern_row", row: row).intValue, let index = table.value("broken_check", row: row).intValue,
                checks.indices.contains(Int(index))
            else { return nil }
            let check = checks[Int(index)]
            let value = table.value("found", row: row).stringValue
            let message = "row \(number), column '\(check.column.name)': '\(value ?? "")' \(check.says)"
            return DataViolation(row: number, column: check.column.name, value: value, rule: check.rule, message: message)
        }
        return (found, Int(table.value("total").intValue ?? 0))
    }

    /// The columns that miss more values than they may.
    func missing(_ limits: [(column: DataFile.Column, share: Double)], in file: DataFile) async throws -> [DataViolation] {
        guard !limits.isEmpty else { return [] }
        let counts = limits.enumerated().map { index, limit in
            let missing = files.missing(limit.column)
            return "count(*) FILTER (WHERE \(missing)) AS missing\(index), min(tern_row) FILTER (WHERE \(missing)) AS first\(index)"
        }
        let sql = """
            SELECT count(*) AS n, \(counts.joined(separator: ", "))
            FROM (SELECT row_number() OVER () AS tern_row, * FROM \(file.relation))
            """
        let table = try await files.reading(file.format) { try await tables.query(sql) }
        let rows = Double(table.value("n").intValue ?? 0)
        return limits.enumerated().compactMap { index, limit in
            let missing = Double(table.value("missing\(index)").intValue ?? 0)
            guard rows > 0, missing / rows > limit.share else { return nil }
            let first = table.value("first\(index)").intValue
            let words =
                "column '\(limit.column.name)': \(percent(missing / rows)) of the values are missing, and at most \(percent(limit.share)) may be"
            return DataViolation(
                row: first, column: limit.column.name, value: nil, rule: "missing", message: words + (first.map { " (the first at row \($0))" } ?? "")
            )
        }
    }

    /// The values that come again in a column that must not repeat.
    func repeated(_ column: DataFile.Column, in file: DataFile) async throws -> (first: [DataViolation], total: Int) {
        let sql = """
            SELECT tern_row, found, earlier, count(*) OVER () AS total FROM (
                SELECT tern_row, CAST(\(column.identifier) AS VARCHAR) AS found,
                    min(tern_row) OVER (PARTITION BY \(column.identifier)) AS earlier
                FROM (SELECT row_number() OVER () AS tern_row, \(column.identifier) FROM \(file.relation))
                WHERE NOT \(files.missing(column)))
            WHERE tern_row > earlier ORDER BY tern_row LIMIT \(DataRefusal.limit)
            """
        let table = try await files.reading(file.format) { try await tables.query(sql) }
        let first = (0..<table.rows).map { row in
            let number = table.value("tern_row", row: row).intValue
            let value = table.value("found", row: row).stringValue
            let earlier = table.value("earlier", row: row).intValue ?? 0
            return DataViolation(
                row: number, column: column.name, value: value, rule: "unique",
                message: "row \(number ?? 0), column '\(column.name)': '\(value ?? "")' is already in row \(earlier), and the column must not repeat")
        }
        return (first, Int(table.value("total").intValue ?? 0))
    }
}

private func percent(_ share: Double) -> String { "\(plain((share * 10_000).rounded() / 100))%" }

/// Whole numbers without a point.
private func plain(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : JSON.number(value) }
