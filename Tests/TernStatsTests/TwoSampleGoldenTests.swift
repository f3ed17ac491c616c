import Foundation
import Testing

@testable import TernStats

/// Every column of the golden drift data against what Evidently and scipy answer for it.
@Suite struct TwoSampleGoldenTests {
    struct Case {
        var name: String
        var reference: [String]
        var current: [String]
        var isNumeric: Bool
        var methods: [String: Any]

        func score(_ method: String) -> Double? { methods.object(method).number("score") }
    }

    static func cases() throws -> [Case] {
        let sets = try Golden.json("expected_drift_evidently.json").object("datasets")
        return try ["n100", "n100_uneven", "n1000"].flatMap { set in
            let reference = try Golden.columns("drift_\(set)_ref.csv")
            let current = try Golden.columns("drift_\(set)_cur.csv")
            return try sets.object(set).object("columns").map { column, expected in
                let expected = try #require(expected as? [String: Any])
                return Case(
                    name: "\(set)/\(column)", reference: try #require(reference[column]), current: try #require(current[column]),
                    isNumeric: expected["type"] as? String == "num", methods: expected.object("methods"))
            }
        }
    }

    let numeric: [Case]
    let categorical: [Case]

    init() throws {
        let cases = try Self.cases()
        numeric = cases.filter(\.isNumeric)
        categorical = cases.filter { !$0.isNumeric }
    }

    @Test func `the exact KS test equals scipy's`() throws {
        #expect(numeric.count == 48)
        for column in numeric {
            let result = try #require(KolmogorovSmirnov.test(Golden.numbers(column.reference), Golden.numbers(column.current)))
            #expect(near(result.statistic, column.methods.object("ks").number("statistic")), "\(column.name)")
            #expect(near(result.pValue, column.score("ks"), 1e-6), "\(column.name): \(result.pValue)")
        }
    }

