import ArgumentParser
import TernKernel

package struct WhyCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "why", abstract: "What runs, who decided that, on which evidence, made from what.",
        discussion: "tern why endpoint/price; --at TIME asks the ledger what ran then (by the ledger's time, or by the data's time with --data-time)."
    )

    @OptionGroup package var options: CommandOptions
    @Argument(help: "endpoint/NAME or model/NAME/VERSION.") package var subject: String
    @Option(help: "A time, such as 2026-11-21T10:00:00Z.") package var at: String?
    @Flag(help: "--at is a time of the data, not of the ledger.") package var dataTime = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        try await client.get("why", ["subject": subject, "at": at, "data_time": dataTime ? "true" : nil])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        for variant in answer["variants"]?.arrayValue ?? [] {
            terminal.heading(
                "\(subject) → \(variant.cell("name")), \(variant.cell("role")), \(JSON.percent(variant["share"]?.doubleValue)) of the traffic")
            WhyCommand.show(version: variant["version"] ?? .null, terminal)
            if let release = variant["release"] {
                terminal.facts([
                    ("release", "\(release.cell("kind")) at \(release.cell("at")) by \(release.cell("actor"))"),
                    ("data time", release["event_time"]?.stringValue),
                    ("reason", release["reason"]?.stringValue),
                ])
            }
            terminal.line()
        }
        if let version = answer["version"] { WhyCommand.show(version: version, terminal) }
    }

    static func show(version: JSON, _ terminal: Terminal) {
        let lineage = version["lineage"] ?? .null
        let clean = lineage["code_clean"]?.boolValue.map { $0 ? " (clean)" : " (with changes that were not committed)" } ?? ""
        terminal.facts([
            ("model", "\(version.cell("model")) version \(version.cell("version")), \(version.cell("status"))"),
            ("file", version["digest"]?.stringValue.map { "sha256 " + $0 }),
            ("origin", version["origin"]?.stringValue), ("run", lineage["run"]?.stringValue), ("pipeline run", lineage["pipeline_run"]?.stringValue),
            ("code", lineage["code_commit"]?.stringValue.map { $0 + clean }), ("environment", lineage["environment"]?.stringValue),
            ("params", lineage["params"]?.description),
        ])
        for dataset in lineage["datasets"]?.arrayValue ?? [] {
            terminal.line("  data      \(dataset.cell("name")) version \(dataset.cell("version"))  sha256 \(dataset.cell("digest"))")
        }
        for gate in version["gates"]?.arrayValue ?? [] {
            let verdict = gate.cell("verdict")
            let style: Terminal.Style = verdict == "pass" ? .green : verdict == "fail" ? .red : .faint
            terminal.line("  gate      \(terminal.styled(verdict, style))  \(gate["evidence"]?["sentence"]?.stringValue ?? gate.cell("gate"))")
        }
        for approval in version["approvals"]?.arrayValue ?? [] {
            terminal.line(
                "  approval  \(approval.cell("verdict")) by \(approval.cell("by")) at \(approval.cell("at"))  "
                    + (approval["reason"]?.stringValue ?? ""))
        }
    }
}
