import Foundation
import TernKernel
import TernStats

/// How numbers and windows are written in messages for people.
enum Spelling {
    /// Three significant digits: `0.0035`, `3.2`, `1240`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        if value == 0 { return "0" }
        let magnitude = abs(value)
        if magnitude >= 1e6 || magnitude < 1e-4 { return String(format: "%.2e", value) }
        let digits = max(0, 2 - Int(log10(magnitude).rounded(.down)))
        let text = String(format: "%.\(digits)f", value)
        guard text.contains(".") else { return text }
        let trimmed = text.reversed().drop { $0 == "0" }
        return String((trimmed.first == "." ? trimmed.dropFirst() : trimmed).reversed())
    }

    /// `12.5%`
    static func share(_ value: Double) -> String { number(value * 100) + "%" }

    static func method(_ name: String) -> String { ["psi", "ks", "z"].contains(name) ? name.uppercased() : name }

    /// `1997-05-02…1997-05-09`, with the time of day where a window does not begin or end at midnight.
    static func window(_ from: Timestamp, _ to: Timestamp) -> String {
        let day: Int64 = 86_400_000
        let wholeDays = from.milliseconds % day == 0 && to.milliseconds % day == 0
        return wholeDays ? "\(from.description.prefix(10))…\(to.description.prefix(10))" : "\(from)…\(to)"
    }

    /// The two largest units: `1h12m`.
    static func period(_ value: Period) -> String {
        let unit: Int64 = value >= .days(1) ? 3_600_000 : value >= .hours(1) ? 60_000 : 1000
        return Period(milliseconds: value.milliseconds / unit * unit).description
    }
}

extension ColumnProfile {
    /// The numbers that tell people what a column looks like.
    var summary: JSON {
        var fields: [String: JSON] = ["rows": .int(Int64(count)), "missing": .int(Int64(missing))]
        switch kind {
        case .numeric:
            fields["mean"] = mean.map(JSON.double)
            fields["sd"] = standardDeviation.map(JSON.double)
            fields["min"] = minimum.map(JSON.double)
            fields["max"] = maximum.map(JSON.double)
            fields["median"] = quantile(0.5).map(JSON.double)
        case .categorical:
            let shares = top.prefix(5).map { ($0.value, JSON.double(Double($0.count) / Double(max(1, used)))) }
            fields["shares"] = .object(Dictionary(shares, uniquingKeysWith: { first, _ in first }))
        }
        return .object(fields)
    }
}
