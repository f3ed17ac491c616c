import Synchronization
import TernImport
import TernKernel

/// The progress of an import or export, on standard error.
final class ImportBar: Sendable {
    private let progress: Mutex<Progress>

    init(_ title: String) { progress = Mutex(Progress(title)) }

    func show(_ done: ImportProgress) {
        let share = done.allRuns > 0 ? Double(done.runs) / Double(done.allRuns) : 0
        let of = done.allRuns > 0 ? " of \(done.allRuns)" : ""
        progress.withLock { $0.show(share, "\(done.runs)\(of) runs, \(done.points) points, \(done.files) files") }
    }

    func end() { progress.withLock { $0.end() } }
}

/// An import's report, for people.
enum ImportText {
    private static let order = [
        "experiments", "runs", "points", "params", "tags", "datasets", "logged_models", "files", "bytes", "registered_models", "model_versions",
    ]

    static func show(_ report: JSON, _ terminal: Terminal) {
        let isDry = report["dry_run"] == true
        terminal.heading(isDry ? "\(report.cell("source")): nothing was sent" : report.cell("source"))
        let counts = report["counts"] ?? .null
        terminal.table(
            isDry ? ["what", "source"] : ["what", "source", "here"],
            order.compactMap { name in
                counts[name].map { count in
                    let row = [name.replacing("_", with: " "), count.cell("source")]
                    return isDry ? row : row + [count.cell("here")]
                }
            })
        if let already = report["already"]?.intValue, already > 0 { terminal.line("\(already) runs were here already") }
        for line in report["mapped"]?.arrayValue ?? [] { terminal.line(line.cell) }
        for (reason, count) in (report["skipped"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            terminal.line(terminal.styled("left behind: ", .yellow) + "\(count.cell) × \(reason)")
        }
        for failure in report["failures"]?.arrayValue ?? [] { terminal.line(terminal.styled("differs: ", .red) + failure.cell) }
        if !isDry {
            let equal = report["equal"] == true
            terminal.line(equal ? terminal.styled("equal: both sides were compared", .green) : terminal.styled("not equal", .red))
        }
    }
}
