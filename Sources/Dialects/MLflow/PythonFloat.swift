/// Numbers written as text, by the grammar of Python's `float()`, which decides what MLflow takes.
///
/// Source: https://docs.python.org/3/library/functions.html#float. Digits other than 0 to 9, which Python takes as well, are refused.
enum PythonFloat {
    /// Nil for what is no number; infinite for one that is too large for a double.
    static func value(of text: String) -> Double? {
        let word = text.drop(while: \.isWhitespace)
        let trimmed = word.prefix(word.count - word.reversed().prefix(while: \.isWhitespace).count)
        let isNegative = trimmed.first == "-"
        let body = isNegative || trimmed.first == "+" ? trimmed.dropFirst() : trimmed
        let magnitude: Double? =
            switch body.lowercased() {
            case "inf", "infinity": .infinity
            case "nan": .nan
            default: isDecimal(body) ? Double(body.filter { $0 != "_" }) : nil
            }
        return magnitude.map { isNegative ? -$0 : $0 }
    }

    /// Digits with at most one dot among or beside them, and an exponent if there is one.
    private static func isDecimal(_ text: Substring) -> Bool {
        var rest = text
        if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            var exponent = rest[rest.index(after: mark)...]
            if exponent.first == "-" || exponent.first == "+" { exponent = exponent.dropFirst() }
            guard isDigits(exponent) else { return false }
            rest = rest[..<mark]
        }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return isDigits(rest) }
        return parts.contains { !$0.isEmpty } && parts.allSatisfy { $0.isEmpty || isDigits($0) }
    }

    /// Underscores may stand between digits, one at a time.
    private static func isDigits(_ text: Substring) -> Bool {
        text.split(separator: "_", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }
}
