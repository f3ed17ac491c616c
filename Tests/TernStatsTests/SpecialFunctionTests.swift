import Foundation
import Testing

@testable import TernStats

@Suite struct SpecialFunctionTests {
    let cases: [String: Any]

    init() throws { cases = try Golden.json("statistics.json").object("special_functions").object("cases") }

    @Test func `the normal distribution equals scipy's, far tails included`() throws {
        let rows = cases.objects("norm")
        #expect(rows.count > 20)
        for row in rows {
            if let x = row.number("x") {
                if let cdf = row.number("cdf") { #expect(near(Normal.cdf(x), cdf, 1e-12, floor: 0), "cdf at \(x)") }
                if let sf = row.number("sf") { #expect(near(Normal.sf(x), sf, 1e-12, floor: 0), "sf at \(x)") }
            }
            if let p = row.number("p"), let z = row.number("ppf") { #expect(near(Normal.quantile(p), z, 1e-12), "quantile at \(p)") }
        }
    }

    @Test func `normal quantiles invert the tails from 1e-300 to the middle`() {
        for p in [1e-300, 1e-100, 1e-20, 1e-9, 0.001, 0.025, 0.3, 0.4999, 0.5] {
            #expect(near(Normal.cdf(Normal.quantile(p)), p, 1e-11, floor: 0), "\(p)")
            #expect(near(Normal.sf(Normal.upperQuantile(p)), p, 1e-11, floor: 0), "\(p)")
        }
        #expect(Normal.quantile(0) == -.infinity)
        #expect(Normal.quantile(1) == .infinity)
        #expect(Normal.quantile(-0.1).isNaN)
        #expect(Normal.quantile(.nan).isNaN)
    }

    @Test func `Student's t equals scipy's`() throws {
        for row in cases.objects("t") {
            let degrees = try #require(row.number("df"))
            let x = try #require(row.number("x"))
            #expect(near(Student.cdf(x, degrees), row.number("cdf"), 1e-10), "df \(degrees)")
            #expect(near(Student.sf(x, degrees), row.number("sf"), 1e-10), "df \(degrees)")
            #expect(near(Student.sf(12, degrees), row.number("sf_12"), 1e-10, floor: 0), "df \(degrees)")
            #expect(near(Student.quantile(try #require(row.number("p")), degrees), row.number("ppf"), 1e-8), "df \(degrees)")
            #expect(near(Student.quantile(0.975, degrees), row.number("ppf_0.975"), 1e-9), "df \(degrees)")
        }
        #expect(Student.sf(.infinity, 3) == 0)
        #expect(Student.sf(0, 3) == 0.5)
        #expect(Student.sf(1, 0).isNaN)
    }

    @Test func `chi-square equals scipy's`() throws {
        for row in cases.objects("chi2") {
            let degrees = try #require(row.number("df"))
            let x = try #require(row.number("x"))
            #expect(near(ChiSquare.cdf(x, degrees), row.number("cdf"), 1e-10), "df \(degrees) x \(x)")
            #expect(near(ChiSquare.sf(x, degrees), row.number("sf"), 1e-10, floor: 0), "df \(degrees) x \(x)")
            if let quantile = row.number("isf_0.001") { #expect(near(ChiSquare.upperQuantile(0.001, degrees), quantile, 1e-10)) }
        }
        #expect(ChiSquare.sf(0, 4) == 1)
        #expect(ChiSquare.sf(-1, 4) == 1)
        #expect(ChiSquare.sf(.infinity, 4) == 0)
        #expect(ChiSquare.sf(1, 0).isNaN)
    }

    @Test func `the logarithm of gamma and the incomplete beta function equal scipy's`() throws {
        for row in cases.objects("lgamma") {
            let x = try #require(row.number("x"))
            #expect(near(GammaFunction.logarithm(x), row.number("lgamma"), 1e-13, floor: 1e-14), "\(x)")
        }
        for row in cases.objects("betainc") {
            let a = try #require(row.number("a"))
            let b = try #require(row.number("b"))
            let x = try #require(row.number("x"))
            #expect(near(BetaFunction.regularized(x, a, b), row.number("I"), 1e-10, floor: 0), "\(a) \(b) \(x)")
        }
        #expect(GammaFunction.logarithm(0).isNaN)
        #expect(abs(GammaFunction.logarithm(1)) < 1e-14)
        #expect(abs(GammaFunction.logarithm(2)) < 1e-14)
        #expect(BetaFunction.regularized(0, 2, 3) == 0)
        #expect(BetaFunction.regularized(1, 2, 3) == 1)
        #expect(BetaFunction.regularized(-0.1, 2, 3).isNaN)
    }

    @Test func `the binomial tail is an incomplete beta function`() throws {
        for row in cases.objects("binom") {
            let n = try #require(row.number("n"))
            let k = try #require(row.number("k"))
            let p = try #require(row.number("p"))
            #expect(near(BetaFunction.regularized(1 - p, n - k, k + 1), row.number("cdf"), 1e-10), "n \(n) k \(k)")
        }
    }

    /// scipy 1.17.1, `kstwo.sf(d, n)`.
    @Test(arguments: [
        (10, 0.3, 0.27053557479999946), (99, 0.1, 0.25777804647269037), (99, 0.2, 0.0006018712428207582), (99, 0.35, 2.400153690796317e-11),
        (140, 0.05, 0.8576480297656114), (141, 0.05, 0.854845693009663), (141, 0.1, 0.11128445516467944), (141, 0.15, 0.0031058623613645147),
        (1000, 0.02, 0.8108971656895577), (1000, 0.04, 0.07933956059000224), (1000, 0.08, 5.154189384789824e-06),
        (25000, 0.005, 0.5578336507542061), (25000, 0.0093, 0.026315427496497068), (25000, 0.03, 5.563565653140425e-20),
        (140, 0.16, 0.0013440163244194184), (30, 0.1, 0.8960782680050898),
    ])
    func `the one-sample Kolmogorov distribution equals scipy's`(n: Int, d: Double, expected: Double) {
        #expect(near(Kolmogorov.oneSampleSf(d, n), expected, 1e-7, floor: 0))
    }

    /// The golden values of the 50,000-row data set, whose rows are not kept here.
    @Test(arguments: [(0.0037, 0.882171187539), (0.03016, 3.43722014912e-20), (0.07308, 1.48356537645e-116)])
    func `large samples get the p-value that scipy gives`(d: Double, expected: Double) {
        #expect(near(Kolmogorov.oneSampleSf(d, 25_000), expected, 1e-6, floor: 0))
    }

    @Test func `Kolmogorov's limit is right on both sides of one, and its quantiles invert it`() {
        #expect(near(Kolmogorov.limitSf(0.5), 0.9639452436648751, 1e-12))
        #expect(near(Kolmogorov.limitSf(0.999999), Kolmogorov.limitSf(1.000001), 1e-5))
        #expect(near(Kolmogorov.limitQuantile(0.05), 1.3580986393225505, 1e-10))
        #expect(near(Kolmogorov.limitSf(8), 2 * exp(-128.0), 1e-12, floor: 0))
        #expect(Kolmogorov.limitSf(0) == 1)
        #expect(Kolmogorov.oneSampleSf(1, 5) == 0)
        #expect(Kolmogorov.oneSampleSf(0.01, 5) == 1)
    }
}
