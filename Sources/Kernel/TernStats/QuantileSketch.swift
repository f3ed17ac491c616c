/// Quantiles of a stream in at most 2000 values, mergeable, without chance: the same values in the same order give the same sketch.
///
/// The compactors of KLL (Karnin, Lang, Liberty, FOCS 2016): level i holds values that stand for 2^i each; a full level is sorted and every other
/// value moves up. Where KLL flips a coin for which half moves, this alternates. Up to 2000 values nothing is thrown away. The rank error is about
/// 0.3 % of the rows for a stream, and 0.05 % for an array given whole.
package struct QuantileSketch: Hashable, Sendable, Codable {
    package static let limit = 2000
    private static let largest = 660.0

    private var levels: [[Double]] = [[]]
    private var odd: [Bool] = [false]

    package init() {}

    /// A sketch of all `values` at once: they are sorted and cut into groups of 2^h, and the middle of each group is kept.
    package init(_ values: [Double]) {
        guard values.count > QuantileSketch.limit else {
            levels = [values]
            return
        }
        let sorted = values.sorted()
        var height = 0
        while sorted.count >> height > QuantileSketch.limit - 2 * (height + 1) { height += 1 }
        levels = Array(repeating: [], count: height + 1)
        odd = Array(repeating: false, count: height + 1)
        let width = 1 << height
        let whole = (sorted.count >> height) << height
        for start in stride(from: 0, to: whole, by: width) { levels[height].append(sorted[start + width / 2]) }
        var start = whole
        for level in stride(from: height - 1, through: 0, by: -1) where (sorted.count >> level) & 1 == 1 {
            levels[level].append(sorted[start + (1 << level) / 2])
            start += 1 << level
        }
    }

    private var held: Int { levels.reduce(0) { $0 + $1.count } }

    package mutating func add(_ value: Double) {
        levels[0].append(value)
        if levels[0].count > 64 || levels.count == 1 { shrink() }
    }

    package mutating func merge(_ other: QuantileSketch) {
        for (level, values) in other.levels.enumerated() {
            if level == levels.count {
                levels.append([])
                odd.append(false)
            }
            levels[level] += values
        }
        shrink()
    }

    private mutating func shrink() {
        while held > QuantileSketch.limit {
            let top = levels.count - 1
            // Higher levels may hold more: their values stand for more rows.
            let full = levels.indices.first { level in
                var capacity = QuantileSketch.largest
                for _ in level..<top { capacity *= 2.0 / 3.0 }
                return Double(levels[level].count) > max(8, capacity)
            }
            guard let full else { return }
            compact(full)
        }
    }

    private mutating func compact(_ level: Int) {
        if level + 1 == levels.count {
            levels.append([])
            odd.append(false)
        }
        var values = levels[level].sorted()
        levels[level] = []
        // An odd value stays behind, so that weights add up to the number of rows.
        if values.count % 2 == 1 { levels[level].append(odd[level] ? values.removeLast() : values.removeFirst()) }
        for index in stride(from: odd[level] ? 1 : 0, to: values.count, by: 2) { levels[level + 1].append(values[index]) }
        odd[level].toggle()
    }

    package var weighted: WeightedSample {
        var pairs: [(value: Double, weight: Double)] = []
        pairs.reserveCapacity(held)
        for (level, values) in levels.enumerated() {
            for value in values { pairs.append((value, Double(1 << level))) }
        }
        return WeightedSample(pairs)
    }

    /// At most 2000 values in ascending order, evenly picked by rank.
    package var sample: [Double] {
        guard levels.count > 1 else { return levels[0].sorted() }
        return weighted.evenly(QuantileSketch.limit)
    }

    /// Linear between neighbouring values when exact (numpy's default), else the value at that rank; nil when empty.
    package func quantile(_ q: Double) -> Double? {
        levels.count == 1 ? Percentile.linear(ofSorted: levels[0].sorted(), q) : weighted.quantile(q)
    }
}
