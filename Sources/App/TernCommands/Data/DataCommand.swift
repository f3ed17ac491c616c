import ArgumentParser
import Foundation
import TernKernel

package struct DataCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Datasets and their versions.",
        subcommands: [DataAdd.self, DataList.self, DataShow.self, DataDiff.self, DataRejected.self], defaultSubcommand: DataList.self)

    package init() {}
}

package struct DataAdd: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a file as a new version, if it keeps to the schema. The same bytes again are the same version.")

    @OptionGroup package var options: CommandOptions
    @Argument(help: "The dataset, as tern.yaml names it.") package var dataset: String
    @Argument(help: "The file: csv, parquet or jsonl. Default: the path in tern.yaml.") package var file: String?
    @Option(help: "Why; the ledger keeps it.") package var reason: String?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let path = file.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        return try await client.post("datasets/\(TernClient.encode(dataset))/versions", ["path": JSON(path), "reason": JSON(reason)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line(
            "\(answer.cell("dataset")) version \(answer.cell("version")): \(answer.cell("rows")) rows, "
                + "\(answer["schema"]?.arrayValue?.count ?? 0) columns, sha256 \(answer.cell("digest").prefix(12))")
    }
}

package struct DataList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List the datasets.")
    @OptionGroup package var options: CommandOptions

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("datasets") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["datasets"]?.arrayValue ?? []).map { dataset in
            let latest = dataset["versions"]?[0] ?? .null
            return [dataset.cell("name"), latest.cell("version"), latest.cell("rows"), dataset.cell("owner"), latest.cell("created_at")]
        }
        terminal.table(["dataset", "version", "rows", "owner", "added"], rows)
    }
}

package struct DataShow: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a version: schema, profile, where it came from.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The dataset.") package var dataset: String
    @Argument(help: "The version. Default: the newest.") package var version: Int?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("datasets/\(TernClient.encode(dataset))/versions/\(version.map(String.init) ?? "latest")")
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.heading("\(answer.cell("dataset")) version \(answer.cell("version"))")
        terminal.facts([
            ("rows", answer.cell("rows")), ("sha256", answer.cell("digest")), ("added", answer.cell("created_at")), ("by", answer.cell("created_by")),
            ("reason", answer["reason"]?.stringValue), ("source", answer["source"]?.description),
        ])
        terminal.table(
            ["column", "type", "nullable"], (answer["schema"]?.arrayValue ?? []).map { [$0.cell("name"), $0.cell("type"), $0.cell("nullable")] })
    }
}

package struct DataDiff: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What changed between two versions: schema, rows, drift by column.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The dataset.") package var dataset: String
    @Argument(help: "The older version.") package var from: Int
    @Argument(help: "The newer version.") package var to: Int

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("datasets/\(TernClient.encode(dataset))/diff", ["from": String(from), "to": String(to)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line(answer.pretty) }
}

package struct DataRejected: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "rejected", abstract: "Files that were refused, with row and column.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The dataset.") package var dataset: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("datasets/\(TernClient.encode(dataset))/rejected") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        for refusal in answer["rejected"]?.arrayValue ?? [] {
            terminal.heading("\(refusal.cell("at"))  \(refusal.cell("source"))  \(refusal.cell("message"))")
            let violations = refusal["violations"]?.arrayValue ?? []
            terminal.table(
                ["row", "column", "value", "message"], violations.map { [$0.cell("row"), $0.cell("column"), $0.cell("value"), $0.cell("message")] })
        }
    }
}
