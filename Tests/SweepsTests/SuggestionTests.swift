import Foundation
import TernKernel
import TernStats
import Testing

@testable import Sweeps

@Suite struct SuggestionTests {
    private func definition(_ method: String, _ metric: JSON = ["name": "loss"]) throws -> SweepDefinition {
        try DefinitionReader.read([
            "program": "t.py", "method": .string(method), "metric": metric,
            "parameters": [
                "x": ["min": -2.0, "max": 2.0], "n": ["min": 1, "max": 5], "kind": ["values": ["a", "b", "c"]], "fixed": ["value": 1],
            ],
        ])
    }

    /// Smallest at x = 0.5, n = 2, kind b.
    private func loss(_ params: JSON) -> Double {
        let x = (params["x"]?.doubleValue ?? 0) - 0.5
        let n = (params["n"]?.doubleValue ?? 0) - 2
        return x * x + 0.1 * n * n + (params["kind"] == "b" ? 0 : 0.5)
    }

    private func run(_ definition: SweepDefinition, seed: Int64, count: Int, _ value: (JSON) -> Double?) throws -> [Trial] {
        let suggestion = TrialSuggestion(definition: definition, seed: seed)
        var trials: [Trial] = []
        for number in 1...count {
            let params = try #require(suggestion.params(of: number, after: trials))
            let objective = value(params)
            trials.append(Trial(number: number, params: params, state: objective == nil ? .failed : .succeeded, objective: objective))
        }
        return trials
    }

    @Test(arguments: ["random", "bayes"]) func `the same seed and results give the same values`(_ method: String) throws {
        let definition = try definition(method)
        let first = try run(definition, seed: 4, count: 9, loss)
        #expect(try run(definition, seed: 4, count: 9, loss) == first)
        #expect(try run(definition, seed: 5, count: 9, loss) != first)
        // The order in which the trials are held says nothing.
        let suggestion = TrialSuggestion(definition: definition, seed: 4)
        #expect(suggestion.params(of: 10, after: first.reversed()) == suggestion.params(of: 10, after: first))
    }

    @Test func `random values do not depend on what came before`() throws {
        let suggestion = TrialSuggestion(definition: try definition("random"), seed: 9)
        let alone = suggestion.params(of: 7, after: [])
        #expect(suggestion.params(of: 7, after: try run(try definition("random"), seed: 1, count: 6, loss)) == alone)
        #expect(alone?["fixed"] == 1)
    }

    @Test func `bayes finds what random search does not, over mixed parameters`() throws {
        var found: [(bayes: Double, random: Double)] = []
        for seed in Int64(1)...10 {
            let bayes = try run(try definition("bayes"), seed: seed, count: 18, loss).compactMap(\.objective).min() ?? .infinity
            let random = try run(try definition("random"), seed: seed, count: 18, loss).compactMap(\.objective).min() ?? .infinity
            found.append((bayes, random))
        }
        #expect(found.count { $0.bayes < $0.random } >= 7, "\(found)")
        #expect(found.map(\.bayes).sorted()[5] < found.map(\.random).sorted()[5] / 2, "\(found)")
    }

    @Test func `a metric to be maximized is searched upward`() throws {
        let definition = try definition("bayes", ["name": "score", "goal": "maximize"])
        let trials = try run(definition, seed: 2, count: 18) { -loss($0) }
        #expect(trials.compactMap(\.objective).max() ?? -1 > -0.1)
    }

    @Test func `failed trials count as the worst, and constant or missing results do no harm`() throws {
        let definition = try definition("bayes")
        let half = try run(definition, seed: 3, count: 20) { ($0["x"]?.doubleValue ?? 0) < 0 ? nil : loss($0) }
        #expect(half.suffix(8).count { $0.state == .succeeded } >= 4)
        #expect(try run(definition, seed: 3, count: 8) { _ in nil }.count == 8)
        #expect(try run(definition, seed: 3, count: 8) { _ in 1 }.count == 8)
    }

    @Test func `trials at the same time get different values`() throws {
        let definition = try definition("bayes")
        let suggestion = TrialSuggestion(definition: definition, seed: 3)
        var trials = try run(definition, seed: 3, count: 8, loss)
        for number in 9...12 {
            trials.append(Trial(number: number, params: try #require(suggestion.params(of: number, after: trials)), state: .running))
        }
        #expect(Set(trials.suffix(4).map(\.params)).count == 4)
    }

    @Test func `a small space is not tried twice before it is exhausted`() throws {
        let definition = try DefinitionReader.read([
            "program": "t.py", "method": "bayes", "metric": ["name": "loss"], "parameters": ["n": ["min": 1, "max": 9]],
        ])
        let trials = try run(definition, seed: 1, count: 9) { ($0["n"]?.doubleValue ?? 0) * 2 }
        // The beginning is random and may meet itself; from then on nothing is repeated.
        #expect(Set(trials.dropFirst(3).map(\.params)).count == 6)
        #expect(Set(trials.dropFirst(3).map(\.params)).isDisjoint(with: trials.prefix(3).map(\.params)))
    }

    @Test func `a grid gives each number its combination, and none beyond`() throws {
        let definition = try DefinitionReader.read([
            "program": "t.py", "method": "grid", "parameters": ["a": ["values": [1, 2]], "b": ["parameters": ["c": ["values": [3, 4]]]]],
        ])
        let suggestion = TrialSuggestion(definition: definition, seed: 1)
        #expect(suggestion.params(of: 1, after: []) == ["a": 1, "b": ["c": 3]])
        #expect(suggestion.params(of: 4, after: []) == ["a": 2, "b": ["c": 4]])
        #expect(suggestion.params(of: 5, after: []) == nil)
    }

    @Test func `probabilities are kept`() throws {
        let definition = try DefinitionReader.read([
            "program": "t.py", "method": "random", "parameters": ["k": ["values": ["a", "b", "c"], "probabilities": [0.7, 0.3, 0]]],
        ])
        let suggestion = TrialSuggestion(definition: definition, seed: 6)
        let drawn = (1...3000).compactMap { suggestion.params(of: $0, after: [])?["k"]?.stringValue }
        #expect(abs(Double(drawn.count { $0 == "a" }) / 3000 - 0.7) < 0.04)
        #expect(!drawn.contains("c"))
    }
}
