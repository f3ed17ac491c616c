import TernKernel
import TernStats
import Testing

@testable import Sweeps

/// Everything that is wrong with a definition, a line each.
private func problems(_ definition: JSON) -> [String] {
    do {
        _ = try DefinitionReader.read(definition)
        return []
    } catch let error as TernError {
        return error.message.split(separator: "\n").map(String.init)
    } catch {
        return ["\(error)"]
    }
}

private func definition(_ parameters: JSON, method: String = "random", _ more: [String: JSON] = [:]) -> JSON {
    .object(["program": "train.py", "method": .string(method), "metric": ["name": "loss"], "parameters": parameters].merging(more) { $1 })
}

@Suite struct DefinitionTests {
    @Test func `every distribution of the format is read`() throws {
        let found = try DefinitionReader.read(
            definition([
                "a": ["value": 1], "b": ["values": ["x", 2]], "c": ["values": [1, 2], "probabilities": [0.25, 0.75]], "d": ["min": 1, "max": 4],
                "e": ["min": 1, "max": 4.5], "f": ["distribution": "q_uniform", "min": 0, "max": 1, "q": 0.1],
                "g": ["distribution": "log_uniform", "min": -3, "max": 0], "h": ["distribution": "log_uniform_values", "min": 0.001, "max": 1],
                "i": ["distribution": "inv_log_uniform", "min": 0, "max": 3], "j": ["distribution": "inv_log_uniform_values", "min": 1, "max": 9],
                "k": ["distribution": "q_log_uniform", "min": 0, "max": 5],
                "l": ["distribution": "q_log_uniform_values", "min": 1, "max": 500, "q": 10],
                "m": ["distribution": "normal"], "n": ["distribution": "q_normal", "mu": 5, "sigma": 2], "o": ["distribution": "log_normal"],
                "p": ["distribution": "q_log_normal", "mu": 2, "q": 0.5], "q": ["distribution": "beta", "a": 2, "b": 3],
                "r": ["distribution": "q_beta", "q": 0.25], "s": ["parameters": ["inner": ["parameters": ["x": ["value": true]]]]],
                "t": ["distribution": "constant", "value": JSON.null], "u": ["distribution": "int_uniform", "min": -3, "max": 3],
                "v": ["distribution": "categorical", "values": [[1, 2], ["k": "v"]]],
            ]))
        #expect(found.parameters.count == 22)
        #expect(
            found.parameters.map(\.distribution) == [
                "constant", "categorical", "categorical_w_probabilities", "int_uniform", "uniform", "q_uniform", "log_uniform", "log_uniform_values",
                "inv_log_uniform", "inv_log_uniform_values", "q_log_uniform", "q_log_uniform_values", "normal", "q_normal", "log_normal",
                "q_log_normal", "beta", "q_beta", "constant", "constant", "int_uniform", "categorical",
            ])
        #expect(found.parameters[18].name == "s.inner.x")
        let suggestion = TrialSuggestion(definition: found, seed: 1)
        for number in 1...500 {
            let params = try #require(suggestion.params(of: number, after: []))
            for (parameter, value) in zip(found.parameters, TrialParams.flat(found.parameters, params).map(\.value)) {
                #expect(parameter.coordinates(of: value)?.allSatisfy { (0...1).contains($0) } == true, "\(parameter.name) \(value)")
                if case .number(let distribution, let step, let isWhole) = parameter.space, let number = value.doubleValue {
                    // The logarithm's way there and back costs a last digit.
                    let inside = min(max(number, distribution.support.lowerBound), distribution.support.upperBound)
                    #expect(abs(inside - number) <= 1e-12 * abs(number), "\(parameter.name) \(value)")
                    if let step { #expect(abs((number / step).rounded() - number / step) < 1e-6, "\(parameter.name) \(value)") }
                    if isWhole { #expect(value.intValue != nil && value == .int(Int64(number)), "\(parameter.name) \(value)") }
                }
            }
        }
    }

    @Test func `the whole head of a file is read`() throws {
        let found = try DefinitionReader.read(
            definition(
                ["x": ["min": 0.0, "max": 1]],
                [
                    "name": "n", "description": "d", "run_cap": 7, "entity": "e", "project": "p", "kind": "sweep", "controller": ["type": "local"],
                    "metric": ["name": "acc", "goal": "maximize", "target": 0.9, "impute": "best", "impute_while_running": "latest"],
                    "early_terminate": ["type": "hyperband", "max_iter": 27, "s": 2, "eta": 3, "strict": false],
                    "command": ["${env}", "python", 3, "${args_json}", "--host=${envvar:HOST}"],
                ]))
        #expect(found.name == "n" && found.runCap == 7 && found.description == "d")
        let metric = SweepMetric(name: "acc", isMaximized: true, target: 0.9, impute: .best, imputeWhileRunning: .latest)
        #expect(found.metric == metric && metric.reachesTarget(0.95) && !metric.reachesTarget(0.5))
        #expect(found.hyperband?.bands == [3, 9] && found.hyperband?.isStrict == false)
        #expect(found.command.parts == ["${env}", "python", "3", "${args_json}", "--host=${envvar:HOST}"])
        #expect(try DefinitionReader.read(definition(["x": ["value": 1]])).name == "train")
    }

    @Test func `each mistake is told with its place`() {
        let cases: [(JSON, String)] = [
            (definition(["x": ["distribution": "log_uniform_values", "min": 0, "max": 1]]), "parameters.x.min: min must be greater than 0"),
            (definition(["x": ["distribution": "log_uniform", "min": 0, "max": 1e4]]), "exponents of base e"),
            (definition(["x": ["distribution": "q_uniform", "min": 0, "max": 1, "q": 0]]), "parameters.x.q: q must be greater than 0"),
            (definition(["x": ["distribution": "q_uniform", "min": 0.2, "max": 0.8, "q": 1]]), "no multiple of 1.0"),
            (definition(["x": ["distribution": "normal", "sigma": 0]]), "parameters.x.sigma: sigma must be greater than 0"),
            (definition(["x": ["distribution": "beta", "a": -1]]), "parameters.x.a"),
            (definition(["x": ["distribution": "int_uniform", "min": 0.5, "max": 2]]), "parameters.x.min: must be a whole number"),
            (definition(["x": ["min": 9_007_199_254_740_993, "max": 9_007_199_254_740_999]]), "below 2^53"),
            (definition(["x": ["min": -1e308, "max": 1e308]]), "too far"),
            (definition(["x": ["values": []]]), "parameters.x.values: the list is empty"),
            (definition(["x": ["values": [1], "probabilities": [0.5, 0.5]]]), "1 values and 2 probabilities"),
            (definition(["x": ["values": [1], "probabilities": ["a"]]]), "must be numbers"),
            (definition(["x": ["min": 1]]), "has no values to take"), (definition(["x": []]), "must be a mapping"),
            (definition([:]), "no parameters"),
            (definition(["x": ["distribution": 3]]), "parameters.x.distribution"),
            (definition(["a.b": ["value": 1], "a": ["parameters": ["b": ["value": 2]]]]), "two parameters are named 'a.b'"),
            (definition(["a": ["parameters": ["b": ["value": 2]], "value": 1]]), "parameters.a.value: unknown key 'value'"),
            (definition(["x": ["value": 1]], method: "bayes"), "not constant"),
            (definition(["x": ["values": [1, 2], "probabilities": [0.5, 0.5]]], method: "grid"), "grid knows no probabilities"),
            (definition(["x": ["distribution": "q_normal"]], method: "grid"), "q_normal is continuous or without bounds"),
            (definition(["x": ["min": 1, "max": 1000], "y": ["min": 1, "max": 1000]], method: "grid"), "more than 100000 combinations"),
            (definition(["x": ["value": 1]], method: "custom"), "custom is not supported"),
            (definition(["x": ["value": 1]], ["run_cap": 0]), "run_cap: must be a whole number from 1"),
            (definition(["x": ["value": 1]], ["metric": ["goal": "minimize"]]), "metric: 'name' is missing"),
            (definition(["x": ["value": 1]], ["metric": "loss"]), "metric: must be a mapping"),
            (definition(["x": ["value": 1]], ["metric": ["name": "l", "goal": "least"]]), "no goal 'least'"),
            (definition(["x": ["value": 1]], ["command": "python train.py"]), "command: must be a list"),
            (definition(["x": ["value": 1]], ["command": []]), "command: must be a list"),
            (definition(["x": ["value": 1]], ["command": [["a"]]]), "command.0: must be text"),
            (definition(["x": ["value": 1]], ["early_terminate": ["type": "median", "min_iter": 1]]), "no type 'median'"),
            (definition(["x": ["value": 1]], ["early_terminate": ["type": "hyperband", "max_iter": 9]]), "needs s"),
            (definition(["x": ["value": 1]], ["early_terminate": ["type": "hyperband", "max_iter": 2, "s": 2]]), "no band"),
            (definition(["x": ["value": 1]], ["early_terminate": ["type": "hyperband", "min_iter": 2, "eta": 1]]), "eta must be greater than 1"),
            (definition(["x": ["value": 1]], ["image_uri": "x"]), "'image_uri' is not supported"), ([], "must be a mapping"),
            ("text", "must be a mapping"),
        ]
        for (definition, complaint) in cases {
            let found = problems(definition)
            #expect(found.contains { $0.contains(complaint) }, "\(complaint): \(found)")
        }
        #expect(problems(["method": "grud", "parmeters": [:], "metric": 3]).count >= 4)
    }

    @Test func `no definition, however torn, does harm`() throws {
        let sound = definition([
            "x": ["min": 0.0, "max": 1], "y": ["distribution": "q_beta", "q": 0.1], "z": ["parameters": ["a": ["values": [1, "b"]]]],
        ])
        let junk: [JSON] = [.null, true, -1, 1e308, "", "random", [], [[:]], [:], ["min": 1], .double(.infinity), .int(.max)]
        var chance = SearchGenerator(seed: 1, stream: 1)
        func torn(_ value: JSON, _ depth: Int) -> JSON {
            if UInt64.random(in: 0..<14, using: &chance) == 0 { return junk.randomElement(using: &chance) ?? .null }
            switch value {
            case .object(let fields):
                var changed = fields.mapValues { torn($0, depth + 1) }
                if UInt64.random(in: 0..<4, using: &chance) == 0, let key = changed.keys.sorted().randomElement(using: &chance) { changed[key] = nil }
                return .object(changed)
            case .array(let elements): return .array(elements.map { torn($0, depth + 1) })
            default: return value
            }
        }
        var read = 0
        for method in ["random", "grid", "bayes"] {
            for _ in 0..<1500 {
                guard case .object(var fields) = torn(sound, 0) else { continue }
                fields["method"] = .string(method)
                guard let found = try? DefinitionReader.read(.object(fields)) else { continue }
                read += 1
                _ = TrialSuggestion(definition: found, seed: 1).params(of: 1, after: [])
            }
        }
        #expect(read > 20)
    }
}

@Suite struct GridTests {
    private func parameters(_ value: JSON) throws -> [SweepParameter] { try DefinitionReader.read(definition(value, method: "grid")).parameters }

