import TernKernel
import TernStats

/// Reads a definition from the mapping that a sweep file is.
struct DefinitionReader {
    static let keys = [
        "program", "method", "metric", "parameters", "early_terminate", "command", "run_cap", "name", "description", "project", "entity",
        "controller",
        "kind", "apiVersion",
    ]
    /// Keys that other systems know, with what to do instead.
    static let elsewhere = [
        "job": "queued jobs are not part of Tern: name a program, or a command",
        "image_uri": "containers are not part of Tern: name a program, or a command such as [docker, run, …]",
        "metrics": "a sweep has one metric: use metric: {name: …, goal: …}",
        "scheduler": "other optimisers are not part of Tern: use method: bayes",
    ]

    let problems = SweepProblems()

    /// - Throws: `invalid_argument` with everything that is wrong.
    static func read(_ source: JSON) throws -> SweepDefinition {
        let reader = DefinitionReader()
        let definition = reader.definition(source)
        guard reader.problems.all.isEmpty, let definition else { throw reader.problems.error }
        return definition
    }

    private func definition(_ source: JSON) -> SweepDefinition? {
        guard
            let top = DefinitionSection(
                source, path: [], known: DefinitionReader.keys + DefinitionReader.elsewhere.keys, problems: problems,
                example: "program: train.py, method: random, parameters: {lr: {min: 0.01, max: 0.1}}")
        else { return nil }
        for (key, advice) in DefinitionReader.elsewhere.sorted(by: { $0.key < $1.key }) where top[key] != nil {
            problems.add("'\(key)' is not supported", at: [key], isKey: true, suggestion: advice)
        }
        for key in ["entity", "project", "apiVersion"] { _ = top.text(key) }
        _ = top.choice("kind", of: ["sweep"])
        let method = method(top)
        let metric = metric(top)
        let parameters = parameters(top)
        let program = top.text("program")
        let command = command(top, program: program)
        let hyperband = hyperband(top)
        if metric == nil, top["metric"] == nil {
            if method == .bayes { problems.add("method bayes needs a metric", at: [], suggestion: "metric: {name: loss, goal: minimize}") }
            if top["early_terminate"] != nil {
                problems.add(
                    "early_terminate needs a metric", at: ["early_terminate"], isKey: true, suggestion: "metric: {name: loss, goal: minimize}")
            }
        }
        let cap = top.whole("run_cap", in: 1...SweepLimits.trials)
        guard let method, let command else { return nil }
        check(parameters, for: method)
        let stem = program.map { String($0.split(separator: "/").last ?? "").split(separator: ".").first.map(String.init) ?? "" }
        let name = [top.text("name"), top.text("project"), stem].compactMap { $0 }.first { !$0.isEmpty } ?? "sweep"
        if name.utf8.count > 200 { problems.add("the name is longer than 200 bytes", at: ["name"]) }
        return SweepDefinition(
            name: name, description: top.text("description"), method: method, metric: metric, parameters: parameters, command: command,
            hyperband: hyperband, runCap: cap, source: source)
    }

    private func method(_ top: DefinitionSection) -> SweepDefinition.Method? {
        guard top["method"] != nil else {
            top.missing("method", "random (or grid, bayes)")
            return nil
        }
        if top["method"] == "custom" {
            problems.add("method custom is not supported", at: ["method"], suggestion: "use grid, random or bayes")
            return nil
        }
        return top.choice("method", of: SweepDefinition.Method.allCases.map(\.rawValue)).flatMap { SweepDefinition.Method(rawValue: $0) }
    }

    private func metric(_ top: DefinitionSection) -> SweepMetric? {
        guard let value = top["metric"] else { return nil }
        let known = ["name", "goal", "target", "impute", "impute_while_running"]
        guard let section = DefinitionSection(value, path: ["metric"], known: known, problems: problems, example: "name: loss, goal: minimize") else {
            return nil
        }
        guard let name = section.text("name"), !name.isEmpty else {
            if section["name"] == nil { section.missing("name", "loss") }
            return nil
        }
        let imputations = SweepMetric.Imputation.allCases.map(\.rawValue)
        let whileRunning = section["impute_while_running"] == false ? nil : section.choice("impute_while_running", of: imputations + ["false"])
        return SweepMetric(
            name: name, isMaximized: section.choice("goal", of: ["minimize", "maximize"]) == "maximize", target: section.number("target"),
            impute: section.choice("impute", of: imputations).flatMap { SweepMetric.Imputation(rawValue: $0) } ?? .worst,
            imputeWhileRunning: whileRunning.flatMap { SweepMetric.Imputation(rawValue: $0) })
    }

