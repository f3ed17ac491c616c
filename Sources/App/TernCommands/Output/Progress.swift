import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A bar on standard error at a terminal; a line every tenth elsewhere.
package struct Progress {
    private let title: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastTenth = -1
    private var lastDrawn = Date.distantPast

    package init(_ title: String) { self.title = title }

    /// - Parameter share: how much is done, 0 to 1.
    package mutating func show(_ share: Double, _ detail: String = "") {
        let share = min(1, max(0, share.isFinite ? share : 0))
        if isTerminal {
            guard Date().timeIntervalSince(lastDrawn) > 0.08 || share == 1 else { return }
            lastDrawn = Date()
            let filled = Int(share * 30)
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
            write("\r\u{1B}[2K\(title) \(bar) \(Int(share * 100)) %  \(detail)")
        } else if Int(share * 10) != lastTenth {
            lastTenth = Int(share * 10)
            write("\(title) \(Int(share * 100)) %  \(detail)\n")
        }
    }

    package func end() { if isTerminal { write("\r\u{1B}[2K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
