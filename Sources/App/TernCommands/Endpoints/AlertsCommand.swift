import ArgumentParser
import TernKernel

package struct AlertsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Alerts: list, acknowledge.", subcommands: [AlertsList.self, AlertsAcknowledge.self],
        defaultSubcommand: AlertsList.self)

    package init() {}
}

package struct AlertsList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List alerts; open ones unless --all.")
    @OptionGroup package var options: CommandOptions
    @Option(help: "Only this endpoint's.") package var endpoint: String?
    @Flag(help: "Also those that are over.") package var all = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("alerts", ["endpoint": endpoint, "state": all ? nil : "open"])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["alerts"]?.arrayValue ?? []).map { alert in
            [
                alert.cell("id"), alert.cell("endpoint"), alert.cell("monitor"), alert.cell("state"), alert.cell("raised_event_time"),
                alert.cell("message"),
            ]
        }
        terminal.table(["id", "endpoint", "monitor", "state", "since", "message"], rows)
    }
}

package struct AlertsAcknowledge: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "acknowledge", abstract: "Say that you are on it.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The alert's id.") package var id: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.post("alerts/\(TernClient.encode(id))/acknowledge") }
    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("acknowledged") }
}
