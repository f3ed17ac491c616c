/// A statistic and the probability of one at least as extreme if nothing differs.
package struct TestResult: Hashable, Sendable, Codable {
    package var statistic: Double
    package var pValue: Double

    package init(statistic: Double, pValue: Double) {
        self.statistic = statistic
        self.pValue = pValue
    }
}
