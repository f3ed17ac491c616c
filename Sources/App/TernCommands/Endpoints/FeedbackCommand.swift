import ArgumentParser
import Foundation
import TernKernel

package struct FeedbackCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "feedback", abstract: "Say what the truth was, by prediction id.",
        discussion: "One: tern feedback price price-41.7 1. Many: tern feedback price --file truth.csv, with the columns id and value.")

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String
    @Argument(help: "The prediction's id, such as price-41.7.") package var id: String?
    @Argument(help: "The truth.") package var value: String?
    @Option(help: "A CSV file with the columns id and value.") package var file: String?

    package init() {}

    package func validate() throws {
        guard (id != nil && value != nil) || file != nil else { throw ValidationError("give an id and a value, or --file") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        var items: [JSON] = []
        if let id, let value { items.append(["id": .string(id), "value": FeedbackCommand.value(value)]) }
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else { throw TernError.notFound("no file at \(file)") }
            let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            guard let header = lines.first?.split(separator: ","), let idColumn = header.firstIndex(of: "id"),
                let valueColumn = header.firstIndex(of: "value")
            else {
                throw TernError.invalid("\(file) must begin with a header that names the columns id and value")
            }
            for (number, line) in lines.enumerated().dropFirst() {
                let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                guard cells.indices.contains(idColumn), cells.indices.contains(valueColumn) else {
                    throw TernError.invalid("\(file):\(number + 1): too few cells")
                }
                items.append(["id": .string(String(cells[idColumn])), "value": FeedbackCommand.value(String(cells[valueColumn]))])
            }
        }
        return try await client.post("endpoints/\(TernClient.encode(endpoint))/feedback", ["items": .array(items)])
    }

    private static func value(_ text: String) -> JSON {
        if let whole = Int64(text) { return .int(whole) }
        return Double(text).map(JSON.double) ?? .string(text)
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line("accepted \(answer.cell("accepted")), repeated \(answer.cell("repeated"))")
    }
}
