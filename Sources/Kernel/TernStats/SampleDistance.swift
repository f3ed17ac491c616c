import Foundation

/// Tests and distances on raw numbers, for samples that are at hand. Values that are not finite are left out; nil when a side is empty.
package enum SampleDistance {
    /// `∫ |F - G| dx / max(σ, 0.001)`, σ the reference's standard deviation (divided by n).
    package static func wasserstein(_ reference: [Double], _ current: [Double]) -> Double? {
        let finite = reference.filter(\.isFinite)
        guard let variance = Moments(finite).variance else { return nil }
        return wasserstein(WeightedSample(finite), WeightedSample(current.filter(\.isFinite))).map { $0 / max(variance.squareRoot(), 0.001) }
    }

    /// `∫ |F - G| dx`.
    package static func wasserstein(_ first: WeightedSample, _ second: WeightedSample) -> Double? {
        guard first.total > 0, second.total > 0 else { return nil }
        var sum = 0.0
        var i = 0
        var j = 0
        var a = 0.0
        var b = 0.0
        var last: Double?
        while i < first.values.count || j < second.values.count {
            let left = i < first.values.count ? first.values[i] : .infinity
            let right = j < second.values.count ? second.values[j] : .infinity
            let value = min(left, right)
            if let last { sum += abs(a / first.total - b / second.total) * (value - last) }
            if left == value {
                a += first.weights[i]
                i += 1
            }
            if right == value {
                b += second.weights[j]
                j += 1
            }
            last = value
        }
        return sum
    }

    /// Hellinger's distance as Evidently bins it: Sturges' bins by the number of distinct values of both sides.
    package static func hellinger(_ reference: [Double], _ current: [Double]) -> Double? {
        let first = WeightedSample(reference.filter(\.isFinite))
        let second = WeightedSample(current.filter(\.isFinite))
        let distinct = Set(first.values).union(second.values).count
        let edges = BinnedPair.sturges(first, second, count: Double(distinct))
        return BinnedPair(reference: first.counts(between: edges), current: second.counts(between: edges)).hellinger
    }

    /// Student's t of the two means with the pooled variance, two-sided, n + m - 2 degrees. Two constants: t = 0 and p = 1 when equal, else
    /// ±infinity and p = 0. Nil for fewer than three values in all.
    package static func student(_ reference: [Double], _ current: [Double]) -> TestResult? {
        let first = Moments(reference)
        let second = Moments(current)
        guard let a = first.mean, let b = second.mean, let va = first.variance, let vb = second.variance else { return nil }
        let n = Double(first.count)
        let m = Double(second.count)
        let degrees = n + m - 2
        guard degrees > 0 else { return nil }
        let error = ((va * n + vb * m) / degrees * (1 / n + 1 / m)).squareRoot()
        if a == b { return TestResult(statistic: 0, pValue: 1) }
        let t = (a - b) / error
        return TestResult(statistic: t, pValue: min(1, 2 * Student.sf(abs(t), degrees)))
    }

    /// Mann-Whitney's U of the reference, two-sided (Evidently asks only whether the reference is less), by the normal approximation with corrections
    /// for ties and continuity.
    package static func mannWhitney(_ reference: [Double], _ current: [Double]) -> TestResult? {
        mannWhitney(WeightedSample(reference.filter(\.isFinite)), WeightedSample(current.filter(\.isFinite)))
    }

    package static func mannWhitney(_ first: WeightedSample, _ second: WeightedSample) -> TestResult? {
        let n = first.total
        let m = second.total
        guard n > 0, m > 0 else { return nil }
        var u = 0.0
        var ties = 0.0
        var j = 0
        var below = 0.0
        for (value, weight) in zip(first.values, first.weights) {
            while j < second.values.count, second.values[j] < value {
                ties += tied(second.weights[j])
                below += second.weights[j]
                j += 1
            }
            var same = 0.0
            if j < second.values.count, second.values[j] == value {
                same = second.weights[j]
                j += 1
            }
            u += weight * (below + same / 2)
            ties += tied(weight + same)
            below += same
        }
        for weight in second.weights[j...] { ties += tied(weight) }
        let total = n + m
        let deviation = (n * m / 12 * (total + 1 - ties / (total * (total - 1)))).squareRoot()
        let gap = abs(u - n * m / 2)
        guard deviation > 0 else { return TestResult(statistic: u, pValue: 1) }
        return TestResult(statistic: u, pValue: min(1, 2 * Normal.sf((gap - 0.5) / deviation)))
    }
}

/// What a group of `count` equal values takes from the variance of ranks.
private func tied(_ count: Double) -> Double { count * count * count - count }
