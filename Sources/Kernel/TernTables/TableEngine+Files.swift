import CDuckDB
import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension TableEngine {
    /// All columns of a csv, parquet or jsonl file.
    package func readColumns(of path: String) async throws -> [Column] {
        try await query("SELECT * FROM \(try TableEngine.scan(of: path))").columns
    }

    package func rowCount(of path: String) async throws -> Int64 {
        try await query("SELECT count(*) AS n FROM \(try TableEngine.scan(of: path))").value("n").intValue ?? 0
    }

    /// The columns of a file and their types.
    package func schema(of path: String) async throws -> [TableColumnSchema] {
        let table = try await query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM \(try TableEngine.scan(of: path)))")
        return (0..<table.rows).map { row in
            let duckType = table.value("column_type", row: row).stringValue ?? ""
            return TableColumnSchema(
                name: table.value("column_name", row: row).stringValue ?? "", type: TableEngine.word(for: duckType), duckType: duckType)
        }
    }

    /// Our word for a type of DuckDB's.
    package static func word(for duckType: String) -> String {
        switch duckType {
        case "BOOLEAN": "bool"
        case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT": "int"
        case "FLOAT", "DOUBLE": "double"
        default: duckType.hasPrefix("DECIMAL") ? "double" : duckType.hasPrefix("TIMESTAMP") || duckType == "DATE" ? "time" : "text"
        }
    }

    /// Writes a query's answer as Parquet: whole and synced, or not at all.
    ///
    /// - Returns: how many rows there are.
    package func export(_ sql: String, _ arguments: [TableValue] = [], toParquet path: String) async throws -> Int64 {
        try await replacing(path) { partial, connection in
            let copy = "COPY (\(sql)\n) TO \(TableEngine.quoted(literal: partial)) (FORMAT parquet, COMPRESSION zstd)"
            return try connection.run(copy, arguments).value("Count").intValue ?? 0
        }
    }

    /// Writes columns as Parquet: whole and synced, or not at all.
    ///
    /// - Throws: `invalid_argument` when they are not equally long, have no or repeated names.
    package func write(_ columns: [Column], toParquet path: String) async throws {
        let rows = columns.first?.count ?? 0
        guard !columns.isEmpty else { throw TernError.invalid("a table needs at least one column") }
        if let odd = columns.first(where: { $0.count != rows }) {
            throw TernError.invalid("the column '\(odd.name)' has \(odd.count) values, and '\(columns[0].name)' has \(rows)")
        }
        _ = try await replacing(path) { partial, connection in
            let table = "tern_" + Identifier.random()
            try DuckWriter(connection).fill(table, with: columns, rows: rows)
            defer { _ = try? connection.run("DROP TABLE \(table)", []) }
            return try connection.run("COPY \(table) TO \(TableEngine.quoted(literal: partial)) (FORMAT parquet, COMPRESSION zstd)", [])
        }
    }

    private func replacing<Answer: Sendable>(
        _ path: String, _ write: @Sendable @escaping (_ partial: String, DuckConnection) throws -> Answer
    ) async throws -> Answer {
        try await withConnection { connection in
            let partial = "\(path).\(Identifier.random().prefix(8)).partial"
            do {
                let answer = try write(partial, connection)
                try sync(partial)
                guard rename(partial, path) == 0 else { throw failure("cannot move \(partial) to \(path)") }
                try sync((path as NSString).deletingLastPathComponent)
                return answer
            } catch {
                unlink(partial)
                throw error
            }
        }
    }
}

private func sync(_ path: String) throws {
    let file = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("cannot open \(path)") }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("cannot sync \(path)") }
}

private func failure(_ context: String) -> TernError {
    let code = errno
    return TernError(code == ENOSPC ? .resourceExhausted : .internal, "\(context): \(String(cString: strerror(code)))")
}
