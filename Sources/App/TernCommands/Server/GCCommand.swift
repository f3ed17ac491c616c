import ArgumentParser
import TernKernel

package struct GCCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove for good what was deleted: runs, experiments, logged models, their points, traces and files.",
        discussion: """
            Until then, everything deleted can be restored. An experiment's name is free again afterwards.
            `tern server --retention 30d` does the same by itself, once a day.
            """)

    @OptionGroup package var options: CommandOptions
    @Option(help: "Only what was deleted at least so long ago.") package var olderThan: String = "30d"
    @Option(help: "Only these runs, separated by commas; they must be deleted.") package var runIds: String?
    @Option(help: "Only these experiments and their runs, by number, separated by commas; they must be deleted.") package var experimentIds: String?
    @Flag(help: "Also remove files of runs and models that no table knows.") package var orphans = false
    @Flag(help: "Only say what would be removed.") package var dryRun = false

    package init() {}

    package func validate() throws {
        guard Period(olderThan) != nil else { throw ValidationError("--older-than is a length of time such as 30d or 12h, not '\(olderThan)'") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        var body: [String: JSON] = ["older_than": .string(olderThan), "orphans": .bool(orphans), "dry_run": .bool(dryRun)]
        if let runIds { body["runs"] = JSON(GCCommand.list(runIds)) }
        if let experimentIds { body["experiments"] = JSON(GCCommand.list(experimentIds)) }
        return try await client.post("gc", .object(body))
    }

    private static func list(_ text: String) -> [String] { text.split(separator: ",").map { String($0.filter { $0 != " " }) } }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = [
            ("runs", "runs"), ("experiments", "experiments"), ("logged models", "logged_models"), ("traces", "traces"),
            ("metric points", "metric_points"),
            ("folders of files", "artifact_folders"),
        ]
        terminal.table([dryRun ? "would be removed" : "removed", ""], rows.map { [$0.0, answer.cell($0.1)] })
    }
}
