import TernKernel

/// One thing wrong with a definition, and where in it.
struct SweepProblem {
    /// Keys, and positions in lists, from the top of the file.
    var path: [String]
    /// Whether it is the key itself that is wrong, and not its value.
    var isKey = false
    var message: String
    var suggestion: String?
}

/// Gathers what is wrong, so that a person sees all of it at once.
final class SweepProblems {
    private(set) var all: [SweepProblem] = []

    func add(_ message: String, at path: [String], isKey: Bool = false, suggestion: String? = nil) {
        all.append(SweepProblem(path: path, isKey: isKey, message: message, suggestion: suggestion))
    }

    /// The same, with the nearest of `known` as suggestion.
    func add(_ message: String, at path: [String], isKey: Bool = false, nearest word: String, in known: [String]) {
        let nearest = known.map { (name: $0, distance: EditDistance.between(word, $0)) }.min { $0.distance < $1.distance }
        let isNear = nearest.map { $0.distance <= max(2, word.count / 3) } ?? false
        add(
            message, at: path, isKey: isKey,
            suggestion: isNear ? nearest.map { "did you mean '\($0.name)'?" } : "known: \(known.sorted().joined(separator: ", "))")
    }

    /// All of them in one error. `details.problems` has their paths, from which the command line finds line and column.
    var error: TernError {
        let lines = all.map { problem in
            let place = problem.path.isEmpty ? "" : problem.path.joined(separator: ".") + ": "
            return place + problem.message + (problem.suggestion.map { " (\($0))" } ?? "")
        }
        return TernError(
            .invalidArgument, lines.joined(separator: "\n"), hint: "docs/sweeps.md has the whole format",
            details: [
                "problems": .array(
                    all.map {
                        [
                            "path": JSON($0.path), "is_key": .bool($0.isKey), "message": .string($0.message), "suggestion": JSON($0.suggestion),
                        ]
                    })
            ])
    }
}

/// A mapping of the definition that is being read: typed look-ups that report what is missing, of the wrong type or unknown.
struct DefinitionSection {
    let fields: [String: JSON]
    let path: [String]
    let problems: SweepProblems

    /// Nil, with a problem, when the value is not a mapping.
    /// - Parameter known: every key that may stand here; nil where people choose the keys.
    init?(_ value: JSON, path: [String], known: [String]?, problems: SweepProblems, example: String = "key: value") {
        guard case .object(let fields) = value else {
            problems.add(
                "must be a mapping of keys to values, not \(DefinitionSection.found(value))", at: path, suggestion: "for example: {\(example)}")
            return nil
        }
        self.fields = fields
        self.path = path
        self.problems = problems
        guard let known else { return }
        for key in fields.keys.sorted() where !known.contains(key) {
            problems.add("unknown key '\(key)'", at: path + [key], isKey: true, nearest: key, in: known)
        }
    }

    subscript(key: String) -> JSON? { fields[key] }

    func missing(_ key: String, _ example: String) {
        problems.add("'\(key)' is missing", at: path, suggestion: "for example: \(key): \(example)")
    }

    // MARK: Typed look-ups. Each reports a wrong type and answers nil then, as for a missing key.

    func text(_ key: String) -> String? { read(key, "text") { $0.stringValue } }

    func number(_ key: String) -> Double? {
        read(key, "a number") { value in
            switch value {
            case .int(let value): Double(value)
            case .double(let value): value.isFinite ? value : nil
            default: nil
            }
        }
    }

    func whole(_ key: String, in range: ClosedRange<Int>) -> Int? {
        read(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
            value.intValue.flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func bool(_ key: String) -> Bool? { read(key, "true or false") { $0.boolValue } }

    func choice(_ key: String, of known: [String]) -> String? {
        guard let word = text(key) else { return nil }
        if known.contains(word) { return word }
        problems.add("there is no \(key) '\(word)'", at: path + [key], nearest: word, in: known)
        return nil
    }

    func list(_ key: String) -> [JSON]? {
        guard let list = read(key, "a list", { $0.arrayValue }) else { return nil }
        if list.isEmpty { problems.add("the list is empty", at: path + [key]) }
        return list.isEmpty ? nil : list
    }

    private func read<Value>(_ key: String, _ expected: String, _ convert: (JSON) -> Value?) -> Value? {
        guard let value = fields[key] else { return nil }
        if let converted = convert(value) { return converted }
        problems.add("must be \(expected), not \(DefinitionSection.found(value))", at: path + [key])
        return nil
    }

    static func found(_ value: JSON) -> String {
        switch value {
        case .null: "nothing"
        case .array: "a list"
        case .object: "a mapping"
        default: "'\((value.stringValue ?? value.description).prefix(60))'"
        }
    }
}
