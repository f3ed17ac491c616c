import ArgumentParser
import TernKernel

package struct RunsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Pipeline runs: list, show, logs, cancel, retry.",
        subcommands: [RunsList.self, RunsShow.self, RunsLog.self, RunsCancel.self, RunsRetry.self], defaultSubcommand: RunsList.self)

    package init() {}
}

package struct RunsList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List pipeline runs, newest first.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "Only this pipeline's.") package var pipeline: String?
    @Option(help: "How many.") package var limit = 20

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("pipeline-runs", ["pipeline": pipeline, "limit": String(limit)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["runs"]?.arrayValue ?? []).map { run in
            [
                run.cell("id"), run.cell("pipeline"), run.cell("state"), run.cell("origin"), run.cell("started_at"),
                run["result"]?.cell("verdict") ?? "-", run.cell("reason"),
            ]
        }
        terminal.table(["run", "pipeline", "state", "origin", "started", "verdict", "reason"], rows)
    }
}

package struct RunsShow: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a pipeline run and its steps.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The run.") package var run: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("pipeline-runs/\(TernClient.encode(run))") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.heading("\(answer.cell("pipeline")) \(answer.cell("id"))")
        terminal.facts([
            ("state", answer.cell("state")), ("started", answer.cell("started_at")), ("origin", answer.cell("origin")),
            ("reason", answer["reason"]?.stringValue), ("params", answer["params"]?.description), ("datasets", answer["datasets"]?.description),
            ("mlflow run", answer["tracking_run"]?.stringValue), ("result", answer["result"]?.description),
        ])
        terminal.table(
            ["step", "state", "attempt", "cause"],
            (answer["steps"]?.arrayValue ?? []).map {
                [$0.cell("name"), $0.cell("state"), $0.cell("attempt"), $0["error"]?.stringValue ?? $0.cell("cause")]
            })
    }
}

package struct RunsLog: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "log", abstract: "Print what a step wrote.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The run.") package var run: String
    @Argument(help: "The step.") package var step: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("pipeline-runs/\(TernClient.encode(run))/steps/\(TernClient.encode(step))/log", ["offset": "0"])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line(answer["text"]?.stringValue ?? answer.stringValue ?? "") }
}

package struct RunsCancel: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "cancel", abstract: "Stop a pipeline run and its processes.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The run.") package var run: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.post("pipeline-runs/\(TernClient.encode(run))/cancel") }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("pipeline run \(answer.cell("id")): \(answer.cell("state"))") }
}

package struct RunsRetry: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "retry", abstract: "Run the failed steps again, and what follows them.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The run.") package var run: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let started = try await client.post("pipeline-runs/\(TernClient.encode(run))/retry")
        return try await PipelineFollower(client: client, quiet: options.json).follow(started)
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("pipeline run \(answer.cell("id")): \(answer.cell("state"))") }
    package func exitStatus(_ answer: JSON) -> ExitStatus { answer.cell("state") == "succeeded" ? .done : .failed }
}
