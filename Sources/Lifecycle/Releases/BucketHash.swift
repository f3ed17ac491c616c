/// Where a key falls in [0, 1): always the same place for the same seed, spread evenly over keys.
///
/// FNV-1a, 32 bits, twice: GrowthBook's hash version 2 (version 1 is biased). A variant owns a range that starts at 0,
/// so a growing share only adds keys.
package enum BucketHash {
    package static func bucket(seed: String, key: String) -> Double {
        let inner = fnv1a(key.utf8, continuing: fnv1a(seed.utf8))
        let outer = fnv1a(String(inner).utf8)
        return Double(outer % 10_000) / 10_000
    }

    static func fnv1a(_ bytes: some Sequence<UInt8>, continuing state: UInt32 = 0x811C_9DC5) -> UInt32 {
        var hash = state
        for byte in bytes {
            hash ^= UInt32(byte)
            hash = hash &* 0x0100_0193
        }
        return hash
    }
}
