import Foundation
import TernKernel

/// Watches a pipeline run until it ends and tells what each step does.
struct PipelineFollower {
    let client: TernClient
    let quiet: Bool

    func follow(_ started: JSON) async throws -> JSON {
        guard let id = started["id"]?.stringValue else { return started }
        var told: [String: String] = [:]
        while true {
            let run = try await client.get("pipeline-runs/\(TernClient.encode(id))")
            let steps = run["steps"]?.arrayValue ?? []
            for step in steps where told[step.cell("name")] != step.cell("state") {
                told[step.cell("name")] = step.cell("state")
                if !quiet { tell(step) }
            }
            if ["succeeded", "failed", "cancelled"].contains(run.cell("state")) {
                if !quiet { try await complain(about: run, id: id) }
                return run
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func tell(_ step: JSON) {
        let state = step.cell("state")
        guard state != "pending" else { return }
        let cause = step["cause"]?.stringValue.map { "  (\($0))" } ?? ""
        let time = step["started_at"]?.stringValue.flatMap { Timestamp($0) }.flatMap { start in
            step["ended_at"]?.stringValue.flatMap { Timestamp($0) }.map { "  \(JSON.short(($0 - start).seconds)) s" }
        }
        Terminal.note("  \(step.cell("name")): \(state)\(time ?? "")\(cause)")
    }

    /// The last lines that a failed step wrote.
    private func complain(about run: JSON, id: String) async throws {
        for step in run["steps"]?.arrayValue ?? [] where step.cell("state") == "failed" {
            let name = step.cell("name")
            if let error = step["error"]?.stringValue { Terminal.note("  \(name): \(error)") }
            let log = try? await client.get("pipeline-runs/\(TernClient.encode(id))/steps/\(TernClient.encode(name))/log", ["offset": "0"])
            let text = log?["text"]?.stringValue ?? log?.stringValue ?? ""
            for line in text.split(separator: "\n").suffix(15) { Terminal.note("    | \(line)") }
            Terminal.note("  repeat what failed: POST /api/tern/v1/pipeline-runs/\(id)/retry, or tern runs retry \(id)")
        }
    }
}
