import ArgumentParser
import TernKernel

package struct WebhooksCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Who is told of changes in the registry, and whether it worked.",
        subcommands: [WebhooksList.self, WebhookDeliveries.self], defaultSubcommand: WebhooksList.self)

    package init() {}
}

package struct WebhooksList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List webhooks and what became of their last message.")
    @OptionGroup package var options: CommandOptions

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("webhooks") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.table(
            ["id", "name", "url", "status", "last event", "state", "problem"],
            (answer["webhooks"]?.arrayValue ?? []).map { webhook in
                let last = webhook["last_delivery"] ?? .null
                return [
                    webhook.cell("id"), webhook.cell("name"), webhook.cell("url"), webhook.cell("status"), last.cell("event"), last.cell("state"),
                    last.cell("problem"),
                ]
            })
    }
}

package struct WebhookDeliveries: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "deliveries", abstract: "What became of a webhook's last messages.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The webhook's id.") package var id: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("webhooks/\(TernClient.encode(id))/deliveries") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.table(
            ["created", "event", "state", "attempts", "status", "problem"],
            (answer["deliveries"]?.arrayValue ?? []).map {
                [$0.cell("created_at"), $0.cell("event"), $0.cell("state"), $0.cell("attempts"), $0.cell("status"), $0.cell("problem")]
            })
    }
}
