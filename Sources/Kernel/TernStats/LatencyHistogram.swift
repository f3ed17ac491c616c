import Foundation

/// Counts of durations in buckets that grow by about 3 %, mergeable: any quantile within 1.6 % in a few kilobytes.
///
/// Each doubling of the microseconds is cut into 32 equal parts (as HdrHistogram does); below 32 µs every microsecond has its own bucket.
package struct LatencyHistogram: Hashable, Sendable, Codable {
    private static let parts = 32
    private static let doublings = 40

    /// Only up to the highest bucket that was ever needed.
    private var buckets: [Int] = []
    package private(set) var count = 0
    /// In microseconds.
    package private(set) var sum = 0.0
    package private(set) var maximum: Int64 = 0

    package init() {}

    /// Negative durations (a clock that was set back) count as 0.
    package mutating func add(microseconds: Int64) {
        let value = max(0, microseconds)
        let bucket = LatencyHistogram.bucket(of: value)
        if bucket >= buckets.count { buckets += Array(repeating: 0, count: bucket + 1 - buckets.count) }
        buckets[bucket] += 1
        count += 1
        sum += Double(value)
        maximum = max(maximum, value)
    }

    package mutating func merge(_ other: LatencyHistogram) {
        if other.buckets.count > buckets.count { buckets += Array(repeating: 0, count: other.buckets.count - buckets.count) }
        for (index, count) in other.buckets.enumerated() { buckets[index] += count }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    /// In microseconds; nil when empty.
    package var mean: Double? { count == 0 ? nil : sum / Double(count) }

    /// The duration in microseconds that the share `q` does not exceed (nearest rank, the middle of its bucket, never above the maximum).
    package func quantile(_ q: Double) -> Double? {
        guard count > 0, q >= 0, q <= 1 else { return nil }
        let rank = max(1, Int((q * Double(count)).rounded(.up)))
        var seen = 0
        for (index, count) in buckets.enumerated() {
            seen += count
            if seen >= rank { return min(LatencyHistogram.middle(of: index), Double(maximum)) }
        }
        return Double(maximum)
    }

    package var p50: Double? { quantile(0.5) }
    package var p99: Double? { quantile(0.99) }

    /// How many durations were at most `microseconds`, for cumulative buckets; exact at bucket edges.
    package func count(atMost microseconds: Int64) -> Int {
        guard microseconds >= 0 else { return 0 }
        return buckets.prefix(LatencyHistogram.bucket(of: microseconds) + 1).reduce(0, +)
    }

    private static func bucket(of value: Int64) -> Int {
        let value = min(value, (1 << (Int64(doublings) + 4)) - 1)
        guard value >= Int64(parts) else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - 5
        return (shift + 1) * parts + Int(value >> Int64(shift)) - parts
    }

    private static func middle(of bucket: Int) -> Double {
        guard bucket >= parts else { return Double(bucket) }
        let shift = bucket / parts - 1
        let low = Int64(bucket % parts + parts) << Int64(shift)
        return Double(low) + Double((Int64(1) << Int64(shift)) - 1) / 2
    }
}