    @Test func `combinations go by name, the last changing fastest`() throws {
        let grid = try #require(SweepGrid(try parameters(["b": ["values": ["u", "v"]], "a": ["min": 1, "max": 3], "c": ["value": 0]])))
        #expect(grid.count == 6)
        #expect((0..<6).map { grid.values($0) } == [[1, "u", 0], [1, "v", 0], [2, "u", 0], [2, "v", 0], [3, "u", 0], [3, "v", 0]])
    }

    @Test func `steps are listed as the format has them`() throws {
        func values(_ parameter: JSON) throws -> [JSON] {
            let grid = try #require(SweepGrid(try parameters(["x": parameter])))
            return (0..<grid.count).map { grid.values($0)[0] }
        }
        #expect(try values(["distribution": "q_uniform", "min": 0, "max": 1, "q": 0.25]) == [0.0, 0.25, 0.5, 0.75])
        #expect(try values(["distribution": "q_uniform", "min": 1, "max": 8, "q": 2]) == [1, 3, 5, 7])
        #expect(try values(["distribution": "q_log_uniform_values", "min": 1, "max": 4]) == [1, 2, 3, 4])
        #expect(try values(["distribution": "q_beta", "q": 0.5]) == [0.0, 0.5, 1.0])
        #expect(try values(["values": [["a": 1], JSON.null, 2.0]]) == [["a": 1], .null, 2.0])
    }
}

@Suite struct CommandTemplateTests {
    private let params: [(name: String, value: JSON)] = [
        ("lr", 0.1), ("n", 3), ("on", true), ("off", false), ("none", .null), ("text", "it's here"), ("list", [1, 2]),
    ]