    private func command(_ top: DefinitionSection, program: String?) -> CommandTemplate? {
        var parts = CommandTemplate.standard
        if let value = top["command"] {
            guard case .array(let list) = value, !list.isEmpty else {
                problems.add(
                    "must be a list, one entry an argument, not \(DefinitionSection.found(value))", at: ["command"],
                    suggestion: "[\"${env}\", python, train.py, \"${args}\"]")
                return nil
            }
            parts = []
            for (position, part) in list.enumerated() {
                switch part {
                case .string(let text): parts.append(text)
                case .int, .double, .bool: parts.append(CommandTemplate.text(part))
                case .null, .array, .object:
                    problems.add("must be text, not \(DefinitionSection.found(part))", at: ["command", String(position)])
                }
            }
        }
        for (position, part) in parts.enumerated() {
            guard let macro = CommandTemplate.unknownMacro(in: part) else { continue }
            problems.add("there is no macro '\(macro)'", at: ["command", String(position)], nearest: macro, in: CommandTemplate.macros)
        }
        if program == nil, parts.contains("${program}") {
            if top["program"] == nil { top.missing("program", "train.py") }
            return nil
        }
        return CommandTemplate(parts: parts, program: program)
    }

    private func hyperband(_ top: DefinitionSection) -> Hyperband? {
        guard let value = top["early_terminate"] else { return nil }
        let path = ["early_terminate"]
        let known = ["type", "min_iter", "max_iter", "s", "eta", "strict"]
        guard let section = DefinitionSection(value, path: path, known: known, problems: problems, example: "type: hyperband, min_iter: 3") else {
            return nil
        }
        if section["type"] == nil { section.missing("type", "hyperband") }
        _ = section.choice("type", of: ["hyperband"])
        let eta = section.number("eta") ?? 3
        let isStrict = section.bool("strict") ?? true
        if eta <= 1 { problems.add("eta must be greater than 1", at: path + ["eta"]) }
        guard eta > 1 else { return nil }
        if section["max_iter"] != nil {
            guard let most = section.whole("max_iter", in: 1...1_000_000_000) else { return nil }
            guard section["s"] != nil else {
                problems.add("max_iter needs s, the number of bands below it", at: path, suggestion: "s: 2, or min_iter: 3 instead of both")
                return nil
            }
            guard let count = section.whole("s", in: 1...100) else { return nil }
            let hyperband = Hyperband(maximum: most, count: count, eta: eta, isStrict: isStrict)
            if hyperband == nil { problems.add("no band: max_iter / eta is less than 1", at: path, suggestion: "raise max_iter, or lower eta") }
            return hyperband
        }
        guard section["min_iter"] != nil else {
            problems.add("needs min_iter, or max_iter and s", at: path, suggestion: "min_iter: 3")
            return nil
        }
        return section.whole("min_iter", in: 1...1_000_000_000).flatMap { Hyperband(minimum: $0, eta: eta, isStrict: isStrict) }
    }

    // MARK: Parameters

    private func parameters(_ top: DefinitionSection) -> [SweepParameter] {
        guard let value = top["parameters"] else {
            top.missing("parameters", "{lr: {min: 0.01, max: 0.1}}")
            return []
        }
        let found = ParameterReader(problems: problems).read(value, path: ["parameters"], prefix: [])
        var seen: Set<String> = []
        for parameter in found where !seen.insert(parameter.name).inserted {
            problems.add("two parameters are named '\(parameter.name)'", at: ["parameters"])
        }
        return found
    }

    private func check(_ parameters: [SweepParameter], for method: SweepDefinition.Method) {
        switch method {
        case .random: break
        case .bayes:
            if !parameters.isEmpty, parameters.allSatisfy(\.isConstant) {
                problems.add("method bayes needs a parameter that is not constant", at: ["parameters"])
            }
        case .grid:
            for parameter in parameters where parameter.gridCount == nil {
                var reason = "method grid cannot list the values of '\(parameter.name)': \(parameter.distribution) is continuous or without bounds"
                if parameter.distribution == "categorical_w_probabilities" { reason = "method grid knows no probabilities" }
                problems.add(
                    reason, at: ["parameters"] + parameter.path.flatMap { [$0, "parameters"] }.dropLast(),
                    suggestion: "give values: […], whole min and max, or a bounded distribution with q; or use method: random")
            }
            if SweepGrid(parameters) == nil, !parameters.contains(where: { $0.gridCount == nil }) {
                problems.add("the grid has more than \(SweepLimits.trials) combinations", at: ["parameters"], suggestion: "use method: random")
            }
        }
    }
}

/// What a sweep may not exceed.
package enum SweepLimits {
    /// Trials of one sweep, and combinations of a grid.
    package static let trials = 100_000
    /// Values of one categorical parameter.
    package static let values = 10_000
    /// Parameters, nested ones included.
    package static let parameters = 1000
    /// Trials at a time.
    package static let parallel = 64
    /// Bytes of a definition.
    package static let definition = 1 << 20
}
