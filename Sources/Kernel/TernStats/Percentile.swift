/// Percentiles of values that are all at hand.
package enum Percentile {
    /// Linear between the two nearest ranks (numpy's default, type 7). `q` is 0…1. Nil when there is nothing, or when `q` is outside.
    package static func linear(_ values: [Double], _ q: Double) -> Double? { linear(ofSorted: values.sorted(), q) }

    package static func linear(ofSorted values: [Double], _ q: Double) -> Double? {
        guard !values.isEmpty, q >= 0, q <= 1 else { return nil }
        let position = q * Double(values.count - 1)
        let below = Int(position)
        guard below + 1 < values.count else { return values[values.count - 1] }
        return values[below] + (values[below + 1] - values[below]) * (position - Double(below))
    }

    /// The smallest value that at least the share `q` does not exceed (nearest rank): always one of the values.
    package static func nearest(ofSorted values: [Double], _ q: Double) -> Double? {
        guard !values.isEmpty, q >= 0, q <= 1 else { return nil }
        let rank = Int((q * Double(values.count)).rounded(.up))
        return values[min(max(rank, 1), values.count) - 1]
    }
}