    private func expand(_ parts: [String], environment: [String: String] = [:]) throws -> [String] {
        try CommandTemplate(parts: parts, program: "t.py").expand(
            .init(params: params, nested: ["lr": 0.1], interpreter: "python3", jsonFile: "/f.json", environment: environment))
    }

    @Test func `every macro is filled in`() throws {
        #expect(
            try expand(CommandTemplate.standard) == [
                "/usr/bin/env", "python3", "t.py", "--lr=0.1", "--n=3", "--on=True", "--off=False", "--none=None", "--text=it's here", "--list=[1,2]",
            ])
        #expect(try expand(["x", "${args_no_hyphens}"]).dropFirst().first == "lr=0.1")
        #expect(try expand(["x", "${args_no_equals}"]).prefix(3) == ["x", "--lr", "0.1"])
        #expect(
            try expand(["x", "${args_no_boolean_flags}"]) == ["x", "--lr=0.1", "--n=3", "--on", "--none=None", "--text=it's here", "--list=[1,2]"])
        #expect(try expand(["x", "${args_append_hydra}"])[1] == "+lr=0.1")
        #expect(try expand(["x", "${args_override_hydra}"])[1] == "++lr=0.1")
        #expect(try expand(["x", "${args_json}", "${args_json_file}"]) == ["x", "{\"lr\":0.1}", "/f.json"])
        #expect(try expand(["a${envvar:H}b${envvar:H}"], environment: ["H": "1"]) == ["a1b1"])
        #expect(throws: TernError.self) { try expand(["${envvar:GONE}"]) }
        #expect(CommandTemplate.unknownMacro(in: "${arg}") == "${arg}")
        #expect(CommandTemplate.unknownMacro(in: "pre${arg}") == nil)
    }

    @Test func `a person can type it`() {
        let template = CommandTemplate(parts: CommandTemplate.standard, program: "my train.py")
        #expect(
            template.line([("lr", 0.1), ("name", "it's")], params: [:]) == #"python 'my train.py' --lr=0.1 '--name=it'\''s'"#)
    }
}
