/// Values in ascending order, each standing for a number of rows: an empirical distribution.
package struct WeightedSample: Hashable, Sendable {
    package private(set) var values: [Double] = []
    package private(set) var weights: [Double] = []
    package private(set) var total = 0.0

    package init() {}

    /// Equal values are put together.
    package init(_ pairs: [(value: Double, weight: Double)]) {
        for pair in pairs.sorted(by: { $0.value < $1.value }) {
            if let last = values.last, last == pair.value {
                weights[weights.count - 1] += pair.weight
            } else {
                values.append(pair.value)
                weights.append(pair.weight)
            }
            total += pair.weight
        }
    }

    package init(_ values: [Double]) { self.init(values.map { ($0, 1) }) }

    /// The smallest value that at least the share `q` of the rows does not exceed.
    package func quantile(_ q: Double) -> Double? {
        guard !values.isEmpty, q >= 0, q <= 1 else { return nil }
        var sum = 0.0
        for (value, weight) in zip(values, weights) {
            sum += weight
            if sum >= q * total { return value }
        }
        return values.last
    }

    /// `count` values at the middles of equal shares of the rows.
    package func evenly(_ count: Int) -> [Double] {
        guard !values.isEmpty, count > 0 else { return [] }
        var picked: [Double] = []
        picked.reserveCapacity(count)
        var index = 0
        var sum = weights[0]
        for step in 0..<count {
            let rank = (Double(step) + 0.5) / Double(count) * total
            while sum < rank, index + 1 < values.count {
                index += 1
                sum += weights[index]
            }
            picked.append(values[index])
        }
        return picked
    }

    /// Rows between neighbouring `edges`: half-open bins, the last one closed. What lies outside is not counted.
    package func counts(between edges: [Double]) -> [Double] {
        guard edges.count > 1, let first = edges.first, let last = edges.last else { return [] }
        var counts = Array(repeating: 0.0, count: edges.count - 1)
        var bin = 0
        for (value, weight) in zip(values, weights) where value >= first && value <= last {
            while bin + 1 < counts.count, value >= edges[bin + 1] { bin += 1 }
            counts[bin] += weight
        }
        return counts
    }
}
