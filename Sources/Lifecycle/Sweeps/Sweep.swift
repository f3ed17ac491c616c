import TernKernel

/// A search under way, or over.
package struct Sweep: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case running
        /// Starts no further trials; those that run go on.
        case paused
        /// Waits for its last trials to end.
        case stopping
        case finished, stopped, failed

        package var isFinal: Bool { self == .finished || self == .stopped || self == .failed }
    }

    /// Why a sweep ends.
    package enum Ending: String, Sendable, CaseIterable {
        /// Every combination was tried, or as many trials as were wanted.
        case exhausted
        case target
        /// Somebody stopped it.
        case person
        /// The first trials all failed, or every trial did.
        case failures

        /// The state that it leads to.
        var state: State {
            switch self {
            case .exhausted, .target: .finished
            case .person: .stopped
            case .failures: .failed
            }
        }

        /// In words.
        package var sentence: String {
            switch self {
            case .exhausted: "all its trials have ended"
            case .target: "a trial reached the target"
            case .person: "it was stopped"
            case .failures: "its trials failed, and none succeeded"
            }
        }
    }

    package var id: String
    package var definition: SweepDefinition
    /// Where the command runs.
    package var folder: String
    package var state: State
    package var ending: Ending?
    package var seed: Int64
    package var parallel: Int
    /// How many trials at most; nil is no limit but the grid's.
    package var cap: Int?
    /// Of one trial.
    package var timeout: Period?
    package var createdBy: String
    package var createdAt: Timestamp
    package var endedAt: Timestamp?
    /// Counts its changes, so that a decision made on an old state is not carried out.
    var revision: Int64 = 0
    /// How many trials there were when it was taken up again after its end.
    var resumedAfter = 0
    package var trials: [Trial]

    package var name: String { definition.name }

    /// The trial with the best result so far, of those that ended well.
    package var best: Trial? {
        guard let metric = definition.metric else { return nil }
        func cost(_ trial: Trial) -> Double { trial.objective.map(metric.cost) ?? .infinity }
        return trials.filter { $0.state == .succeeded && $0.objective != nil }.min { (cost($0), $0.number) < (cost($1), $1.number) }
    }

    /// How many trials there will be at most.
    var total: Int? {
        let grid = definition.method == .grid ? SweepGrid(definition.parameters)?.count : nil
        return [grid, cap].compactMap { $0 }.min()
    }
}

extension Sweep {
    /// As the API gives it, without its trials.
    package var summary: JSON {
        var fields: [String: JSON] = [
            "id": .string(id), "name": .string(name), "description": JSON(definition.description), "method": .string(definition.method.rawValue),
            "state": .string(state.rawValue), "ending": JSON(ending?.rawValue), "reason": JSON(ending?.sentence), "folder": .string(folder),
            "seed": .int(seed), "parallel": JSON(parallel), "run_cap": JSON(cap), "total": JSON(total), "timeout": JSON(timeout?.description),
            "created_by": .string(createdBy), "created_at": .string(createdAt.description), "ended_at": JSON(endedAt?.description),
            "experiment": .string(name), "parameters": JSON(definition.parameters.map(\.name)),
        ]
        if let metric = definition.metric {
            fields["metric"] = [
                "name": .string(metric.name), "goal": metric.isMaximized ? "maximize" : "minimize", "target": JSON(metric.target),
            ]
        }
        fields["counts"] = .object(
            Dictionary(uniqueKeysWithValues: Trial.State.allCases.map { state in (state.rawValue, JSON(trials.count { $0.state == state })) }))
        if let best {
            let flat = TrialParams.flat(definition.parameters, best.params)
            fields["best"] = [
                "number": JSON(best.number), "objective": JSON(best.objective), "run": JSON(best.run), "params": best.params,
                "command": .string(definition.command.line(flat, params: best.params)),
            ]
        }
        return .object(fields)
    }

    /// The same with its trials and its definition.
    package var json: JSON {
        guard case .object(var fields) = summary else { return .null }
        fields["trials"] = .array(trials.map(\.json))
        fields["definition"] = definition.source
        return .object(fields)
    }
}
