/// The two-sample Kolmogorov-Smirnov test: the largest distance between two empirical distribution functions.
package enum KolmogorovSmirnov {
    /// D and its two-sided p-value: exact by counting lattice paths while the larger side has at most 10,000 rows, else
    /// `kstwo.sf(D, round(nm/(n+m)))` (scipy's `ks_2samp`). Values that are not finite are left out; nil when a side is empty.
    package static func test(_ reference: [Double], _ current: [Double]) -> TestResult? {
        let first = WeightedSample(reference.filter(\.isFinite))
        let second = WeightedSample(current.filter(\.isFinite))
        guard let d = distance(first, second) else { return nil }
        let n = Int(first.total)
        let m = Int(second.total)
        if max(n, m) <= 10_000 { return TestResult(statistic: d, pValue: exactSf(d, n, m)) }
        let size = (Double(n) * Double(m) / (Double(n) + Double(m))).rounded(.toNearestOrEven)
        return TestResult(statistic: d, pValue: Kolmogorov.oneSampleSf(d, Int(size)))
    }

    /// `max |F - G|`; nil when a side is empty.
    package static func distance(_ first: WeightedSample, _ second: WeightedSample) -> Double? {
        guard first.total > 0, second.total > 0 else { return nil }
        var largest = 0.0
        var i = 0
        var j = 0
        var a = 0.0
        var b = 0.0
        while i < first.values.count, j < second.values.count {
            let value = min(first.values[i], second.values[j])
            if first.values[i] == value {
                a += first.weights[i]
                i += 1
            }
            if second.values[j] == value {
                b += second.weights[j]
                j += 1
            }
            largest = max(largest, abs(a / first.total - b / second.total))
        }
        return largest
    }

    /// The probability that two samples of `n` and `m` rows of one distribution are at least `d` apart: the share of lattice paths from (0,0)
    /// to (n,m) that leave the band `|i/n - j/m| < d` (Hodges 1957), summed as shares of paths outside, so that small ones keep their digits.
    package static func exactSf(_ d: Double, _ n: Int, _ m: Int) -> Double {
        guard n > 0, m > 0, !d.isNaN else { return .nan }
        let divisor = greatestCommonDivisor(n, m)
        let across = m / divisor
        let up = n / divisor
        let limit = Int((d * Double(up) * Double(m)).rounded())
        if limit <= 0 { return 1 }
        if n == m { return squareSf(n, limit) }
        // outside[j]: the share of paths to (i, j) that have been outside.
        var outside = (0...m).map { $0 * up >= limit ? 1.0 : 0.0 }
        for i in 1...n {
            outside[0] = i * across >= limit ? 1 : 0
            outside.withUnsafeMutableBufferPointer { row in
                for j in 1...m {
                    let gap = i * across - j * up
                    row[j] = abs(gap) >= limit ? 1 : (Double(i) * row[j] + Double(j) * row[j - 1]) / Double(i + j)
                }
            }
        }
        return min(1, outside[m])
    }

    /// Two samples of n rows, at least h/n apart: `2 Σ (-1)^(k-1) C(2n, n - kh) / C(2n, n)`, nested (Gnedenko and Korolyuk 1951).
    private static func squareSf(_ n: Int, _ h: Int) -> Double {
        var probability = 0.0
        for k in stride(from: n / h, through: 0, by: -1) {
            var share = 1.0
            for j in 0..<h { share *= Double(n - k * h - j) / Double(n + k * h + j + 1) }
            probability = share * (1 - probability)
        }
        return min(1, 2 * probability)
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
}
