import ArgumentParser
import Foundation
import TernKernel

package struct ModelsCard: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "card", abstract: "Print the card of a model or a version (Markdown), or write a version's.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int?
    @Option(help: "A Markdown file that becomes the version's card; an empty one takes it away.") package var set: String?

    package init() {}

    package func validate() throws {
        if set != nil, version == nil {
            throw ValidationError("a model's card is declared in tern.yaml (card: card.md); --set writes that of a version")
        }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        let path = "models/\(TernClient.encode(model))" + (version.map { "/versions/\($0)" } ?? "") + "/card"
        if let set { _ = try await client.post(path, ["card": .string(try ModelsCard.text(set))]) }
        return try await client.get(path)
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line(answer["card"]?.stringValue ?? "nobody has written a card")
    }

    /// - Throws: `not_found`; `invalid_argument` for something that is not text.
    static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else { throw TernError.notFound("there is no card at \(path)") }
        guard let text = String(validating: data, as: UTF8.self) else { throw TernError.invalid("the card \(path) is not UTF-8 text") }
        return text
    }
}

package struct ModelsWithdraw: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "withdraw", abstract: "Take your own approval back (role approver).")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int
    @Option(help: "Why; the ledger keeps it.") package var reason: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.post("models/\(TernClient.encode(model))/versions/\(version)/withdraw", ["reason": .string(reason)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("\(model) version \(version): \(answer.cell("status"))") }
}
