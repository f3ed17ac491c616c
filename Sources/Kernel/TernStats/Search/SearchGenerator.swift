/// Repeatable random numbers (SplitMix64; Steele, Lea and Flood 2014), a stream of its own for each trial of a seed: what a trial draws depends on
/// nothing that was drawn before.
package struct SearchGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: Int64, stream: Int) {
        state = UInt64(bitPattern: seed)
        // The seed goes through the mixer before the stream is added, so that neighbouring seeds and streams do not meet.
        state = next() &+ UInt64(bitPattern: Int64(stream)) &* 0xd134_2543_de82_ef95
        state = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// Between 0 and 1, never either.
    package mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

    package mutating func normal() -> Double { Normal.quantile(uniform()) }
}
