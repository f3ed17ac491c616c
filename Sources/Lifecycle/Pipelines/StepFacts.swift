import TernKernel

/// Everything that a step's result depends on. Equal facts, equal result: that is the cache.
struct StepFacts: Codable, Hashable, Sendable {
    /// `run`, `evaluate` or `register`.
    var kind: String
    /// The command line, or what the built-in step was asked.
    var command: String
    /// Digests, by label.
    var inputs: [String: String]
    var params: [String: JSON]
    var outputs: [String]
    /// Digests, by path.
    var code: [String: String]
    var packages: [String]?

    /// The name under which the result is found again.
    func key() throws -> Digest { Digest(of: try JSON(encoding: self).description) }

    /// What a hit shares with the run it reuses.
    var sameness: String { kind == "run" ? "same inputs, command, params and code" : "same inputs" }

    /// What changed since `old`, each as a phrase; empty when nothing did.
    func changes(since old: StepFacts) -> [String] {
        var changes: [String] = []
        changes += StepFacts.changes("input", from: old.inputs, to: inputs) { String($0.prefix(4)) + "…" }
        changes += StepFacts.changes("param", from: old.params, to: params) { $0.description }
        if command != old.command { changes.append(kind == "run" ? "the command changed" : "what it is asked changed") }
        changes += StepFacts.changes("code", from: old.code, to: code) { String($0.prefix(4)) + "…" }
        if outputs != old.outputs { changes.append("the list of outputs changed") }
        if packages != old.packages { changes.append(StepFacts.packageChange(from: old.packages ?? [], to: packages ?? [])) }
        return changes
    }

    private static func changes<Value: Equatable>(
        _ what: String, from old: [String: Value], to new: [String: Value], _ show: (Value) -> String
    ) -> [String] {
        Set(old.keys).union(new.keys).sorted().compactMap { name in
            switch (old[name], new[name]) {
            case (let before?, let after?): before == after ? nil : "\(what) \(name) changed (\(show(before)) → \(show(after)))"
            case (nil, _?): "\(what) \(name) is new"
            case (_?, nil): "\(what) \(name) is gone"
            case (nil, nil): nil
            }
        }
    }

    private static func packageChange(from old: [String], to new: [String]) -> String {
        let gone = Set(old).subtracting(new).sorted()
        let come = Set(new).subtracting(old).sorted()
        let shown = (gone.map { "-\($0)" } + come.map { "+\($0)" }).prefix(4).joined(separator: " ")
        return "Python packages changed (\(shown)\(gone.count + come.count > 4 ? " …" : ""))"
    }
}

/// Why a step ran or did not, in the words that people read.
enum StepCause {
    static func cached(_ facts: StepFacts, run: String) -> String { "cached: \(facts.sameness) as run \(run)" }

    static let cacheOff = "ran: caching is off for this step"

    /// - Parameter last: the latest run in which the step ended well.
    static func ran(_ facts: StepFacts, last: (run: String, facts: StepFacts)?) -> String {
        guard let last else { return "ran: first run of this step" }
        let changes = facts.changes(since: last.facts)
        guard !changes.isEmpty else { return "ran: the stored result of run \(last.run) is gone" }
        let shown = changes.prefix(4).joined(separator: "; ")
        return "ran: \(shown)\(changes.count > 4 ? "; and \(changes.count - 4) more" : "")"
    }
}