    @Test func `distances of numbers equal Evidently's`() {
        for column in numeric {
            let reference = Golden.numbers(column.reference)
            let current = Golden.numbers(column.current)
            let bins = BinnedPair(reference, current)
            if let count = column.methods.object("psi").number("bins") { #expect(bins.reference.count == Int(count), "\(column.name)") }
            #expect(near(bins.stabilityIndex, column.score("psi")), "psi \(column.name)")
            #expect(near(bins.jensenShannon, column.score("jensenshannon")), "jensenshannon \(column.name)")
            #expect(near(bins.divergence, column.score("kl_div")), "kl_div \(column.name)")
            #expect(near(SampleDistance.wasserstein(reference, current), column.score("wasserstein")), "wasserstein \(column.name)")
            #expect(near(SampleDistance.hellinger(reference, current), column.score("hellinger"), 1e-9, floor: 1e-7), "hellinger \(column.name)")
        }
    }

    @Test func `distances of categories equal Evidently's`() {
        #expect(categorical.count == 21)
        for column in categorical {
            let bins = BinnedPair(Golden.texts(column.reference), Golden.texts(column.current))
            #expect(near(bins.stabilityIndex, column.score("psi")), "psi \(column.name)")
            #expect(near(bins.jensenShannon, column.score("jensenshannon")), "jensenshannon \(column.name)")
            #expect(near(bins.divergence, column.score("kl_div")), "kl_div \(column.name)")
            #expect(near(bins.hellinger, column.score("hellinger"), 1e-9, floor: 1e-7), "hellinger \(column.name)")
        }
    }

    @Test func `the chi-square and z tests equal Evidently's`() {
        for column in categorical {
            let bins = BinnedPair(Golden.texts(column.reference), Golden.texts(column.current))
            #expect(near(bins.goodnessOfFit?.pValue, column.score("chisquare"), 1e-6), "chisquare \(column.name)")
            #expect(near(bins.proportions?.pValue, column.score("z"), 1e-6), "z \(column.name)")
        }
    }

    @Test func `Student's t equals scipy's`() {
        for column in numeric {
            guard let expected = column.score("t_test") else { continue }
            let result = SampleDistance.student(Golden.numbers(column.reference), Golden.numbers(column.current))
            #expect(near(result?.pValue, expected, 1e-6), "\(column.name)")
        }
    }

    @Test func `Mann-Whitney's U equals scipy's, and its p-value looks both ways`() throws {
        for column in numeric {
            let reference = Golden.numbers(column.reference)
            let current = Golden.numbers(column.current)
            let result = try #require(SampleDistance.mannWhitney(reference, current))
            let u = try #require(column.methods.object("mannw").number("statistic"))
            #expect(near(result.statistic, u), "\(column.name)")
            // Evidently asks one side only: where that is the side of the difference, two sides are twice as likely.
            let half = Double(reference.count) * Double(current.count) / 2
            if u < half - 1, let oneSided = column.score("mannw") { #expect(near(result.pValue, min(1, 2 * oneSided), 1e-6), "\(column.name)") }
        }
    }

    @Test func `a shift down is found as well as a shift up`() throws {
        var chance = Chance(3)
        let reference = chance.normals(100)
        let down = try #require(SampleDistance.mannWhitney(reference, chance.normals(100, mean: -3)))
        #expect(down.pValue < 1e-20)
    }

    @Test func `p-values of two proportions equal statsmodels'`() throws {
        let rows = try Golden.json("statistics.json").object("two_proportions").objects("cases")
        #expect(rows.count > 5)
        for row in rows {
            let counts = ["x_a", "n_a", "x_b", "n_b"].compactMap { row.number($0).map(Int.init) }
            let one = Proportions.oneSided(successesA: counts[0], trialsA: counts[1], successesB: counts[2], trialsB: counts[3])
            let two = Proportions.twoSided(successesA: counts[0], trialsA: counts[1], successesB: counts[2], trialsB: counts[3])
            #expect(near(one?.statistic, row.number("pooled_z"), 1e-9), "\(counts)")
            #expect(near(one?.pValue, row.number("p_b_greater"), 1e-8), "\(counts)")
            #expect(near(two?.pValue, row.number("p_two_sided"), 1e-8), "\(counts)")
        }
    }

    @Test func `two proportions without trials or out of range have no answer, and without spread no difference`() {
        #expect(twoProportionOneSided(successesA: 0, nA: 0, successesB: 1, nB: 2) == nil)
        #expect(twoProportionOneSided(successesA: 3, nA: 2, successesB: 1, nB: 2) == nil)
        #expect(twoProportionOneSided(successesA: -1, nA: 2, successesB: 1, nB: 2) == nil)
        #expect(twoProportionOneSided(successesA: 5, nA: 5, successesB: 9, nB: 9) == TestResult(statistic: 0, pValue: 1))
    }

    @Test func `an empty side has no result in any test`() {
        #expect(KolmogorovSmirnov.test([], [1]) == nil)
        #expect(SampleDistance.wasserstein([1], []) == nil)
        #expect(SampleDistance.wasserstein([.nan, .infinity], [1]) == nil)
        #expect(SampleDistance.student([], [1, 2]) == nil)
        #expect(SampleDistance.mannWhitney([1], []) == nil)
        #expect(BinnedPair([Double](), [1]).stabilityIndex == nil)
        #expect(BinnedPair([String](), []).goodnessOfFit == nil)
    }

    @Test func `the exact KS p-value of different sizes agrees with that of equal sizes where both apply`() {
        // 6 against 6, D = 5/6: 2·12/C(12,6) by counting; through the general recursion with 6 against 12 it stays between its neighbours.
        #expect(near(KolmogorovSmirnov.exactSf(5.0 / 6, 6, 6), 2 * 12 / 924.0, 1e-12))
        #expect(near(KolmogorovSmirnov.exactSf(1, 3, 4), 2 / 35.0, 1e-12))
        #expect(KolmogorovSmirnov.exactSf(0, 3, 4) == 1)
    }
}
