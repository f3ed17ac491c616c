import ArgumentParser
import Foundation
import TernKernel

/// The `tern` command.
package struct TernCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tern",
        abstract: "From the notebook to production, and right there: data, training, gates, releases, monitors, in one binary.",
        discussion: """
            Start with `tern init`, then `tern server`. Every flag has a variable: --home is TERN_HOME.
            Exit codes: 0 done, 1 failed, 2 usage, 3 gate refused, 4 not allowed.
            """,
        version: TernVersion.current,
        groupedSubcommands: [
            CommandGroup(name: "Start:", subcommands: [InitCommand.self, ServerCommand.self, DemoCommand.self, DoctorCommand.self, GCCommand.self]),
            CommandGroup(name: "Project:", subcommands: [CheckCommand.self, ApplyCommand.self]),
            CommandGroup(
                name: "The loop:", subcommands: [DataCommand.self, RunCommand.self, RunsCommand.self, SweepCommand.self, ModelsCommand.self]),
            CommandGroup(
                name: "Production:",
                subcommands: [
                    EndpointsCommand.self, ReleaseCommand.self, RollbackCommand.self, FeedbackCommand.self, ReplayCommand.self, DriftCommand.self,
                    AlertsCommand.self,
                ]),
            CommandGroup(name: "Answers:", subcommands: [WhyCommand.self, LogCommand.self, WebhooksCommand.self]),
            CommandGroup(name: "Coming and going:", subcommands: [ImportCommand.self, ExportCommand.self]),
            CommandGroup(name: "Access:", subcommands: [TokenCommand.self, CompletionCommand.self]),
        ])

    package init() {}

    /// Parses, runs, and ends the process with the documented exit code.
    package static func start() async {
        do {
            let arguments = EnvironmentFlags.expand(
                Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment, of: TernCommand.self)
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as TernError {
            Terminal.complain(error)
            Foundation.exit(ExitStatus(error.code).rawValue)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            // The parser's own errors: usage, help, version.
            let code = exitCode(for: error)
            if code == .success { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            if let nearest = Spelling.nearest(to: CommandLine.arguments.dropFirst().first ?? "", in: configuration) {
                FileHandle.standardError.write(Data("Did you mean this?  tern \(nearest)\n".utf8))
            }
            Foundation.exit(code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.failed.rawValue)
        }
    }
}

package enum TernVersion {
    package static let current = "0.1.0"
}
