import Foundation
import TernKernel

/// A sweep in the words of the command line.
struct SweepSummary {
    let sweep: JSON

    init(_ sweep: JSON) { self.sweep = sweep }

    private func count(_ state: String) -> Int64 { sweep["counts"]?[state]?.intValue ?? 0 }

    /// `7 of 20 ended (1 running, 2 pruned, 1 failed)`.
    var progress: String {
        let ended = ["succeeded", "failed", "pruned", "stopped"].reduce(0) { $0 + count($1) }
        let parts = ["running", "queued", "pruned", "failed", "stopped"].compactMap { count($0) > 0 ? "\(count($0)) \($0)" : nil }
        let total = sweep["total"]?.intValue.map { " of \($0)" } ?? ""
        return "\(ended)\(total)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }

    var bestLine: String? {
        guard let best = sweep["best"], let objective = best["objective"]?.doubleValue else { return nil }
        let params = TrialTable.flat(best["params"] ?? .null).map { "\($0)=\($1)" }.joined(separator: " ")
        return "\(sweep["metric"]?.cell("name") ?? "objective") \(SweepSummary.number(objective)) in trial \(best.cell("number")): \(params)"
    }

    func show(_ terminal: Terminal, isDetached: Bool = false) {
        let reason = sweep["reason"]?.stringValue.map { ": \($0)" } ?? ""
        terminal.line("sweep \(sweep.cell("id")) \(sweep.cell("state"))\(reason); trials: \(progress)")
        if let bestLine { terminal.line("best: \(bestLine)") }
        if let command = sweep["best"]?["command"]?.stringValue { terminal.line("again: \(command)") }
        if let failed = sweep["trials"]?.arrayValue?.last(where: { $0.cell("state") == "failed" }), let error = failed["error"]?.stringValue {
            terminal.line("trial \(failed.cell("number")) failed: \(error)")
            terminal.line("its log: tern sweep log \(sweep.cell("id")) \(failed.cell("number"))")
        }
        if isDetached { terminal.line("follow it: tern sweep follow \(sweep.cell("id"))") }
    }

    /// Six digits that say something.
    static func number(_ value: Double) -> String { String(format: "%.6g", value) }

    static func style(_ state: String) -> Terminal.Style {
        switch state {
        case "succeeded": .green
        case "failed": .red
        case "pruned", "stopped": .yellow
        case "running": .blue
        default: .faint
        }
    }
}

/// The trials of a sweep as a table, best known at a glance.
struct TrialTable {
    let header: [String]
    let rows: [[String]]

    /// - Parameter latest: how many rows at most, those under way always among them.
    init(_ sweep: JSON, latest: Int? = nil) {
        let names = sweep["parameters"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let metric = sweep["metric"]?["name"]?.stringValue
        header = ["trial", "state"] + (metric.map { [$0] } ?? []) + names + ["run"]
        let best = sweep["best"]?["number"]?.intValue
        var trials = sweep["trials"]?.arrayValue ?? []
        if let latest, trials.count > latest {
            let busy = trials.filter { ["running", "queued"].contains($0.cell("state")) }
            let over = trials.filter { !["running", "queued"].contains($0.cell("state")) }
            trials = over.suffix(max(0, latest - busy.count)) + busy.prefix(latest)
        }
        rows = trials.map { trial in
            let params = Dictionary(TrialTable.flat(trial["params"] ?? .null), uniquingKeysWith: { first, _ in first })
            let objective = trial["objective"]?.doubleValue.map(SweepSummary.number) ?? "-"
            let star = trial["number"]?.intValue == best && best != nil ? " *" : ""
            return [trial.cell("number") + star, trial.cell("state")] + (metric == nil ? [] : [objective]) + names.map { params[$0] ?? "-" }
                + [String(trial.cell("run").prefix(8))]
        }
    }

    /// Names joined by dots, with their values as text.
    static func flat(_ params: JSON, prefix: String = "") -> [(String, String)] {
        guard case .object(let fields) = params else { return [] }
        return fields.sorted { $0.key < $1.key }.flatMap { name, value -> [(String, String)] in
            if case .object = value { return flat(value, prefix: prefix + name + ".") }
            if case .double(let number) = value { return [(prefix + name, SweepSummary.number(number))] }
            return [(prefix + name, value.cell)]
        }
    }
}
