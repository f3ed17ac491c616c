import Foundation
import TernKernel

/// Numbers as pages show them: short, and the same everywhere.
enum Figures {
    /// `8,640`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "−" + text : text
    }

    /// Four digits that say something: `0.7123`, `12.34`, `1.2e-05`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "−∞" }
        let size = abs(value)
        if size != 0, size < 1e-4 || size >= 1e9 { return String(format: "%.3g", value) }
        if value == value.rounded(), size < 1e9 { return count(Int64(value)) }
        let decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4
        return trimmed(String(format: "%.\(decimals)f", value))
    }

    /// Always three decimals, so that a column of them lines up.
    static func score(_ value: Double) -> String { value.isFinite ? String(format: "%.3f", value) : number(value) }

    /// `25 %`; `0.4 %` where a whole number would hide it.
    static func share(_ value: Double) -> String {
        guard value.isFinite else { return number(value) }
        let percent = value * 100
        let decimals = percent == percent.rounded() ? 0 : abs(percent) < 10 ? 2 : 1
        return trimmed(String(format: "%.\(decimals)f", percent)) + " %"
    }

    static func bytes(_ value: Int64) -> String {
        var size = Double(value)
        for unit in ["B", "kB", "MB", "GB"] {
            if size < 1000 { return (unit == "B" || size >= 100 ? String(format: "%.0f", size) : String(format: "%.1f", size)) + " \(unit)" }
            size /= 1000
        }
        return String(format: "%.1f TB", size)
    }

    /// `0.41 ms`, `12.3 s`, `3 m 05 s`, `2 h 10 m`.
    static func duration(milliseconds: Double) -> String {
        if milliseconds < 0 { return "0 ms" }
        if milliseconds < 10 { return String(format: "%.2f ms", milliseconds) }
        if milliseconds < 1000 { return String(format: "%.0f ms", milliseconds) }
        let seconds = milliseconds / 1000
        if seconds < 60 { return String(format: "%.1f s", seconds) }
        let whole = Int64(min(seconds, 1e15))
        if whole < 3600 { return "\(whole / 60) m \(whole % 60 < 10 ? "0" : "")\(whole % 60) s" }
        if whole < 172_800 { return "\(whole / 3600) h \(whole / 60 % 60 < 10 ? "0" : "")\(whole / 60 % 60) m" }
        return "\(whole / 86_400) d"
    }

    static func duration(_ period: Period) -> String { duration(milliseconds: Double(period.milliseconds)) }
    static func duration(microseconds: Int64) -> String { duration(milliseconds: Double(microseconds) / 1000) }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = Substring(text)
        while text.hasSuffix("0") { text = text.dropLast() }
        if text.hasSuffix(".") { text = text.dropLast() }
        return text == "-0" ? "0" : String(text)
    }
}
