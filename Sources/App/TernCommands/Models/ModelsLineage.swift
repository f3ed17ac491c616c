import ArgumentParser
import Foundation
import TernKernel

package struct ModelsLineage: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "What a version was made from: run, code, data, environment, parameters.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("models/\(TernClient.encode(model))/versions/\(version)/lineage")
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.heading("\(answer.cell("model")) version \(answer.cell("version"))")
        let run = answer["run"]
        terminal.facts([
            ("run", run.map { "\($0.cell("id"))" + ($0["name"]?.stringValue.map { "  \($0)" } ?? "") }),
            ("pipeline run", answer["pipeline_run"]?.stringValue.map { $0 + (answer["step"]?.stringValue.map { ", step \($0)" } ?? "") }),
            ("code", LineageText.code(answer)), ("source", answer["code_source"]?.stringValue), ("data", LineageText.lines(answer["datasets"], data)),
            ("holdout", answer["holdout"]?.stringValue), ("reference", answer["reference"]?.stringValue),
            ("environment", answer["environment"]?.stringValue),
            (
                "lock files",
                LineageText.lines(answer["environment_files"]) { "\($0.cell("name"))  \($0.cell("bytes")) bytes, sha256 \($0.cell("digest"))" }
            ),
            ("params", LineageText.pairs(answer["params"])), ("run's metrics", LineageText.pairs(run?["metrics"])),
            ("inputs", answer["features"]?.arrayValue.map { $0.compactMap(\.stringValue).joined(separator: ", ") }),
            ("feature views", "not built in this version of Tern"), ("sha256", answer["digest"]?.stringValue),
            ("from", answer["source"]?.stringValue),
        ])
    }

    private func data(_ dataset: JSON) -> String {
        let version = dataset["version"]?.intValue ?? 0
        let rows = dataset["rows"]?.intValue.map { ", \($0) rows" } ?? ""
        return dataset.cell("name") + (version > 0 ? " version \(version)" : "") + rows + "  \(dataset.cell("digest"))"
    }
}

/// Parts of a lineage as people read them.
enum LineageText {
    /// `8778db0a, with changes beside it, of https://…`.
    static func code(_ lineage: JSON) -> String? {
        guard let commit = lineage["code_commit"]?.stringValue else { return nil }
        let state = lineage["code_clean"]?.boolValue.map { $0 ? ", clean" : ", with changes beside it" } ?? ", nobody knows whether it was clean"
        return commit + state + (lineage["code_repository"]?.stringValue.map { ", of \($0)" } ?? "")
    }

    static func lines(_ list: JSON?, _ line: (JSON) -> String) -> String? {
        guard let elements = list?.arrayValue, !elements.isEmpty else { return nil }
        return elements.map(line).joined(separator: "\n")
    }

    static func pairs(_ fields: JSON?) -> String? {
        guard let fields = fields?.objectValue, !fields.isEmpty else { return nil }
        return fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.stringValue ?? $0.value.description)" }.joined(separator: "\n")
    }
}

/// Where a version answers, in words.
enum DeploymentText {
    /// `price (primary 95 %)`.
    static func now(_ deployment: JSON) -> String {
        "\(deployment.cell("endpoint")) (\(deployment.cell("role"))\(share(deployment)))"
    }

    /// `answers price as primary 100 % since …`.
    static func line(_ deployment: JSON) -> String {
        let place = "\(deployment.cell("endpoint")) as \(deployment.cell("role"))\(share(deployment))"
        guard let end = deployment["to"]?.stringValue else { return "answers \(place) since \(deployment.cell("from")), by \(deployment.cell("by"))" }
        let cause = deployment["ended_by"]?.stringValue.map { " (\($0))" } ?? ""
        return "answered \(place) from \(deployment.cell("from")) to \(end)\(cause)"
    }

    private static func share(_ deployment: JSON) -> String {
        guard let share = deployment["share"]?.doubleValue, share > 0 else { return "" }
        return String(format: " %.4g %%", share * 100)
    }
}
