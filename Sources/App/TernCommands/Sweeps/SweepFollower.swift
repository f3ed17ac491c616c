import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Watches a sweep until it ends: a table that is drawn again and again at a terminal, a line for each change elsewhere.
struct SweepFollower {
    let client: TernClient
    let quiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func follow(_ id: String) async throws -> JSON {
        var told: [String: String] = [:]
        var drawn = 0
        while true {
            let sweep = try await client.get("sweeps/\(TernClient.encode(id))")
            let isOver = ["finished", "stopped", "failed"].contains(sweep.cell("state"))
            if !quiet {
                if isTerminal {
                    let lines = picture(sweep)
                    redraw(lines, over: drawn)
                    drawn = lines.count
                } else {
                    tell(sweep, &told)
                }
            }
            if isOver { return sweep }
            try await Task.sleep(for: .milliseconds(isTerminal ? 300 : 150))
        }
    }

    // MARK: Lines

    private func tell(_ sweep: JSON, _ told: inout [String: String]) {
        for trial in sweep["trials"]?.arrayValue ?? [] {
            let number = trial.cell("number")
            let state = trial.cell("state")
            guard told[number] != state else { continue }
            told[number] = state
            guard state != "queued" else { continue }
            var words = ["trial \(number): \(state)"]
            if let objective = trial["objective"]?.doubleValue, state != "running" {
                words.append("\(sweep["metric"]?.cell("name") ?? "objective") \(SweepSummary.number(objective))")
            }
            words.append(TrialTable.flat(trial["params"] ?? .null).map { "\($0)=\($1)" }.joined(separator: " "))
            if let error = trial["error"]?.stringValue { words.append(error) }
            Terminal.note("  " + words.joined(separator: "  "))
        }
    }

    // MARK: Table

    /// The head, the best so far and the trials that fit on the screen: those under way, then the latest.
    private func picture(_ sweep: JSON) -> [String] {
        let summary = SweepSummary(sweep)
        let terminal = Terminal(isTerminal: true, hasColor: ProcessInfo.processInfo.environment["NO_COLOR"] == nil)
        var lines = [
            terminal.styled("\(sweep.cell("name")) \(sweep.cell("id"))", .bold) + "  \(sweep.cell("method")), \(sweep.cell("state")), "
                + "\(summary.progress) trials"
        ]
        if let best = summary.bestLine { lines.append("best: " + best) }
        let size = screen()
        let table = TrialTable(sweep, latest: max(3, size.rows - 6))
        let widths = table.header.indices.map { column in ([table.header[column]] + table.rows.map { $0[column] }).map(\.count).max() ?? 0 }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
        }
        lines.append(terminal.styled(String(line(table.header.map { $0.uppercased() }).prefix(size.columns - 1)), .faint))
        for row in table.rows {
            let text = String(line(row).prefix(size.columns - 1))
            lines.append(terminal.styled(text, SweepSummary.style(row[1])))
        }
        return lines
    }

    private func redraw(_ lines: [String], over drawn: Int) {
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\r\u{1B}[2K" + line + "\n" }
        // What a longer table left below.
        text += "\u{1B}[J"
        FileHandle.standardError.write(Data(text.utf8))
    }

    private func screen() -> (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 100) }
        return (Int(size.ws_row), Int(size.ws_col))
    }
}
