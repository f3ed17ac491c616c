import Foundation
import Testing

@testable import TernStats

@Suite struct GaussianProcessTests {
    private func points(_ value: Any?) throws -> [[Double]] {
        try #require(value as? [[NSNumber]]).map { $0.map(\.doubleValue) }
    }

    private func search(_ seen: [BayesianSearch.Observation], pending: [[Double]] = []) throws -> BayesianSearch {
        try #require(BayesianSearch(seen, pending: pending))
    }

    private func numbers(_ value: Any?) throws -> [Double] { try #require(value as? [NSNumber]).map(\.doubleValue) }

    @Test func `the posterior equals scikit-learn's`() throws {
        let rows = try Golden.json("search.json").objects("gaussian_processes")
        #expect(rows.count == 6)
        for row in rows {
            let scale = try #require(row.number("length_scale"))
            let process = try #require(GaussianProcess(points: try points(row["x"]), values: try numbers(row["y"]), lengthScale: scale))
            #expect(near(process.logMarginalLikelihood, row.number("lml"), 1e-6), "length scale \(scale)")
            let (means, deviations) = (try numbers(row["mean"]), try numbers(row["std"]))
            for (index, point) in try points(row["at"]).enumerated() {
                let found = process.prediction(at: point)
                #expect(abs(found.mean - means[index]) < 1e-6, "\(found.mean), not \(means[index])")
                // A variance near zero is one minus nearly one; its root keeps half of the digits.
                #expect(abs(found.deviation - deviations[index]) < 1e-6, "\(found.deviation), not \(deviations[index])")
            }
        }
    }

    @Test func `the fitted length scale is the most likely one, as scikit-learn finds it`() throws {
        for row in try Golden.json("search.json").objects("fits") {
            let process = try #require(GaussianProcess.fitted(points: try points(row["x"]), values: try numbers(row["y"])))
            #expect(near(process.lengthScale, row.number("length_scale"), 1e-3))
            let expected = try #require(row.number("lml"))
            #expect(process.logMarginalLikelihood >= expected - 1e-3 * abs(expected))
            let means = try numbers(row["mean"])
            for (index, point) in try points(row["at"]).enumerated() {
                #expect(abs(process.prediction(at: point).mean - means[index]) < 1e-3)
            }
        }
    }

    @Test func `what matters gets a short scale of its own, and the coordinates of a choice share one`() throws {
        var generator = SearchGenerator(seed: 3, stream: 1)
        let points = (0..<25).map { _ -> [Double] in
            let choice = generator.uniform() < 0.5
            return [generator.uniform(), generator.uniform(), choice ? 1 : 0, choice ? 0 : 1]
        }
        // A wave along the first, nothing along the second, a small step between the alternatives.
        let values = points.map { sin(9 * $0[0]) + 0.2 * $0[2] }
        let process = try #require(ScaledProcess.fitted(points: points, values: values, parameters: [0, 1, 2, 2]))
        #expect(process.scales[0] * 4 < process.scales[1], "\(process.scales)")
        #expect(process.scales[0] * 2 < process.scales[2], "\(process.scales)")
        #expect(process.scales[2] == process.scales[3])
        // What was learnt of one alternative holds for the other but for the step.
        for (point, value) in zip(points, values) {
            let other = process.prediction(at: [point[0], point[1], point[3], point[2]]).mean
            #expect(abs(other - value - (point[2] == 1 ? -0.2 : 0.2)) < 0.15)
        }
        #expect(ScaledProcess.fitted(points: points, values: values, parameters: [0, 1]) == nil)
        #expect(ScaledProcess.fitted(points: [], values: [], parameters: []) == nil)
    }

    @Test func `with equal scales the posterior is the one of a single scale`() throws {
        let points = [[0.1], [0.4], [0.9]]
        let process = try #require(ScaledProcess.fitted(points: points, values: [0.3, -1, 0.7], parameters: [0]))
        let plain = try #require(GaussianProcess(points: points, values: [0.3, -1, 0.7], lengthScale: process.scales[0]))
        for x in [0.0, 0.25, 0.4, 0.8] {
            let (found, expected) = (process.prediction(at: [x]), plain.prediction(at: [x]))
            #expect(near(found.mean, expected.mean, 1e-9) && abs(found.deviation - expected.deviation) < 1e-6)
        }
    }

    @Test func `many parameters share a scale for numbers and one for choices`() throws {
        var generator = SearchGenerator(seed: 5, stream: 1)
        let points = (0..<20).map { _ in (0..<14).map { _ in generator.uniform() } }
        let owners = Array(0..<10) + [10, 10, 11, 11]
        let process = try #require(ScaledProcess.fitted(points: points, values: points.map { $0[0] - $0[12] }, parameters: owners))
        #expect(Set(process.scales.prefix(10)).count == 1 && Set(process.scales.suffix(4)).count == 1)
        #expect(Set(ScaledProcess.fitted(points: points, values: points.map { $0[0] }, parameters: (0..<14).map { $0 / 2 })?.scales ?? []).count > 2)
    }

    @Test func `a Cholesky factor solves what it was made of and refuses what has none`() throws {
        let matrix = [4.0, 2, 0.6, 2, 5, 1, 0.6, 1, 3]
        let factor = try #require(Cholesky(matrix, size: 3))
        let x = factor.backward(factor.forward([1, 2, 3]))
        for (row, value) in [1.0, 2, 3].enumerated() {
            #expect(near((0..<3).reduce(0) { $0 + matrix[row * 3 + $1] * x[$1] }, value, 1e-12))
        }
        #expect(near(2 * factor.logRootDeterminant, log(4 * (15 - 1) - 2 * (6 - 0.6) + 0.6 * (2 - 3)), 1e-12))
        #expect(Cholesky([1, 2, 2, 1], size: 2) == nil)
        #expect(Cholesky([.nan], size: 1) == nil)
        #expect(Cholesky([1, 2], size: 2) == nil)
    }

    @Test func `duplicates, constant values and what is not finite do no harm`() throws {
        let same = (0..<30).map { _ in BayesianSearch.Observation(point: [0.5, 0.5], value: 1) }
        #expect(try search(same).choose(among: [[0.5, 0.5], [0, 1]]) == 1)
        let torn = (0..<10).map { BayesianSearch.Observation(point: [0.5], value: Double($0)) }
        #expect(try search(torn).expectedImprovement(at: [0.5]).isFinite)
        let bad = [Double.nan, .infinity, -.infinity].map { BayesianSearch.Observation(point: [0.1], value: $0) }
        #expect(BayesianSearch(bad) == nil)
        #expect(BayesianSearch(bad + [.init(point: [0.2], value: 1)]) == nil)
        #expect(BayesianSearch(bad + [.init(point: [0.2], value: 1), .init(point: [.nan], value: 0), .init(point: [0.9], value: 2)]) != nil)
        let huge = [1e308, -1e308, 1e300].enumerated().map { BayesianSearch.Observation(point: [Double($0.offset) / 3], value: $0.element) }
        #expect(try search(huge).expectedImprovement(at: [0.9]) >= 0)
        #expect(GaussianProcess(points: [], values: [], lengthScale: 1) == nil)
        #expect(try search(torn).choose(among: []) == nil)
    }

    @Test func `what is being tried is not proposed again`() throws {
        let seen = [0.0, 0.2, 0.8, 1].map { BayesianSearch.Observation(point: [$0], value: ($0 - 0.55) * ($0 - 0.55)) }
        let candidates = (0...100).map { [Double($0) / 100] }
        let first = try #require(try search(seen).choose(among: candidates))
        let second = try #require(try search(seen, pending: [candidates[first]]).choose(among: candidates))
        #expect(first != second)
        #expect(try search(seen, pending: [candidates[first]]).expectedImprovement(at: candidates[first]) < 1e-3)
    }

    /// Branin and Hoo's function on the unit square; its least value is 0.397887.
    private func branin(_ point: [Double]) -> Double {
        let x = point[0] * 15 - 5
        let y = point[1] * 15
        let bend = y - 5.1 / (4 * Double.pi * Double.pi) * x * x + 5 / Double.pi * x - 6
        return bend * bend + 10 * (1 - 1 / (8 * Double.pi)) * cos(x) + 10
    }

    @Test func `on Branin's function it finds better points than random search with the same budget`() throws {
        let budget = 25
        var gains: [(bayes: Double, random: Double)] = []
        for seed in Int64(1)...20 {
            var seen: [BayesianSearch.Observation] = []
            var random = Double.infinity
            for trial in 1...budget {
                var generator = SearchGenerator(seed: seed, stream: trial)
                let candidates = (0..<300).map { _ in [generator.uniform(), generator.uniform()] }
                // Both methods begin with the same random points.
                random = min(random, branin(candidates[0]))
                let chosen = trial <= 3 ? 0 : try #require(try search(seen).choose(among: candidates))
                seen.append(.init(point: candidates[chosen], value: branin(candidates[chosen])))
            }
            gains.append((seen.map(\.value).min() ?? .infinity, random))
        }
        let wins = gains.count { $0.bayes < $0.random }
        let medians = (gains.map(\.bayes).sorted()[10], gains.map(\.random).sorted()[10])
        #expect(wins >= 15, "better in \(wins) of 20; medians \(medians)")
        #expect(medians.0 - 0.397887 < (medians.1 - 0.397887) / 2, "medians \(medians)")
    }
}
