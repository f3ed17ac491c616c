import ArgumentParser
import TernKernel

package struct SweepList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List sweeps, newest first.")
    @OptionGroup package var options: CommandOptions
    @Option(help: "How many.") package var limit = 20

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("sweeps", ["limit": String(limit)]) }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["sweeps"]?.arrayValue ?? []).map { sweep in
            [
                sweep.cell("id"), sweep.cell("name"), sweep.cell("method"), sweep.cell("state"), SweepSummary(sweep).progress,
                sweep["best"]?.cell("objective") ?? "-", sweep.cell("created_at"),
            ]
        }
        terminal.table(["sweep", "name", "method", "state", "trials", "best", "started"], rows)
    }
}

package struct SweepShow: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a sweep, its trials and its best values.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("sweeps/\(TernClient.encode(sweep))") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.heading("\(answer.cell("name")) \(answer.cell("id"))")
        terminal.facts([
            ("state", answer.cell("state") + (answer["reason"]?.stringValue.map { ": \($0)" } ?? "")), ("method", answer.cell("method")),
            ("metric", answer["metric"].map { "\($0.cell("goal")) \($0.cell("name"))" }), ("seed", answer.cell("seed")),
            ("parallel", answer.cell("parallel")), ("folder", answer.cell("folder")), ("started", answer.cell("created_at")),
        ])
        let table = TrialTable(answer)
        terminal.table(table.header, table.rows)
        SweepSummary(answer).show(terminal)
    }
}

package struct SweepLog: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "log", abstract: "Print what a trial wrote.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String
    @Argument(help: "The trial's number.") package var trial: Int

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("sweeps/\(TernClient.encode(sweep))/trials/\(trial)/log", ["offset": "0"])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line(answer["text"]?.stringValue ?? "") }
}

package struct SweepPause: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start no further trials; those that run go on.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.post("sweeps/\(TernClient.encode(sweep))/pause") }
    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("sweep \(answer.cell("id")): \(answer.cell("state"))") }
}

package struct SweepStop: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop a sweep and its running trials.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.post("sweeps/\(TernClient.encode(sweep))/stop") }
    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("sweep \(answer.cell("id")): \(answer.cell("state"))") }
}

package struct SweepResume: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on after a pause or an end, and follow.",
        discussion: "Trials that were stopped with the sweep run again, with their own values.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String
    @Option(help: "Trials at most, those that were included.") package var count: Int?
    @Option(help: "Trials at a time.") package var parallel: Int?
    @Flag(help: "Return at once.") package var detach = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let resumed = try await client.post(
            "sweeps/\(TernClient.encode(sweep))/resume", ["count": JSON(count), "parallel": JSON(parallel)])
        return detach ? resumed : try await SweepFollower(client: client, quiet: options.json).follow(sweep)
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { SweepSummary(answer).show(terminal, isDetached: detach) }
    package func exitStatus(_ answer: JSON) -> ExitStatus { answer.cell("state") == "failed" ? .failed : .done }
}
