import Foundation
import Testing

@testable import TernStats

@Suite struct SearchDistributionTests {
    static let all: [SearchDistribution] = [
        .uniform(min: -2, max: 3), .logUniform(low: -7, high: 2), .inverseLogUniform(low: -1, high: 3), .normal(mean: 1, deviation: 2),
        .logNormal(mean: 0, deviation: 1), .beta(a: 0.5, b: 3), .beta(a: 400, b: 2),
    ]

    @Test func `quantiles of the beta distribution equal scipy's`() throws {
        let rows = try Golden.json("search.json").objects("beta")
        #expect(rows.count > 100)
        for row in rows {
            let (a, b, p) = try (#require(row.number("a")), #require(row.number("b")), #require(row.number("p")))
            let value = SearchDistribution.beta(a: a, b: b).quantile(p)
            #expect(near(value, row.number("x"), 1e-9, floor: 1e-280), "a \(a), b \(b), p \(p): \(value)")
            #expect(near(SearchDistribution.beta(a: a, b: b).cdf(0.3), row.number("cdf"), 1e-9), "a \(a), b \(b)")
        }
    }

    /// The distribution that a parameter of a sweep file means.
    private func distribution(_ config: [String: Any]) throws -> SearchDistribution {
        let name = try #require(config["distribution"] as? String)
        func number(_ key: String) throws -> Double { try #require(config.number(key)) }
        switch name.hasPrefix("q_") ? String(name.dropFirst(2)) : name {
        case "uniform": return .uniform(min: try number("min"), max: try number("max"))
        case "log_uniform": return .logUniform(low: try number("min"), high: try number("max"))
        case "log_uniform_values": return .logUniform(low: log(try number("min")), high: log(try number("max")))
        case "inv_log_uniform": return .inverseLogUniform(low: try number("min"), high: try number("max"))
        case "inv_log_uniform_values": return .inverseLogUniform(low: -log(try number("max")), high: -log(try number("min")))
        case "normal": return .normal(mean: try number("mu"), deviation: try number("sigma"))
        case "log_normal": return .logNormal(mean: try number("mu"), deviation: try number("sigma"))
        default: return .beta(a: try number("a"), b: try number("b"))
        }
    }

    @Test func `every distribution draws what the reference draws at the same share`() throws {
        let rows = try Golden.json("search.json").objects("distributions")
        #expect(rows.count > 120)
        for row in rows {
            let config = row.object("config")
            let distribution = try distribution(config)
            let p = try #require(row.number("p"))
            let expected = try #require(row.number("value"))
            var value = distribution.quantile(p)
            if let q = config.number("q") { value = distribution.rounded(value, toMultipleOf: q) }
            if distribution.support.contains(expected) {
                #expect(near(value, expected, 1e-9), "\(config) at \(p): \(value), not \(expected)")
            } else {
                // The reference rounds out of the range; here the nearest multiple inside is taken.
                #expect(distribution.support.contains(value), "\(config) at \(p): \(value)")
            }
            if let cdf = row.number("cdf") { #expect(near(distribution.cdf(value), cdf, 1e-9), "cdf of \(config) at \(p)") }
        }
    }

    @Test func `draws lie in the support and the cdf brings them back`() {
        for distribution in Self.all {
            var generator = SearchGenerator(seed: 3, stream: 0)
            for _ in 0..<2000 {
                let p = generator.uniform()
                let value = distribution.quantile(p)
                #expect(distribution.support.contains(value), "\(distribution) at \(p)")
                #expect(near(distribution.cdf(value), p, 1e-7, floor: 1e-9), "\(distribution) at \(p)")
            }
            #expect(distribution.quantile(-0.1).isNaN && distribution.quantile(.nan).isNaN)
        }
    }

    @Test func `steps give plain decimals inside the range`() {
        let unit = SearchDistribution.uniform(min: 0, max: 1)
        #expect(unit.rounded(0.3000001, toMultipleOf: 0.1) == 0.3)
        #expect(unit.rounded(0.7, toMultipleOf: 0.1) == 0.7)
        #expect(SearchDistribution.uniform(min: 0.6, max: 2).rounded(0.7, toMultipleOf: 1) == 1)
        #expect(SearchDistribution.uniform(min: 0.2, max: 0.3).counts(of: 0.1) == 2...3)
        #expect(SearchDistribution.uniform(min: 0.2, max: 0.3).counts(of: 1) == nil)
        #expect(SearchDistribution.normal(mean: 0, deviation: 1).rounded(-0.2, toMultipleOf: 1).sign == .plus)
    }

    @Test func `a stream of a seed is always the same, and no other's`() {
        func draws(_ seed: Int64, _ stream: Int) -> [UInt64] {
            var generator = SearchGenerator(seed: seed, stream: stream)
            return (0..<4).map { _ in generator.next() }
        }
        #expect(draws(1, 1) == draws(1, 1))
        var seen: Set<[UInt64]> = []
        for seed in Int64(-20)...20 { for stream in 0..<40 { seen.insert(draws(seed, stream)) } }
        #expect(seen.count == 41 * 40)
        var generator = SearchGenerator(seed: 9, stream: 9)
        let mean = (0..<20_000).reduce(0.0) { sum, _ in sum + generator.uniform() } / 20_000
        #expect(abs(mean - 0.5) < 0.01)
    }
}
