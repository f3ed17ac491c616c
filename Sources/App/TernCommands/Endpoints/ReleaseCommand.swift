import ArgumentParser
import TernKernel

package struct ReleaseCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Release a version to an endpoint, or move a running release on.",
        discussion:
            "Ends with 3 when the version has not passed its gates and approvals; --override with a reason forces it, and the ledger keeps that."
    )

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String
    @Option(help: "The model version. Default: the newest approved one.") package var version: Int?
    @Option(help: "all_at_once, canary or shadow. Default: the endpoint's own.") package var strategy: String?
    @Option(help: "Release it although a gate or an approval is missing, for this reason.") package var override: String?
    @Flag(help: "End a running canary now, with its version as primary.") package var promote = false
    @Flag(help: "End a running release now, with the old version.") package var abort = false
    @Flag(help: "Hold a running release where it is.") package var pause = false
    @Flag(help: "Let a held release go on.") package var resume = false

    package init() {}

    package func validate() throws {
        if [promote, abort, pause, resume].count(where: { $0 }) > 1 { throw ValidationError("give one of --promote, --abort, --pause, --resume") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        let path = "endpoints/\(TernClient.encode(endpoint))"
        if promote { return try await client.post("\(path)/promote") }
        if abort { return try await client.post("\(path)/abort") }
        if pause { return try await client.post("\(path)/pause") }
        if resume { return try await client.post("\(path)/resume") }
        return try await client.post("\(path)/release", ["version": JSON(version), "strategy": JSON(strategy), "override": JSON(override)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line("\(endpoint): release \(answer.cell("id")) of version \(answer.cell("to")), \(answer.cell("state"))")
    }
}

package struct RollbackCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "rollback", abstract: "Go back to the version that ran before, at once.")

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String
    @Option(help: "Why; the ledger keeps it.") package var reason: String = "by hand"

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.post("endpoints/\(TernClient.encode(endpoint))/rollback", ["reason": .string(reason)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line("\(endpoint): version \(answer["from"]?.cell ?? "-") answers again, version \(answer.cell("to")) is out")
    }
}
