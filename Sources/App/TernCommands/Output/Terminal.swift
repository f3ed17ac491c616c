import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a command prints: tables and colour at a terminal, plain tab-separated text elsewhere.
package struct Terminal: Sendable {
    package let isTerminal: Bool
    package let hasColor: Bool

    package static let standard: Terminal = {
        let environment = ProcessInfo.processInfo.environment
        let terminal = isatty(STDOUT_FILENO) == 1
        let color = environment["CLICOLOR_FORCE"] == "1" || (terminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb")
        return Terminal(isTerminal: terminal, hasColor: color)
    }()

    package enum Style: String, Sendable {
        case bold = "1"
        case faint = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
    }

    package func styled(_ text: String, _ style: Style) -> String { hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text }

    package func line(_ text: String = "") { print(text) }

    package func heading(_ text: String) { print(styled(text, .bold)) }

    /// A row of names and values, aligned.
    package func facts(_ facts: [(String, String?)]) {
        let shown = facts.compactMap { name, value in value.map { (name, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        for (name, value) in shown {
            let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() {
                let label = index == 0 ? name : ""
                print(styled(label.padding(toLength: width, withPad: " ", startingAt: 0), .faint) + "  " + line)
            }
        }
    }

    /// A table with a header; tab-separated without one when the output is not a terminal.
    package func table(_ header: [String], _ rows: [[String]]) {
        guard isTerminal else {
            for row in rows { print(row.map { $0.replacingOccurrences(of: "\t", with: " ") }.joined(separator: "\t")) }
            return
        }
        if rows.isEmpty {
            print(styled("none", .faint))
            return
        }
        let widths = header.indices.map { column in
            ([header[column]] + rows.map { $0.indices.contains(column) ? $0[column] : "" }).map(\.count).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { index, cell in
                index == cells.count - 1
                    ? cell : cell.padding(toLength: widths.indices.contains(index) ? widths[index] : cell.count, withPad: " ", startingAt: 0)
            }.joined(separator: "  ")
        }
        print(styled(line(header.map { $0.uppercased() }), .faint))
        for row in rows { print(line(row)) }
    }

    /// Says what went wrong, on standard error.
    package static func complain(_ error: TernError) {
        let color = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        var text = (color ? "\u{1B}[31merror:\u{1B}[0m " : "error: ") + error.message + "\n"
        if let hint = error.hint { text += (color ? "\u{1B}[2m  hint:\u{1B}[0m " : "  hint: ") + hint + "\n" }
        FileHandle.standardError.write(Data(text.utf8))
    }

    /// A note on standard error: what is being done.
    package static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
