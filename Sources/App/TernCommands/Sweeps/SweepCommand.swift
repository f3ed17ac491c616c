import ArgumentParser
import Foundation
import TernKernel
import TernProject

package struct SweepCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Search a command's parameters: grid, random or Bayesian, with early stopping.",
        discussion: """
            tern sweep sweep.yaml            start the sweep that the file declares, and follow it
            tern sweep show ID               what it found
            """,
        subcommands: [
            SweepStartCommand.self, SweepList.self, SweepShow.self, SweepFollow.self, SweepLog.self, SweepPause.self, SweepResume.self,
            SweepStop.self,
        ], defaultSubcommand: SweepStartCommand.self)

    package init() {}
}

package struct SweepStartCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the sweep that a file declares, and follow it.",
        discussion: "Ends with 1 when the sweep failed. Ctrl-C ends the following; on a running server the sweep goes on.")

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep file.", completion: .file(extensions: ["yaml", "yml"])) package var file: String
    @Option(help: "Trials at a time.") package var parallel = 1
    @Option(help: "Trials at most; the file's run_cap holds as well.") package var count: Int?
    @Option(help: "The same seed suggests the same values. Default: a random one.") package var seed: Int?
    @Option(help: "How long one trial may take: 30s, 10m, 2h.") package var timeout: String?
    @Option(help: "Where the command runs. Default: the folder of the nearest tern.yaml above the sweep file, else the sweep file's own.")
    package var folder: String?
    @Flag(inversion: .prefixedNo, help: "Follow it until it ends.") package var follow = true
    @Flag(help: "Start it and return at once.") package var detach = false

    package init() {}

    package func validate() throws {
        guard parallel > 0 else { throw ValidationError("--parallel must be at least 1") }
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        if let timeout, Period(timeout) == nil { throw ValidationError("'\(timeout)' is not a length of time such as 30s or 10m") }
    }

    package func run() async throws {
        // Read before a server is asked for: what is wrong with the file needs none.
        _ = try SweepFile.load(file)
        let answer = try await options.withClient { client in try await perform(client) }
        if options.json { print(answer.pretty) } else { show(answer, Terminal.standard) }
        let status = exitStatus(answer)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        let sweepFile = try SweepFile.load(file)
        let body: JSON = [
            "definition": sweepFile.definition, "folder": .string(workFolder), "parallel": JSON(parallel), "count": JSON(count), "seed": JSON(seed),
            "timeout": JSON(timeout),
        ]
        let started: JSON
        do {
            started = try await client.post("sweeps", body)
        } catch let error as TernError {
            throw sweepFile.located(error)
        }
        let id = started.cell("id")
        Terminal.note("sweep \(id): \(client.url)/sweeps/\(id)")
        if detach || !follow { return started }
        return try await SweepFollower(client: client, quiet: options.json).follow(id)
    }

    private var workFolder: String {
        if let folder { return URL(fileURLWithPath: folder).standardizedFileURL.path }
        let own = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent().path
        return Project.find(from: own).map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? own
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { SweepSummary(answer).show(terminal, isDetached: detach || !follow) }
    package func exitStatus(_ answer: JSON) -> ExitStatus { answer.cell("state") == "failed" ? .failed : .done }
}

package struct SweepFollow: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "follow", abstract: "Follow a sweep until it ends.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The sweep.") package var sweep: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await SweepFollower(client: client, quiet: options.json).follow(sweep)
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { SweepSummary(answer).show(terminal) }
    package func exitStatus(_ answer: JSON) -> ExitStatus { answer.cell("state") == "failed" ? .failed : .done }
}
