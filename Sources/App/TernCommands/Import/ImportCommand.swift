import ArgumentParser
import Foundation
import TernImport
import TernKernel

package struct ImportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring runs over from MLflow, W&B, TensorBoard, Comet, or an export of Tern.",
        discussion: """
            Run it again as often as you like: what is here already is passed over, and an import that broke off goes on.
            The exit code is 1 when anything of the source is not here, or differs.
            """,
        subcommands: [ImportMLflow.self, ImportWandb.self, ImportTensorBoard.self, ImportComet.self, ImportTern.self])

    package init() {}
}

/// The flags of every import.
package struct ImportFlags: ParsableArguments {
    @Flag(help: "Read and count; send nothing.") package var dryRun = false
    @Flag(help: "Leave the artifacts where they are.") package var noFiles = false
    @Flag(help: "Compare all of both sides again, also what an earlier import brought.") package var verify = false

    package init() {}

    var options: ImportOptions { ImportOptions(dryRun: dryRun, withFiles: !noFiles, verify: verify) }
}

package protocol ImportingCommand: TernSubcommand {
    var flags: ImportFlags { get }
    func source() async throws -> any ImportSource
}

extension ImportingCommand {
    package func perform(_ client: TernClient) async throws -> JSON {
        let source = try await source()
        let bar = ImportBar("importing")
        var importer = Importer(source, to: ServerTarget(client: client), options: flags.options) { bar.show($0) }
        do {
            let report = try await importer.run()
            bar.end()
            return report.json
        } catch {
            bar.end()
            var known = TernError.wrap(error)
            if known.code == .unavailable { known.hint = "run the same command again: it goes on where it was" }
            throw known
        }
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { ImportText.show(answer, terminal) }

    package func exitStatus(_ answer: JSON) -> ExitStatus { answer["equal"] == true ? .done : .failed }
}

package struct ImportMLflow: ImportingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "mlflow", abstract: "From a tracking server, an mlruns folder, or MLflow's database (SQLite or PostgreSQL).",
        discussion: """
              tern import mlflow http://127.0.0.1:5000
              tern import mlflow ./mlruns
              tern import mlflow mlflow.db --artifacts ./mlartifacts
              tern import mlflow postgresql://user@host/mlflow
            """)

    @OptionGroup package var options: CommandOptions
    @OptionGroup package var flags: ImportFlags
    @Argument(help: "http(s)://…, a folder, a SQLite file or sqlite:///…, or postgresql://…") package var from: String
    @Option(help: "The folder behind mlflow-artifacts:/, which the MLflow server had as --artifacts-destination.") package var artifacts: String?

    package init() {}

    package func source() async throws -> any ImportSource {
        try await MLflowSource.open(from, artifactFolder: artifacts, environment: ProcessInfo.processInfo.environment)
    }
}

package struct ImportWandb: ImportingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "wandb", abstract: "From W&B's run folders, such as those of WANDB_MODE=offline.")
    @OptionGroup package var options: CommandOptions
    @OptionGroup package var flags: ImportFlags
    @Argument(help: "The wandb folder, one run's folder in it, or a .wandb file.") package var path: String

    package init() {}

    package func source() async throws -> any ImportSource { try WandbFolder(path: path) }
}

package struct ImportTensorBoard: ImportingCommand {
    package static let configuration = CommandConfiguration(commandName: "tensorboard", abstract: "From a folder of TensorBoard event files.")
    @OptionGroup package var options: CommandOptions
    @OptionGroup package var flags: ImportFlags
    @Argument(help: "The log folder.") package var path: String

    package init() {}

    package func source() async throws -> any ImportSource { try TensorBoardFolder(path: path) }
}

package struct ImportComet: ImportingCommand {
    package static let configuration = CommandConfiguration(commandName: "comet", abstract: "From the zip files of Comet's offline experiments.")
    @OptionGroup package var options: CommandOptions
    @OptionGroup package var flags: ImportFlags
    @Argument(help: "Zip files, or folders that hold them.") package var paths: [String]

    package init() {}

    package func source() async throws -> any ImportSource { try await CometArchives(paths: paths) }
}

package struct ImportTern: ImportingCommand {
    package static let configuration = CommandConfiguration(commandName: "tern", abstract: "From a folder that tern export wrote.")
    @OptionGroup package var options: CommandOptions
    @OptionGroup package var flags: ImportFlags
    @Argument(help: "The folder.") package var path: String

    package init() {}

    package func source() async throws -> any ImportSource { try TernExport(path: path) }
}

package struct ExportCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write everything as plain files: experiments, runs, histories, artifacts, registry, datasets.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "A new folder.") package var folder = "tern-export"
    @Flag(help: "Leave artifacts, models and datasets' files out.") package var noFiles = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let bar = ImportBar("exporting")
        defer { bar.end() }
        var exporter = try Exporter(ServerTarget(client: client), to: folder, withFiles: !noFiles) { bar.show($0) }
        return try await exporter.run(at: WallClock.system.now())
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.heading(answer.cell("folder"))
        terminal.table(["what", "count"], (answer["counts"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.map { [$0.key, $0.value.cell] })
        for (reason, count) in (answer["left_out"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            terminal.line("left out: \(count.cell) × \(reason)")
        }
        terminal.line("check it with: sha256sum -c checksums.sha256; read it back with: tern import tern \(folder)")
    }
}
