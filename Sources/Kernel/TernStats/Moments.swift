/// Mean, variance and range in one pass, without the cancellation of a sum of squares.
///
/// Welford 1962; the merge is Chan, Golub and LeVeque 1979: `M2 = M2a + M2b + δ²·na·nb/n`, `δ = mean_b - mean_a`.
package struct Moments: Hashable, Sendable, Codable {
    package private(set) var count = 0
    private var average = 0.0
    private var squares = 0.0
    private var low = 0.0
    private var high = 0.0

    package init() {}

    package init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    package var mean: Double? { count == 0 ? nil : average }
    /// Divided by n.
    package var variance: Double? { count == 0 ? nil : max(0, squares / Double(count)) }
    package var minimum: Double? { count == 0 ? nil : low }
    package var maximum: Double? { count == 0 ? nil : high }

    /// Values that are not finite are left out: count them before.
    package mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        low = count == 0 ? value : min(low, value)
        high = count == 0 ? value : max(high, value)
        count += 1
        let delta = value - average
        average += delta / Double(count)
        squares += delta * (value - average)
    }

    package mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = Double(count + other.count)
        let delta = other.average - average
        squares += other.squares + delta * delta * Double(count) * Double(other.count) / total
        average += delta * Double(other.count) / total
        low = min(low, other.low)
        high = max(high, other.high)
        count += other.count
    }
}
