import ArgumentParser
import Foundation
import TernKernel

package struct ModelsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "models", abstract: "Registered models: list, show, register, approve, compare, and where they come from.",
        subcommands: [
            ModelsList.self, ModelsShow.self, ModelsRegister.self, ModelsApprove.self, ModelsReject.self, ModelsWithdraw.self, ModelsLineage.self,
            ModelsCompare.self, ModelsCard.self,
        ],
        defaultSubcommand: ModelsList.self)

    package init() {}
}

package struct ModelsList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List the models.")
    @OptionGroup package var options: CommandOptions

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("models") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["models"]?.arrayValue ?? []).map { model in
            [model.cell("name"), model.cell("latest"), model.cell("champion"), model.cell("owner"), model.cell("purpose")]
        }
        terminal.table(["model", "latest", "champion", "owner", "purpose"], rows)
    }
}

package struct ModelsShow: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a model's versions, or one version with its gates and lineage.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("models/\(TernClient.encode(model))" + (version.map { "/versions/\($0)" } ?? ""))
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        guard let versions = answer["versions"]?.arrayValue, let summary = answer["model"] else { return ModelVersionText.show(answer, terminal) }
        terminal.heading(summary.cell("name"))
        terminal.facts([("purpose", summary["purpose"]?.stringValue), ("owner", summary["owner"]?.stringValue)])
        terminal.table(
            ["version", "status", "origin", "f1", "registered", "by", "aliases", "answers"],
            versions.map { version in
                let here = answer["deployments"]?.arrayValue?.filter { $0["version"] == version["version"] } ?? []
                return [
                    version.cell("version"), version.cell("status"), version.cell("origin"), version["metrics"]?.cell("f1") ?? "-",
                    version.cell("created_at"), version.cell("created_by"),
                    version["aliases"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ") ?? "",
                    here.map(DeploymentText.now).joined(separator: ", "),
                ]
            })
    }
}

package struct ModelsRegister: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "register", abstract: "Register an ONNX file as a new version by hand.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model, as tern.yaml names it.") package var model: String
    @Argument(help: "The ONNX file.") package var file: String
    @Option(help: "A table to judge it on.") package var holdout: String?
    @Option(help: "A table for its monitors to compare with.") package var reference: String?
    @Option(help: "A Markdown file about this version.") package var card: String?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        func absolute(_ path: String?) -> JSON { JSON(path.map { URL(fileURLWithPath: $0).standardizedFileURL.path }) }
        return try await client.post(
            "models/\(TernClient.encode(model))/versions",
            [
                "path": absolute(file), "holdout": absolute(holdout), "reference": absolute(reference),
                "card": JSON(try card.map(ModelsCard.text)),
            ])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { ModelVersionText.show(answer, terminal) }
    package func exitStatus(_ answer: JSON) -> ExitStatus { answer.cell("status") == "refused" ? .gateRefused : .done }
}

package struct ModelsApprove: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "approve", abstract: "Approve a version for release (role approver).")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int
    @Option(help: "Why; the ledger keeps it.") package var reason: String?

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.post("models/\(TernClient.encode(model))/versions/\(version)/approve", ["reason": JSON(reason)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("\(model) version \(version): \(answer.cell("status"))") }
}

package struct ModelsReject: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "reject", abstract: "Reject a version (role approver).")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The model.") package var model: String
    @Argument(help: "The version.") package var version: Int
    @Option(help: "Why; the ledger keeps it.") package var reason: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.post("models/\(TernClient.encode(model))/versions/\(version)/reject", ["reason": .string(reason)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) { terminal.line("\(model) version \(version): \(answer.cell("status"))") }
}

enum ModelVersionText {
    static func show(_ version: JSON, _ terminal: Terminal) {
        terminal.heading("\(version.cell("model")) version \(version.cell("version")): \(version.cell("status"))")
        let lineage = version["lineage"] ?? .null
        terminal.facts([
            ("sha256", version["digest"]?.stringValue), ("registered", "\(version.cell("created_at")) by \(version.cell("created_by"))"),
            ("run", lineage["run"]?.stringValue), ("pipeline run", lineage["pipeline_run"]?.stringValue),
            ("code", LineageText.code(lineage)),
            ("data", lineage["datasets"]?.arrayValue.map { $0.map { "\($0.cell("name")) version \($0.cell("version"))" }.joined(separator: ", ") }),
            ("metrics", version["metrics"]?.description),
        ])
        for gate in version["gates"]?.arrayValue ?? [] {
            let verdict = gate.cell("verdict")
            let style: Terminal.Style = verdict == "pass" ? .green : verdict == "fail" ? .red : .faint
            terminal.line("  \(terminal.styled(verdict, style))  \(gate["evidence"]?["sentence"]?.stringValue ?? gate.cell("gate"))")
        }
        for approval in version["approvals"]?.arrayValue ?? [] {
            terminal.line(
                "  \(approval.cell("verdict")) by \(approval.cell("by")) at \(approval.cell("at"))  \(approval["reason"]?.stringValue ?? "")")
        }
        for deployment in version["deployments"]?.arrayValue ?? [] { terminal.line("  " + DeploymentText.line(deployment)) }
    }
}
