/// Counts durations in buckets of at most 6 % width, from a microsecond to an hour.
package struct LatencyHistogram: Sendable, Hashable {
    private static let steps = 16
    private static let octaves = 32
    private var buckets: [UInt64]
    package private(set) var count: UInt64 = 0
    package private(set) var sumMicroseconds: UInt64 = 0

    package init() { buckets = Array(repeating: 0, count: LatencyHistogram.octaves * LatencyHistogram.steps) }

    package mutating func add(microseconds: Int64) {
        let value = UInt64(max(0, microseconds))
        buckets[LatencyHistogram.bucket(of: value)] += 1
        count += 1
        sumMicroseconds = sumMicroseconds.addingReportingOverflow(value).partialValue
    }

    /// The duration that this share of all stays below, as the upper bound of its bucket; nil without any.
    package func quantile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            if seen >= rank { return Int64(LatencyHistogram.upperBound(of: index)) }
        }
        return nil
    }

    /// How many took at most this long, to a bucket's width.
    package func count(upTo microseconds: UInt64) -> UInt64 {
        buckets.enumerated().reduce(0) { sum, bucket in
            LatencyHistogram.upperBound(of: bucket.offset) <= microseconds ? sum + bucket.element : sum
        }
    }

    // Below 16 each value has a bucket; above, each power of two is cut into 16.
    private static func bucket(of value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(exponent - 4)) - steps
        return min((exponent - 3) * steps + step, octaves * steps - 1)
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= steps else { return UInt64(bucket) }
        let exponent = bucket / steps + 3
        return (UInt64(steps + bucket % steps + 1) << UInt64(exponent - 4)) - 1
    }
}
