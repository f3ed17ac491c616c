import Foundation
import TernKernel
import TernStats

/// Reads `parameters:`, nested ones included, in the order of their names.
struct ParameterReader {
    /// Which keys each distribution takes, beside `distribution`; those before the bar must be there.
    private static let keys: [String: (needed: [String], optional: [String])] = [
        "constant": (["value"], []), "categorical": (["values"], []), "categorical_w_probabilities": (["values", "probabilities"], []),
        "int_uniform": (["min", "max"], []), "uniform": (["min", "max"], []), "q_uniform": (["min", "max"], ["q"]),
        "log_uniform": (["min", "max"], []), "log_uniform_values": (["min", "max"], []), "inv_log_uniform": (["min", "max"], []),
        "inv_log_uniform_values": (["min", "max"], []), "q_log_uniform": (["min", "max"], ["q"]), "q_log_uniform_values": (["min", "max"], ["q"]),
        "normal": ([], ["mu", "sigma"]), "q_normal": ([], ["mu", "sigma", "q"]), "log_normal": ([], ["mu", "sigma"]),
        "q_log_normal": ([], ["mu", "sigma", "q"]), "beta": ([], ["a", "b"]), "q_beta": ([], ["a", "b", "q"]),
    ]
    static let distributions = keys.keys.sorted()

    let problems: SweepProblems

