import TernStats

/// Decides what a sweep does next; a value without a clock, SQL or processes.
struct SweepMachine: Hashable, Sendable {
    /// What is known of a trial.
    struct View: Hashable, Sendable {
        var number: Int
        var state: Trial.State
        /// The metric's latest value as one to be made small.
        var cost: Double?
        var curve: Hyperband.Curve?
        var isStopping = false
    }

    enum Action: Hashable, Sendable {
        /// Suggest values for this number and run them.
        case start(number: Int)
        /// Stop a trial, which becomes `as`.
        case stop(number: Int, as: Trial.State)
        /// Run a trial that was stopped once more, with its own values.
        case again(number: Int)
        case finish(Sweep.State)
    }

    /// So many trials that all fail at the beginning end the sweep: the command is wrong, not its values.
    static let failuresAtBeginning = 5

    var state: Sweep.State
    var ending: Sweep.Ending?
    var parallel: Int
    /// How many trials there may be; nil is no limit.
    var total: Int?
    /// The cost that is good enough.
    var target: Double?
    var hyperband: Hyperband?
    /// Trials up to this number were there when the sweep was taken up again: their failures and results do not end it once more.
    var resumedAfter = 0
    /// By number.
    var trials: [View]

    private var active: [View] { trials.filter { !$0.state.isFinal } }

    mutating func pause() { if state == .running { state = .paused } }

    mutating func stop() {
        guard !state.isFinal else { return }
        end(.person)
    }

    /// Goes on after a pause, or after an end: trials that were stopped with it run again.
    mutating func resume() -> [Action] {
        guard state == .paused || state.isFinal else { return [] }
        let wasOver = state.isFinal
        state = .running
        ending = nil
        guard wasOver else { return [] }
        resumedAfter = trials.map(\.number).max() ?? 0
        return trials.filter { $0.state == .stopped }.map { .again(number: $0.number) }
    }

    private mutating func end(_ reason: Sweep.Ending) {
        state = .stopping
        ending = reason
    }

    /// What is to be done now. Asked again with the outcome, it has nothing more to say until something happens.
    mutating func decide() -> [Action] {
        guard !state.isFinal else { return [] }
        let wasStopping = state == .stopping
        if !wasStopping { judge() }
        if state == .stopping { return close(justNow: !wasStopping) }
        var actions = prune()
        guard state == .running else { return actions }
        var next = (trials.map(\.number).max() ?? 0) + 1
        var free = parallel - active.count
        while free > 0, total.map({ next <= $0 }) ?? true {
            actions.append(.start(number: next))
            next += 1
            free -= 1
        }
        return actions
    }

    /// Whether it is over.
    private mutating func judge() {
        let fresh = trials.filter { $0.number > resumedAfter || !$0.state.isFinal }
        if let target, fresh.contains(where: { meets(target, $0) }) { return end(.target) }
        let ended = fresh.filter(\.state.isFinal)
        if ended.count >= SweepMachine.failuresAtBeginning, ended.allSatisfy({ $0.state == .failed }) { return end(.failures) }
        if let total, trials.count >= total, active.isEmpty {
            end(!trials.isEmpty && trials.allSatisfy { $0.state == .failed } ? .failures : .exhausted)
        }
    }

    /// A failed trial's last value is no result.
    private func meets(_ target: Double, _ trial: View) -> Bool {
        trial.state != .failed && trial.state != .stopped && (trial.cost.map { $0 <= target } ?? false)
    }

    private mutating func close(justNow: Bool) -> [Action] {
        let active = active
        if active.isEmpty {
            let final = (ending ?? .person).state
            state = final
            return [.finish(final)]
        }
        // The trial that reached the target runs to its end, also if its value moves away from it again.
        if ending == .target, !justNow { return [] }
        return active.filter { trial in
            !trial.isStopping && !(ending == .target && target.map { meets($0, trial) } ?? false)
        }.map { .stop(number: $0.number, as: .stopped) }
    }

    private func prune() -> [Action] {
        guard let hyperband else { return [] }
        let thresholds = hyperband.thresholds(trials.compactMap(\.curve))
        return trials.filter { trial in
            trial.state == .running && !trial.isStopping && (trial.curve.map { hyperband.stops($0, thresholds) } ?? false)
        }.map { .stop(number: $0.number, as: .pruned) }
    }
}

extension Sweep {
    var machine: SweepMachine {
        SweepMachine(
            state: state, ending: ending, parallel: parallel, total: total,
            target: definition.metric.flatMap { metric in metric.target.map(metric.cost) },
            hyperband: definition.hyperband, resumedAfter: resumedAfter,
            trials: trials.map { trial in
                SweepMachine.View(
                    number: trial.number, state: trial.state, cost: trial.objective.flatMap { definition.metric?.cost($0) }, curve: trial.curve,
                    isStopping: trial.stopAs != nil)
            })
    }
}
