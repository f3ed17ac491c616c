import ArgumentParser
import Foundation
import TernKernel

package struct RunCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a pipeline and follow it.", discussion: "Ends with 3 when the version it registered was refused by a gate."
    )

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The pipeline.") package var pipeline: String
    @Option(name: [.customLong("param"), .customShort("p")], help: "A parameter, NAME=VALUE; repeatable.") package var params: [String] = []
    @Option(help: "A dataset version to use, NAME=VERSION; repeatable. Default: the newest.") package var dataset: [String] = []
    @Option(help: "Why; the ledger keeps it.") package var reason: String?
    @Flag(help: "Start it and return at once.") package var detach = false

    package init() {}

    package func validate() throws {
        for pair in params + dataset where !pair.dropFirst().contains("=") { throw ValidationError("'\(pair)' is not NAME=VALUE") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        var body: [String: JSON] = ["reason": JSON(reason)]
        body["params"] = .object(Dictionary(params.map(RunCommand.pair), uniquingKeysWith: { _, last in last }))
        body["datasets"] = .object(Dictionary(dataset.map(RunCommand.pair), uniquingKeysWith: { _, last in last }))
        let run = try await client.post("pipelines/\(TernClient.encode(pipeline))/runs", .object(body))
        if detach { return run }
        return try await PipelineFollower(client: client, quiet: options.json).follow(run)
    }

    /// `trees=60` as a name and the JSON that the value reads as, else text.
    static func pair(_ text: String) -> (String, JSON) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1]) : ""
        return (String(parts[0]), (try? JSON(parsing: value)) ?? .string(value))
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line("pipeline run \(answer.cell("id")): \(answer.cell("state"))")
        let result = answer["result"] ?? .null
        if let version = result["version"]?.intValue {
            terminal.line("registered \(result.cell("model")) version \(version): \(result.cell("verdict"))")
        }
        for gate in result["evidence"]?.arrayValue ?? [] {
            let verdict = gate.cell("verdict")
            let style: Terminal.Style = verdict == "pass" ? .green : verdict == "fail" ? .red : .faint
            terminal.line("  \(terminal.styled(verdict, style))  \(gate["evidence"]?["sentence"]?.stringValue ?? gate.cell("gate"))")
        }
    }

    package func exitStatus(_ answer: JSON) -> ExitStatus {
        if answer["result"]?["verdict"]?.stringValue == "refused" { return .gateRefused }
        return ["failed", "cancelled"].contains(answer.cell("state")) ? .failed : .done
    }
}
