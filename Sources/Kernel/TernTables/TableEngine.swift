import TernKernel
/// DuckDB in this process, for files of tables. Nothing is loaded until the first use.
package final class TableEngine: Sendable {
    package init(configuration: TableConfiguration = TableConfiguration()) {}
    package func version() async throws -> String { "" }
    package func query(_ sql: String, _ arguments: [TableValue] = []) async throws -> Table { Table(columns: [], rows: 0) }
    package func write(_ columns: [Column], toParquet path: String) async throws {}
    package func export(_ sql: String, _ arguments: [TableValue] = [], toParquet path: String) async throws -> Int64 { 0 }
    package func readColumns(of path: String) async throws -> [Column] { [] }
    package func schema(of path: String) async throws -> [TableColumnSchema] { [] }
    package func rowCount(of path: String) async throws -> Int64 { 0 }
    package static func quoted(identifier: String) -> String { "" }
    package static func quoted(literal: String) -> String { "" }
    package static func scan(of path: String) throws -> String { "" }
}
