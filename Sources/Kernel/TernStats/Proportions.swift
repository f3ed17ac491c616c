/// Compares two shares of successes.
package enum Proportions {
    /// Is B's share greater than A's? `z = (pB - pA) / sqrt(p(1-p)(1/nA + 1/nB))`, p pooled; `pValue` is the probability of a z at least as large if
    /// the shares are equal. Nil when a side has no trials or successes are out of range; z = 0, p = 1 when no trial or every trial succeeded.
    package static func oneSided(successesA: Int, trialsA: Int, successesB: Int, trialsB: Int) -> TestResult? {
        guard let z = pooledZ(successesA, trialsA, successesB, trialsB) else { return nil }
        return z.isNaN ? TestResult(statistic: 0, pValue: 1) : TestResult(statistic: z, pValue: Normal.sf(z))
    }

    package static func twoSided(successesA: Int, trialsA: Int, successesB: Int, trialsB: Int) -> TestResult? {
        guard let z = pooledZ(successesA, trialsA, successesB, trialsB) else { return nil }
        return z.isNaN ? TestResult(statistic: 0, pValue: 1) : TestResult(statistic: z, pValue: min(1, 2 * Normal.sf(abs(z))))
    }

    private static func pooledZ(_ successesA: Int, _ trialsA: Int, _ successesB: Int, _ trialsB: Int) -> Double? {
        guard trialsA > 0, trialsB > 0, (0...trialsA).contains(successesA), (0...trialsB).contains(successesB) else { return nil }
        let a = Double(trialsA)
        let b = Double(trialsB)
        let pooled = (Double(successesA) + Double(successesB)) / (a + b)
        let error = (pooled * (1 - pooled) * (1 / a + 1 / b)).squareRoot()
        return error > 0 ? (Double(successesB) / b - Double(successesA) / a) / error : .nan
    }
}

/// Is B's share of successes greater than A's? See `Proportions.oneSided`.
package func twoProportionOneSided(successesA: Int, nA: Int, successesB: Int, nB: Int) -> TestResult? {
    Proportions.oneSided(successesA: successesA, trialsA: nA, successesB: successesB, trialsB: nB)
}
