/// How many different values there were, in bounded space and mergeable: the 256 smallest hashes are kept ("k minimum values",
/// Bar-Yossef et al. 2002). With fewer than 256 the count is exact; else it is `(k - 1) / h`, h the largest kept hash as a share of the range,
/// with a standard error of `1 / sqrt(k - 2)`, 6 %.
struct DistinctCounter: Hashable, Sendable, Codable {
    static let size = 256
    /// Ascending; 53 bits, so that they pass through JSON unharmed.
    private var hashes: [Int64] = []

    mutating func add(_ text: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        insert(hash)
    }

    mutating func add(_ number: Double) { insert((number == 0 ? 0 : number).bitPattern) }

    mutating func merge(_ other: DistinctCounter) {
        for hash in other.hashes { keep(hash) }
    }

    var estimate: Int {
        guard hashes.count == DistinctCounter.size, let last = hashes.last else { return hashes.count }
        return max(DistinctCounter.size, Int((Double(DistinctCounter.size - 1) / (Double(last) + 1) * 0x1p53).rounded()))
    }

    /// SplitMix64's finaliser spreads neighbouring keys over the whole range.
    private mutating func insert(_ key: UInt64) {
        var hash = key &+ 0x9e37_79b9_7f4a_7c15
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        keep(Int64((hash ^ (hash >> 31)) >> 11))
    }

    private mutating func keep(_ hash: Int64) {
        if hashes.count == DistinctCounter.size, let last = hashes.last, hash >= last { return }
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        if low < hashes.count, hashes[low] == hash { return }
        hashes.insert(hash, at: low)
        if hashes.count > DistinctCounter.size { hashes.removeLast() }
    }
}
