import Foundation

/// How much neighbouring rows of a column repeat one another, per block length: `deff(m) = m · Var(block mean) / Var(value)`, 1 when rows are
/// independent. A block of m rows tells as much as m / deff(m) independent ones (Kish's design effect; the estimate is that of batch means,
/// Flegal and Jones 2010). Seasonal and slowly moving series have a deff of tens: tests that ignore it cry wolf every week.
struct RowDependence: Hashable, Sendable, Codable {
    static let shortest = 8
    private static let fewestBlocks = 12

    /// For blocks of 8, 16, 32, … rows. Empty when there were too few rows: then rows count as independent.
    private(set) var effects: [Double] = []
    private(set) var rows = 0

    init() {}

    /// - Parameter series: scores in row order, one array for each indicator; the effects are pooled over them by variance.
    init(_ series: [[Double]]) {
        rows = series.first?.count ?? 0
        var length = RowDependence.shortest
        while rows / length >= RowDependence.fewestBlocks {
            var between = 0.0
            var within = 0.0
            for values in series {
                within += Moments(values).variance ?? 0
                between += RowDependence.blockMeans(values, length).sampleVariance ?? 0
            }
            guard within > 0 else { return }
            let effect = Double(length) * between / within
            // What chance makes of independent rows is not dependence: Var(chi²/df) = 2/df, two standard deviations of it.
            let noise = 1 + 2 * (2 / Double(rows / length - 1)).squareRoot()
            effects.append(effect <= noise ? 1 : effect)
            length *= 2
        }
    }

    private static func blockMeans(_ values: [Double], _ length: Int) -> Moments {
        var means = Moments()
        for start in stride(from: 0, to: values.count - length + 1, by: length) {
            means.add(values[start..<start + length].reduce(0, +) / Double(length))
        }
        return means
    }

    /// How many independent rows `rows` rows in a row are worth.
    func effective(_ rows: Double) -> Double {
        guard let first = effects.first, let last = effects.last, rows > 0 else { return rows }
        let position = log2(rows / Double(RowDependence.shortest))
        guard position > 0 else { return rows / min(first, max(1, rows)) }
        let below = Int(position)
        guard below + 1 < effects.count else { return rows / last }
        let share = position - Double(below)
        return rows / exp(log(effects[below]) * (1 - share) + log(effects[below + 1]) * share)
    }

    /// The mean of both by rows, over the lengths that both know; one that knows nothing leaves the other as it is.
    mutating func merge(_ other: RowDependence) {
        if other.effects.isEmpty { return }
        if effects.isEmpty {
            self = other
            return
        }
        let total = Double(rows + other.rows)
        effects = zip(effects, other.effects).map { ($0 * Double(rows) + $1 * Double(other.rows)) / total }
        rows += other.rows
    }
}
