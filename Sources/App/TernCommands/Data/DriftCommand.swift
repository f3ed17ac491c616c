import ArgumentParser
import Foundation
import TernKernel
import TernStats
import TernTables

package struct DriftCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Compare two tables column by column, offline.",
        discussion: "Methods and thresholds are those of the monitors: docs/monitoring.md. Ends with 1 when a file cannot be read, with 0 otherwise.")

    @Argument(help: "The reference: csv, parquet or jsonl.") package var reference: String
    @Argument(help: "The current data.") package var current: String
    @Option(help: "psi, ks, wasserstein, jensenshannon, chisquare or z. Default: by type and size.") package var method: String?
    @Option(help: "The bound of that method.") package var threshold: Double?
    @Flag(help: "Print JSON, for programs.") package var json = false

    package init() {}

    package func run() async throws {
        let tables = TableEngine(configuration: TableConfiguration())
        let before = try await tables.readColumns(of: reference)
        let after = Dictionary(try await tables.readColumns(of: current).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var rows: [JSON] = []
        for column in before {
            guard let other = after[column.name] else {
                rows.append(["column": .string(column.name), "status": "missing from the current data"])
                continue
            }
            let score = DriftTest.compare(
                reference: DriftCommand.profile(column), current: DriftCommand.profile(other), method: method, threshold: threshold)
            var row = try JSON(encoding: score).objectValue ?? [:]
            row["column"] = .string(column.name)
            rows.append(.object(row))
        }
        if json {
            print(JSON.object(["columns": .array(rows)]).pretty)
            return
        }
        Terminal.standard.table(
            ["column", "method", "statistic", "p", "threshold", "drifted", "status"],
            rows.map {
                [
                    $0.cell("column"), $0.cell("method"), $0.cell("statistic"), $0.cell("p_value"), $0.cell("threshold"), $0.cell("drifted"),
                    $0.cell("status"),
                ]
            })
    }

    private static func profile(_ column: Column) -> ColumnProfile { column.numbers.map { ColumnProfile($0) } ?? ColumnProfile(column.texts) }
}
