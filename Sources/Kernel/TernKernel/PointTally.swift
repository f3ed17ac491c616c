/// How many metric points there are, and a hash of all of them that does not depend on their order: two stores that hold the same points have
/// the same tally, whatever way each of them reads.
///
/// The hash is the sum of a 64-bit hash of each point (SplitMix64's finaliser over key, timestamp, step and value). It finds accidents, not
/// forgery. Values count as MLflow stores them: NaN by a flag, the infinities as the greatest finite numbers, minus zero as zero.
package struct PointTally: Hashable, Sendable {
    package private(set) var count: Int64 = 0
    private var sum: UInt64 = 0

    package init() {}

    /// - Parameter key: `PointTally.hash(key)`, computed once for a series.
    package mutating func add(_ key: UInt64, timestamp: Int64, step: Int64, value: Double) {
        count &+= 1
        sum &+= PointTally.hash(key, timestamp: timestamp, step: step, value: value)
    }

    package static func hash(_ key: UInt64, timestamp: Int64, step: Int64, value: Double) -> UInt64 {
        var hash = mix(key ^ UInt64(bitPattern: timestamp))
        hash = mix(hash ^ UInt64(bitPattern: step))
        return mix(hash ^ stored(value).bitPattern ^ (value.isNaN ? 0xA5A5_A5A5_A5A5_A5A5 : 0))
    }

    /// FNV-1a over the key's UTF-8.
    package static func hash(_ key: String) -> UInt64 {
        mix(key.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    private static func stored(_ value: Double) -> Double {
        if value.isNaN || value == 0 { return 0 }
        return value.isInfinite ? (value > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude) : value
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Sixteen hexadecimal digits.
    package var hash: String { Identifier.hex(sum) }
}
