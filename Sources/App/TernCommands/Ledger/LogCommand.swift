import ArgumentParser
import Foundation
import TernKernel

package struct LogCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "log", abstract: "The ledger: what changed, by whom and why; --verify checks its chain.")

    @OptionGroup package var options: CommandOptions
    @Argument(help: "Only this subject and below: endpoint/price, model/price-direction/3.") package var subject: String?
    @Option(help: "Only this kind, or a prefix that ends in a dot: release.") package var kind: String?
    @Option(help: "How many, newest first.") package var limit = 30
    @Flag(help: "Recompute every hash.") package var verify = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        if verify { return try await client.get("ledger/verify") }
        return try await client.get("ledger", ["subject": subject, "kind": kind, "limit": String(limit), "order": "newest"])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        if verify { return terminal.line("the ledger verifies: \(answer.cell("entries")) entries") }
        let rows = (answer["entries"]?.arrayValue ?? []).reversed().map { entry in
            [
                entry.cell("sequence"), entry.cell("at"), entry.cell("event_time"), entry.cell("kind"), entry.cell("subject"), entry.cell("actor"),
                entry.cell("reason"),
            ]
        }
        terminal.table(["#", "at", "data time", "kind", "subject", "by", "reason"], rows)
    }
}
