import Foundation

/// Numbers as they stand in sentences.
enum Figure {
    /// At most four decimals, none that say nothing: `0.55`, `0.8123`.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value > 0 ? "infinite" : "minus infinite" }
        guard abs(value) < 1e12 else { return value.description }
        return trimmed(String(format: "%.4f", value))
    }

    /// A share as a percentage with at most two decimals: `5 %`.
    static func percent(_ share: Double) -> String {
        guard share.isFinite, abs(share) < 1e10 else { return plain(share) }
        return trimmed(String(format: "%.2f", share * 100)) + " %"
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.hasSuffix("0") { text = text.dropLast() }
        if text.hasSuffix(".") { text = text.dropLast() }
        return text == "-0" ? "0" : String(text)
    }
}
