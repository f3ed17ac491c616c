import ArgumentParser
import TernKernel

package struct TokenCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens and their roles: create, list, revoke.",
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self], defaultSubcommand: TokenList.self)

    package init() {}
}

package struct TokenCreate: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a token; it is shown once.")
    @OptionGroup package var options: CommandOptions
    @Option(help: "Who holds it.") package var name: String
    @Option(help: "viewer, editor, approver or admin.") package var role: String = "editor"

    package init() {}

    package func validate() throws {
        guard Role(rawValue: role) != nil else {
            throw ValidationError("--role is one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")), not '\(role)'")
        }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.post("tokens", ["name": .string(name), "role": .string(role)])
    }
    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line(answer.cell("token")) }
}

package struct TokenList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List who holds a token.")
    @OptionGroup package var options: CommandOptions

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("tokens") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.table(
            ["name", "role", "created"], (answer["tokens"]?.arrayValue ?? []).map { [$0.cell("name"), $0.cell("role"), $0.cell("created_at")] })
    }
}

package struct TokenRevoke: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Take a token away.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "Who holds it.") package var name: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.delete("tokens/\(TernClient.encode(name))") }
    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("revoked") }
}
