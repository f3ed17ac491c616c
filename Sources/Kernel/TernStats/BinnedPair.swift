import Foundation

/// Two distributions over the same bins, and the distances between them. In all of them p is the reference and q the current side.
package struct BinnedPair: Hashable, Sendable {
    package var reference: [Double]
    package var current: [Double]

    /// Rows per bin on either side.
    package init(reference: [Double], current: [Double]) {
        self.reference = reference
        self.current = current
    }

    /// Evidently's binning: a numeric reference with more than 20 distinct values gets Sturges' equal-width bins over both sides, else each value of
    /// both sides is a bin. Values that are not finite are left out.
    package init(_ reference: [Double], _ current: [Double]) {
        let first = WeightedSample(reference.filter(\.isFinite))
        let second = WeightedSample(current.filter(\.isFinite))
        if first.values.count > 20 {
            let edges = BinnedPair.sturges(first, second, count: first.total + second.total)
            self.init(reference: first.counts(between: edges), current: second.counts(between: edges))
        } else {
            self.init(Dictionary(zip(first.values, first.weights)) { $1 }, Dictionary(zip(second.values, second.weights)) { $1 })
        }
    }

    /// One bin a value, in ascending order.
    package init<Value: Hashable & Comparable>(_ reference: [Value: Double], _ current: [Value: Double]) {
        let keys = Set(reference.keys).union(current.keys).sorted()
        self.init(reference: keys.map { reference[$0] ?? 0 }, current: keys.map { current[$0] ?? 0 })
    }

    package init(_ reference: [String], _ current: [String]) {
        self.init(
            Dictionary(reference.map { ($0, 1.0) }, uniquingKeysWith: +), Dictionary(current.map { ($0, 1.0) }, uniquingKeysWith: +))
    }

    /// `ceil(range / w)` bins of equal width, `w = range / (log2 n + 1)` (Sturges 1926, as numpy rounds it).
    static func sturges(_ first: WeightedSample, _ second: WeightedSample, count: Double) -> [Double] {
        let low = min(first.values.first ?? .infinity, second.values.first ?? .infinity)
        let high = max(first.values.last ?? -.infinity, second.values.last ?? -.infinity)
        guard low <= high else { return [] }
        guard low < high, count >= 1 else { return [low - 0.5, low + 0.5] }
        let width = (high - low) / (log2(count) + 1)
        let bins = max(1, Int(((high - low) / width).rounded(.up)))
        let step = (high - low) / Double(bins)
        return (0..<bins).map { low + Double($0) * step } + [high]
    }

    /// Both as shares; nil when a side has no rows.
    private var shares: (p: [Double], q: [Double])? {
        let n = reference.reduce(0, +)
        let m = current.reduce(0, +)
        return n > 0 && m > 0 ? (reference.map { $0 / n }, current.map { $0 / m }) : nil
    }

    /// Evidently's: a zero share becomes 0.0001, or a millionth of the smallest other share when that is no larger than 0.0001.
    private static func filled(_ shares: [Double]) -> [Double] {
        let smallest = shares.filter { $0 > 0 }.min() ?? 0
        let filler = smallest <= 1e-4 ? smallest / 1e6 : 1e-4
        return shares.map { $0 == 0 ? filler : $0 }
    }

    /// The population stability index, `Σ (p - q) ln(p / q)`, empty bins filled (see `filled`).
    package var stabilityIndex: Double? {
        shares.map { zip(BinnedPair.filled($0.p), BinnedPair.filled($0.q)).reduce(0) { $0 + ($1.0 - $1.1) * log($1.0 / $1.1) } }
    }

    /// Kullback-Leibler divergence `Σ p ln(p / q)`, empty bins filled and both brought back to a sum of 1.
    package var divergence: Double? {
        shares.map { pair in
            let p = BinnedPair.filled(pair.p)
            let q = BinnedPair.filled(pair.q)
            let n = p.reduce(0, +)
            let m = q.reduce(0, +)
            return zip(p, q).reduce(0) { $0 + $1.0 / n * log($1.0 / n / ($1.1 / m)) }
        }
    }

    /// Jensen-Shannon distance: the square root of `(KL(p‖a) + KL(q‖a)) / 2`, a = (p + q)/2, in nats.
    package var jensenShannon: Double? {
        shares.map { pair in
            var sum = 0.0
            for (p, q) in zip(pair.p, pair.q) {
                let average = (p + q) / 2
                if p > 0 { sum += p * log(p / average) }
                if q > 0 { sum += q * log(q / average) }
            }
            return max(0, sum / 2).squareRoot()
        }
    }

    /// `sqrt(1 - Σ sqrt(p q))`.
    package var hellinger: Double? {
        shares.map { pair in
            let overlap = zip(pair.p, pair.q).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
            return (1 - min(1, overlap)).squareRoot()
        }
    }

    /// Pearson's chi-square of the current counts against the reference's proportions, df = bins - 1, as Evidently computes it: the reference
    /// counts as known, and a bin that it lacks gives p = 0. Nil when a side is empty.
    package var goodnessOfFit: TestResult? {
        let n = reference.reduce(0, +)
        let m = current.reduce(0, +)
        guard n > 0, m > 0 else { return nil }
        var sum = 0.0
        for (r, c) in zip(reference, current) {
            let expected = r * m / n
            if expected > 0 { sum += (c - expected) * (c - expected) / expected } else if c > 0 { sum = .infinity }
        }
        guard reference.count > 1 else { return TestResult(statistic: 0, pValue: 1) }
        return TestResult(statistic: sum, pValue: sum.isInfinite ? 0 : ChiSquare.sf(sum, Double(reference.count - 1)))
    }

    /// `Σ (p - q)² / ((p + q) / 2)`, the symmetric chi-square (twice Topsøe's triangular discrimination): 0…4, free of the numbers of
    /// rows. Its root is an effect size, and times `N = nm / (n + m)` it is chi-square with bins - 1 degrees when both sides are alike.
    package var symmetricChiSquare: Double? {
        shares.map { zip($0.p, $0.q).reduce(0) { $1.0 + $1.1 > 0 ? $0 + 2 * ($1.0 - $1.1) * ($1.0 - $1.1) / ($1.0 + $1.1) : $0 } }
    }

    /// The pooled z-test on the share of everything but the first bin. Nil when a side is empty.
    package var proportions: TestResult? {
        let n = Int(reference.reduce(0, +))
        let m = Int(current.reduce(0, +))
        return Proportions.twoSided(
            successesA: n - Int(reference.first ?? 0), trialsA: n, successesB: m - Int(current.first ?? 0), trialsB: m)
    }
}
