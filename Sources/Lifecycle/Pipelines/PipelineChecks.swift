import TernJobs
import TernKernel

extension StepDefinition {
    /// Everything it reads, whichever way it is declared.
    var allInputs: [StepInput] {
        var all = inputs
        switch action {
        case .run: break
        case .evaluate(let model, let table, _): all += [model, table]
        case .register(_, let model, let holdout, let reference): all += [model] + [holdout, reference].compactMap { $0 }
        }
        var seen: Set<StepInput> = []
        return all.filter { seen.insert($0).inserted }
    }

    /// The steps that must have ended well before it starts.
    var needs: [String] {
        let steps = allInputs.compactMap { input in if case .output(let step, _) = input { step } else { nil } }
        var seen: Set<String> = []
        return (steps + after).filter { seen.insert($0).inserted }
    }
}

extension StepInput {
    /// As `tern.yaml` writes it.
    var label: String {
        switch self {
        case .dataset(let name): "dataset:\(name)"
        case .output(let step, let file): "\(step)/\(file)"
        case .file(let path): "file:\(path)"
        }
    }
}

extension PipelineDefinition {
    /// The datasets that its steps read.
    var datasets: Set<String> {
        Set(steps.flatMap(\.allInputs).compactMap { input in if case .dataset(let name) = input { name } else { nil } })
    }

    /// - Throws: `invalid_argument` naming the step at fault.
    func check() throws {
        guard !steps.isEmpty else { throw TernError.invalid("pipeline '\(name)' has no steps") }
        var outputs: [String: Set<String>] = [:]
        for step in steps {
            guard PipelineDefinition.isPlain(step.name) else {
                throw TernError.invalid("pipeline '\(name)': '\(step.name)' is not a step name", hint: "use letters, digits, '_', '-' and '.'")
            }
            guard outputs.updateValue(Set(step.outputs), forKey: step.name) == nil else {
                throw TernError.invalid("pipeline '\(name)' has two steps named '\(step.name)'")
            }
            for output in step.outputs where !PipelineDefinition.isPlain(output) {
                throw TernError.invalid(
                    "pipeline '\(name)', step '\(step.name)': '\(output)' is not a file name", hint: "name a file, without folders")
            }
            guard Set(step.outputs).count == step.outputs.count else {
                throw TernError.invalid("pipeline '\(name)', step '\(step.name)' names an output twice")
            }
        }
        for step in steps {
            for input in step.allInputs {
                if case .output(let source, let file) = input, outputs[source]?.contains(file) != true {
                    let known = outputs[source].map { $0.isEmpty ? "it writes nothing" : "it writes \($0.sorted().joined(separator: ", "))" }
                    throw TernError.invalid(
                        "pipeline '\(name)', step '\(step.name)' reads \(source)/\(file), which no step writes",
                        hint: known ?? "there is no step '\(source)'")
                }
                if case .file(let path) = input, path.hasPrefix("/") || path.split(separator: "/").contains("..") {
                    throw TernError.invalid("pipeline '\(name)', step '\(step.name)': the file '\(path)' lies outside the project")
                }
            }
            for other in step.after where outputs[other] == nil {
                throw TernError.invalid("pipeline '\(name)', step '\(step.name)' comes after '\(other)', which does not exist")
            }
        }
        try checkCycles()
        if let schedule {
            _ = try Schedule(name: name, cron: schedule, timezone: timezone ?? "UTC", kind: "check").next(after: Timestamp(milliseconds: 0))
        }
    }

    private func checkCycles() throws {
        var waiting = Dictionary(uniqueKeysWithValues: steps.map { ($0.name, Set($0.needs)) })
        while let ready = waiting.first(where: { $0.value.isEmpty })?.key {
            waiting[ready] = nil
            for name in waiting.keys { waiting[name]?.remove(ready) }
        }
        guard var step = waiting.keys.min() else { return }
        // Every step left waits for another one left, so that following them comes round.
        var path: [String] = []
        while !path.contains(step) {
            path.append(step)
            step = waiting[step]?.min() ?? step
        }
        let cycle = path.drop { $0 != step } + [step]
        throw TernError.invalid(
            "the steps of pipeline '\(name)' wait for each other: \(cycle.joined(separator: " → "))",
            hint: "take one of these 'in' or 'after' entries out")
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".")
            && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-. ".unicodeScalars.contains($0) }
    }

    /// The parameters of a run: the defaults, with `given` over them.
    ///
    /// - Throws: `invalid_argument` for a name that the pipeline does not have, or a value of another type.
    func params(with given: [String: JSON]) throws -> [String: JSON] {
        var all = params
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            guard let standard = params[key] else {
                let names = params.keys.sorted().joined(separator: ", ")
                throw TernError.invalid(
                    "pipeline '\(name)' has no parameter '\(key)'", hint: names.isEmpty ? "it has none" : "it has: \(names)")
            }
            guard standard.isNull || standard.type == value.type else {
                throw TernError.invalid("parameter '\(key)' of pipeline '\(name)' must be \(standard.type), not \(value)")
            }
            all[key] = value
        }
        return all
    }
}

extension JSON {
    fileprivate var type: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .int, .double: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
