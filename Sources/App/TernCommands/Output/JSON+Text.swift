import TernKernel

extension JSON {
    /// This value for a table cell: text as it is, numbers short, nothing as a dash.
    var cell: String {
        switch self {
        case .null: "-"
        case .string(let value): value
        case .double(let value): JSON.short(value)
        default: description
        }
    }

    func cell(_ key: String) -> String { self[key]?.cell ?? "-" }

    /// At most four significant digits after the point.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return value.description }
        let rounded = (value * 10_000).rounded() / 10_000
        return rounded == rounded.rounded() && abs(rounded) < 1e12 ? String(Int64(rounded)) : String(rounded)
    }

    /// A share as per cent.
    static func percent(_ value: Double?) -> String { value.map { short($0 * 100) + " %" } ?? "-" }
}
