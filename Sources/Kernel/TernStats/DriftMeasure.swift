import Foundation

/// The statistics of a comparison: how large the difference is, how large chance makes it, and how likely.
struct DriftMeasure {
    struct Measured {
        var statistic: Double
        /// What `DriftTest.significance` of windows without drift exceed.
        var critical: Double
        var pValue: Double
    }

    let reference: ColumnProfile
    let current: ColumnProfile
    /// `nm / (n + m)` of the effective rows.
    private let size: Double
    private let degrees: Double

    init(reference: ColumnProfile, current: ColumnProfile) {
        self.reference = reference
        self.current = current
        let n = reference.effectiveRows(reference.used)
        let m = reference.effectiveRows(current.used)
        size = n * m / (n + m)
        degrees = max(1, n + m - 2)
    }

    func numbers(_ method: DriftMethod) -> Measured? {
        let first = reference.weightedSample
        let second = current.weightedSample
        let root = size.squareRoot()
        switch method {
        case .ks:
            // Stephens 1970: brings the limit close for few rows.
            let scale = root + 0.12 + 0.11 / root
            return KolmogorovSmirnov.distance(first, second).map {
                Measured(
                    statistic: $0, critical: Kolmogorov.limitQuantile(DriftTest.significance) / scale, pValue: Kolmogorov.limitSf($0 * scale))
            }
        case .wasserstein:
            // If the distribution functions differ by chance, W1 is at most |Z| ∫ sqrt(F(1-F)) / sqrt(N) in the sense of its quantiles.
            guard let distance = SampleDistance.wasserstein(first, second), let deviation = reference.standardDeviation else { return nil }
            let unit = max(deviation, 0.001)
            let chance = first.spread / root / unit
            return normal(distance / unit, chance)
        case .student:
            guard let a = reference.mean, let b = current.mean, let va = reference.variance, let vb = current.variance else { return nil }
            let n = Double(reference.used)
            let m = Double(current.used)
            let deviation = ((va * n + vb * m) / (n + m - 2)).squareRoot()
            guard deviation > 0 else { return nil }
            let effect = abs(a - b) / deviation
            return Measured(
                statistic: effect, critical: Student.quantile(1 - DriftTest.significance / 2, degrees) / root,
                pValue: min(1, 2 * Student.sf(effect * root, degrees)))
        case .mannWhitney:
            return SampleDistance.mannWhitney(first, second).flatMap {
                normal(abs(2 * $0.statistic / (first.total * second.total) - 1), 1 / (3 * size).squareRoot())
            }
        case .psi, .jensenshannon, .divergence, .hellinger:
            return binned(method, byDeciles(first, second))
        case .chisquare, .z: return nil
        }
    }

    func categories(_ method: DriftMethod) -> Measured? { binned(method, byCategory()) }

    private func normal(_ statistic: Double, _ deviation: Double) -> Measured? {
        guard deviation > 0 else { return nil }
        return Measured(
            statistic: statistic, critical: Normal.upperQuantile(DriftTest.significance / 2) * deviation,
            pValue: min(1, 2 * Normal.sf(statistic / deviation)))
    }

    /// Without drift, chi-square, N·PSI, 2N·KL, 8N·JS² and 8N·H² are all about chi-square with bins - 1 degrees (Lin 1991; Yurdakul 2018).
    private func binned(_ method: DriftMethod, _ bins: BinnedPair) -> Measured? {
        let degrees = Double(bins.reference.count - 1)
        guard degrees > 0 else { return Measured(statistic: 0, critical: 0, pValue: 1) }
        let critical = ChiSquare.upperQuantile(DriftTest.significance, degrees) / size
        /// The effect, and the chi-square of one row that it stands for.
        let found: (effect: Double?, factor: Double, isRoot: Bool) =
            switch method {
            case .psi: (bins.smoothed.stabilityIndex, 1, false)
            case .divergence: (bins.smoothed.divergence, 2, false)
            case .jensenshannon: (bins.jensenShannon, 8, true)
            case .hellinger: (bins.hellinger, 8, true)
            default: (bins.symmetricChiSquare?.squareRoot(), 1, true)
            }
        guard let effect = found.effect else { return nil }
        let perRow = (found.isRoot ? effect * effect : effect) * found.factor
        let limit = critical / found.factor
        return Measured(statistic: effect, critical: found.isRoot ? limit.squareRoot() : limit, pValue: ChiSquare.sf(perRow * size, degrees))
    }

    /// Between the reference's deciles, or fewer quantiles where a bin would hold fewer than ten rows; equal ones fall together.
    private func byDeciles(_ first: WeightedSample, _ second: WeightedSample) -> BinnedPair {
        let bins = max(2, min(10, min(reference.used, current.used) / 10))
        var cuts: [Double] = []
        for step in 1..<bins {
            if let cut = first.quantile(Double(step) / Double(bins)), cut > cuts.last ?? -.infinity { cuts.append(cut) }
        }
        return BinnedPair(reference: first.counts(upTo: cuts), current: second.counts(upTo: cuts))
    }

    /// One bin for each frequent category of the reference and one for all others. A frequent one is expected in at least five current rows, and when
    /// not all categories are counted, is among the fifty most frequent. Others too few for a bin of their own join the last one: chi-square is
    /// wrong for bins that expect less than five rows, and new categories have a rule of their own.
    private func byCategory() -> BinnedPair {
        let counted = reference.exactCounts != nil && current.exactCounts != nil
        let now = Dictionary(current.top.map { ($0.value, $0.count) }, uniquingKeysWith: +)
        var old: [Double] = []
        var new: [Double] = []
        for category in reference.top.prefix(counted ? 100 : 50) {
            let expected = Double(category.count) / Double(reference.used) * Double(current.used)
            guard expected >= 5 else { continue }
            old.append(Double(category.count))
            new.append(Double(now[category.value] ?? 0))
        }
        let oldRest = Double(reference.used) - old.reduce(0, +)
        let newRest = Double(current.used) - new.reduce(0, +)
        if oldRest / Double(reference.used) * Double(current.used) >= 5 || newRest >= 5 || old.isEmpty {
            old.append(oldRest)
            new.append(newRest)
        } else {
            old[old.count - 1] += oldRest
            new[new.count - 1] += newRest
        }
        return BinnedPair(reference: old, current: new)
    }
}

extension BinnedPair {
    /// Half a row more in each bin, so that an empty one gives no infinite logarithm (Jeffreys).
    var smoothed: BinnedPair { BinnedPair(reference: reference.map { $0 + 0.5 }, current: current.map { $0 + 0.5 }) }
}

extension WeightedSample {
    /// The share of rows equal to `value`.
    func share(of value: Double) -> Double {
        guard total > 0, let index = values.firstIndex(of: value) else { return 0 }
        return weights[index] / total
    }

    /// `∫ sqrt(F (1 - F)) dx`.
    var spread: Double {
        var sum = 0.0
        var below = 0.0
        for index in values.indices.dropLast() {
            below += weights[index] / total
            sum += max(0, below * (1 - below)).squareRoot() * (values[index + 1] - values[index])
        }
        return sum
    }

    /// Rows up to each cut (inclusive), and above the last.
    func counts(upTo cuts: [Double]) -> [Double] {
        var counts = Array(repeating: 0.0, count: cuts.count + 1)
        var bin = 0
        for (value, weight) in zip(values, weights) {
            while bin < cuts.count, value > cuts[bin] { bin += 1 }
            counts[bin] += weight
        }
        return counts
    }
}
