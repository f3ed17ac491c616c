/// A length of time as people write it: `250ms`, `30s`, `10m`, `2h`, `7d`, `1w`, or several together, `1d12h`.
package struct Period: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func seconds(_ value: Double) -> Period { Period(milliseconds: Int64((value * 1000).rounded())) }
    package static func minutes(_ value: Int64) -> Period { Period(milliseconds: value * 60_000) }
    package static func hours(_ value: Int64) -> Period { Period(milliseconds: value * 3_600_000) }
    package static func days(_ value: Int64) -> Period { Period(milliseconds: value * 86_400_000) }
    package static let zero = Period(milliseconds: 0)

    package var seconds: Double { Double(milliseconds) / 1000 }
    package var duration: Duration { .milliseconds(milliseconds) }

    package static func < (left: Period, right: Period) -> Bool { left.milliseconds < right.milliseconds }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads `10m`; nil when it is not a period, is negative, or does not fit.
    package init?(_ text: some StringProtocol) {
        var total: Int64 = 0
        var rest = Substring(text.filter { $0 != " " })
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let scale = Period.units.first(where: { $0.name == unit }) else { return nil }
            let milliseconds = (value * Double(scale.milliseconds)).rounded()
            guard milliseconds >= 0, milliseconds < 9e18 else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(Int64(milliseconds))
            guard !overflow else { return nil }
            total = sum
        }
        self.init(milliseconds: total)
    }
}

extension Period: CustomStringConvertible {
    package var description: String {
        if milliseconds < 0 { return "-" + Period(milliseconds: milliseconds == .min ? .max : -milliseconds).description }
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds
        var text = ""
        for unit in Period.units where rest >= unit.milliseconds && unit.name != "w" {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

extension Period: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Period(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a length of time such as 10m, 2h or 7d")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
