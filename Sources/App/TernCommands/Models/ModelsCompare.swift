import ArgumentParser
import Foundation
import TernKernel

package struct ModelsCompare: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Compare two versions: metrics, parameters, data, inputs, and what they answer differently.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The first version: a number or an alias.") package var first: String
    @Argument(help: "The second version: a number or an alias.") package var second: String
    @Option(help: "The model that the second is a version of, when it is another.") package var other: String?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("models/\(TernClient.encode(model))/compare", ["a": first, "b": second, "other": other])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let (from, to) = (answer["from"] ?? .null, answer["to"] ?? .null)
        terminal.heading("\(from.cell("model")) version \(from.cell("version")) → \(to.cell("model")) version \(to.cell("version"))")
        section("metrics", answer["metrics"], ["metric", "of", "first", "second", "change", ""], terminal) { metric in
            [
                metric.cell("name"), metric.cell("origin"), metric.cell("from"), metric.cell("to"), metric.cell("delta"),
                metric["verdict"]?.stringValue ?? "",
            ]
        }
        if answer["same_holdout"]?.boolValue == false { terminal.line("Each was judged on a holdout of its own.") }
        section("parameters that differ", answer["params"], ["parameter", "first", "second"], terminal) {
            [$0.cell("name"), $0.cell("from"), $0.cell("to")]
        }
        section("data", answer["data"], ["dataset", "first", "second", "rows", "rows", ""], terminal) {
            [
                $0.cell("name"), $0.cell("from"), $0.cell("to"), $0.cell("from_rows"), $0.cell("to_rows"),
                $0["same"]?.boolValue == true ? "same" : "differs",
            ]
        }
        section("inputs and outputs that differ", answer["schema"], ["", "name", "first", "second"], terminal) {
            [$0.cell("side"), $0.cell("name"), $0.cell("from"), $0.cell("to")]
        }
        section("environment that differs", answer["environment"], ["file", "first", "second"], terminal) {
            [$0.cell("name"), $0.cell("from"), $0.cell("to")]
        }
        showChurn(answer, terminal)
    }

    private func section(_ title: String, _ list: JSON?, _ header: [String], _ terminal: Terminal, _ row: (JSON) -> [String]) {
        guard let elements = list?.arrayValue, !elements.isEmpty else { return }
        terminal.line()
        terminal.heading(title)
        terminal.table(header, elements.map(row))
    }

    private func showChurn(_ answer: JSON, _ terminal: Terminal) {
        terminal.line()
        guard let churn = answer["churn"], churn != .null else {
            terminal.line("No answers compared: \(answer["churn_problem"]?.stringValue ?? "")")
            return
        }
        let share = String(format: "%.4g %%", (churn["changed"]?.doubleValue ?? 0) * 100)
        terminal.heading("\(share) of \(churn.cell("rows")) answers differ (\(churn.cell("sample")))")
        if let mended = churn["mended"]?.intValue, let broken = churn["broken"]?.intValue {
            terminal.line("\(mended) answers became right, \(broken) became wrong.")
        }
        terminal.table(["first", "second", "rows"], (churn["flips"]?.arrayValue ?? []).map { [$0.cell("from"), $0.cell("to"), $0.cell("rows")] })
        if let spread = churn["difference"] {
            terminal.facts(["mean", "p50", "p90", "p99", "max"].map { name in ("difference, \(name)", spread.cell(name)) })
        }
    }
}