    func read(_ value: JSON, path: [String], prefix: [String]) -> [SweepParameter] {
        let example = "lr: {min: 0.01, max: 0.1}"
        guard let section = DefinitionSection(value, path: path, known: nil, problems: problems, example: example) else { return [] }
        if section.fields.isEmpty { problems.add("there are no parameters", at: path, suggestion: "for example: {\(example)}") }
        guard prefix.count < 20, section.fields.count <= SweepLimits.parameters else {
            problems.add("more than 20 levels, or more than \(SweepLimits.parameters) parameters", at: path)
            return []
        }
        return section.fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { name, value -> [SweepParameter] in
            let place = path + [name]
            guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.\-]*/) != nil, name.utf8.count <= 200 else {
                problems.add(
                    "'\(name)' is not a parameter's name", at: place, isKey: true,
                    suggestion: "a letter or '_', then letters, digits, '_', '.' and '-', at most 200")
                return []
            }
            if let nested = value["parameters"] {
                _ = DefinitionSection(value, path: place, known: ["parameters"], problems: problems)
                return read(nested, path: place + ["parameters"], prefix: prefix + [name])
            }
            return parameter(value, path: place, named: prefix + [name]).map { [$0] } ?? []
        }
    }

    private func parameter(_ value: JSON, path: [String], named name: [String]) -> SweepParameter? {
        guard case .object(let fields) = value else {
            problems.add(
                "a parameter must be a mapping, not \(DefinitionSection.found(value))", at: path,
                suggestion: "{value: \(value.arrayValue == nil ? value.description : "…")} for a constant, {values: […]} for a choice")
            return nil
        }
        guard let distribution = distribution(fields, path) else { return nil }
        guard let known = ParameterReader.keys[distribution] else {
            problems.add(
                "there is no distribution '\(distribution)'", at: path + ["distribution"], nearest: distribution, in: ParameterReader.distributions)
            return nil
        }
        let keys = known.needed + known.optional + ["distribution"]
        guard let section = DefinitionSection(value, path: path, known: keys, problems: problems) else { return nil }
        let missing = known.needed.filter { section[$0] == nil }
        guard missing.isEmpty else {
            problems.add("\(distribution) needs \(missing.map { "'\($0)'" }.joined(separator: " and "))", at: path)
            return nil
        }
        return space(distribution, section).map { SweepParameter(path: name, space: $0, distribution: distribution) }
    }

    /// As it is named, or as the other keys imply.
    private func distribution(_ fields: [String: JSON], _ path: [String]) -> String? {
        if let named = fields["distribution"] {
            if let text = named.stringValue { return text }
            problems.add("must be a name, not \(DefinitionSection.found(named))", at: path + ["distribution"])
            return nil
        }
        if fields["value"] != nil { return "constant" }
        if fields["values"] != nil { return fields["probabilities"] == nil ? "categorical" : "categorical_w_probabilities" }
        if let low = fields["min"], let high = fields["max"] {
            if case .int = low, case .int = high { return "int_uniform" }
            return "uniform"
        }
        problems.add(
            "has no values to take", at: path,
            suggestion: fields.isEmpty || fields["min"] != nil || fields["max"] != nil
                ? "min and max, values, or value" : "value, values, min and max, or a distribution")
        return nil
    }

    private func space(_ distribution: String, _ section: DefinitionSection) -> SweepParameter.Space? {
        switch distribution {
        case "constant": return section["value"].map { .constant($0) }
        case "categorical": return values(section).map { .categorical($0, probabilities: nil) }
        case "categorical_w_probabilities": return weighted(section)
        case "int_uniform": return integers(section)
        default: break
        }
        var step: Double?
        var isWhole = false
        if distribution.hasPrefix("q_") {
            let q = section.number("q") ?? 1
            guard q > 0 else {
                problems.add("q must be greater than 0", at: section.path + ["q"])
                return nil
            }
            step = q
            if case .double? = section["q"] { isWhole = false } else { isWhole = true }
        }
        guard let shape = shape(distribution.hasPrefix("q_") ? String(distribution.dropFirst(2)) : distribution, section) else { return nil }
        if let step {
            guard let counts = shape.counts(of: step) else {
                problems.add("no multiple of \(JSON.number(step)) lies in the range", at: section.path)
                return nil
            }
            // Beyond this, whole numbers are no longer exact in floating point.
            guard isWhole == false || shape.support.upperBound == .infinity || counts.upperBound * step < 0x1p53 else {
                problems.add("the range is too large for whole numbers", at: section.path)
                return nil
            }
        }
        return .number(shape, step: step, isWhole: isWhole)
    }

    private func values(_ section: DefinitionSection) -> [JSON]? {
        guard let values = section.list("values") else { return nil }
        guard values.count <= SweepLimits.values else {
            problems.add("more than \(SweepLimits.values) values", at: section.path + ["values"])
            return nil
        }
        return values
    }

    private func weighted(_ section: DefinitionSection) -> SweepParameter.Space? {
        guard let values = values(section), let list = section.list("probabilities") else { return nil }
        let place = section.path + ["probabilities"]
        let shares = list.compactMap { share -> Double? in
            switch share {
            case .int(let value): Double(value)
            case .double(let value): value
            default: nil
            }
        }
        guard shares.count == list.count, shares.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            problems.add("probabilities must be numbers of at least 0", at: place)
            return nil
        }
        guard shares.count == values.count else {
            problems.add("there are \(values.count) values and \(shares.count) probabilities", at: place)
            return nil
        }
        let sum = shares.reduce(0, +)
        guard abs(sum - 1) <= 1e-6 else {
            problems.add("the probabilities add up to \(JSON.number(sum)), not to 1", at: place)
            return nil
        }
        return .categorical(values, probabilities: shares)
    }

    private func integers(_ section: DefinitionSection) -> SweepParameter.Space? {
        func whole(_ key: String) -> Int64? {
            guard case .int(let value)? = section[key], value.magnitude <= 1 << 53 else {
                problems.add("must be a whole number below 2^53", at: section.path + [key])
                return nil
            }
            return value
        }
        guard let low = whole("min"), let high = whole("max") else { return nil }
        guard low < high else {
            problems.add("min \(low) is not less than max \(high)", at: section.path + ["min"])
            return nil
        }
        return .integers(min: low, max: high)
    }

    private func shape(_ name: String, _ section: DefinitionSection) -> SearchDistribution? {
        func positive(_ key: String, _ standard: Double) -> Double? {
            let value = section.number(key) ?? standard
            if value > 0 { return value }
            problems.add("\(key) must be greater than 0", at: section.path + [key])
            return nil
        }
        switch name {
        case "normal", "log_normal":
            guard let sigma = positive("sigma", 1) else { return nil }
            let mu = section.number("mu") ?? 0
            return name == "normal" ? .normal(mean: mu, deviation: sigma) : .logNormal(mean: mu, deviation: sigma)
        case "beta":
            guard let a = positive("a", 1), let b = positive("b", 1) else { return nil }
            return .beta(a: a, b: b)
        default: break
        }
        guard let low = section.number("min"), let high = section.number("max") else { return nil }
        guard low < high, (high - low).isFinite else {
            problems.add("min \(JSON.number(low)) is not less than max \(JSON.number(high)), or too far from it", at: section.path + ["min"])
            return nil
        }
        if name.hasSuffix("_values") {
            guard low > 0 else {
                problems.add("min must be greater than 0 for \(name)", at: section.path + ["min"])
                return nil
            }
            return name.hasPrefix("inv_") ? .inverseLogUniform(low: -log(high), high: -log(low)) : .logUniform(low: log(low), high: log(high))
        }
        if name == "uniform" { return .uniform(min: low, max: high) }
        // Exponents: e^700 is near the greatest number there is.
        guard abs(low) <= 700, abs(high) <= 700 else {
            problems.add(
                "min and max are exponents of base e here and may not exceed 700", at: section.path,
                suggestion: "\(name)_values takes the limits themselves")
            return nil
        }
        return name == "log_uniform" ? .logUniform(low: low, high: high) : .inverseLogUniform(low: low, high: high)
    }
}
