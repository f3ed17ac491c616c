import TernKernel

/// Decides what a run does next: which steps are ready, what a failure stops, when it has ended. Knows neither SQL nor processes.
struct RunMachine: Equatable {
    struct Step: Equatable {
        var name: String
        var needs: [String]
        var retries: Int
        var state: StepRun.State = .pending
        var attempt = 0
        var tries = 0
        /// Whether a job for the present attempt exists.
        var isEnqueued = false
    }

    enum Outcome: Equatable {
        case succeeded, cached, cancelled
        /// Whether another attempt could help.
        case failed(canRetry: Bool)
    }

    enum Event: Equatable {
        case opened
        case started(step: String, attempt: Int)
        case ended(step: String, attempt: Int, Outcome)
        case cancel
        /// It cannot even begin.
        case refused
        /// Runs what did not end well once more.
        case retry
    }

    enum Action: Equatable {
        case enqueue(step: String, attempt: Int, wait: Period)
        case stop(step: String)
        case finish(PipelineRun.State)
    }

    var state: PipelineRun.State = .queued
    var cancelRequested = false
    var steps: [Step]

    /// Events that come late, twice, or from an earlier attempt change nothing.
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .opened:
            guard state == .queued else { return [] }
            state = .running
            return advance()
        case .started(let name, let attempt):
            guard let index = current(name, attempt) else { return [] }
            steps[index].state = .running
            return []
        case .ended(let name, let attempt, let outcome):
            guard let index = current(name, attempt) else { return [] }
            return end(index, outcome) + advance()
        case .cancel: return cancel()
        case .refused:
            guard state == .queued else { return [] }
            for index in steps.indices { steps[index].state = .skipped }
            state = .failed
            return [.finish(.failed)]
        case .retry:
            guard state == .failed || state == .cancelled else { return [] }
            for index in steps.indices where !steps[index].state.isGood {
                steps[index].state = .pending
                steps[index].tries = 0
                steps[index].isEnqueued = false
            }
            state = .running
            cancelRequested = false
            return advance()
        }
    }

    /// Whether this attempt of the step is still going on.
    func isCurrent(_ name: String, _ attempt: Int) -> Bool { current(name, attempt) != nil }

    /// The step, if this attempt of it is still going on.
    private func current(_ name: String, _ attempt: Int) -> Int? {
        guard !state.isFinal else { return nil }
        return steps.firstIndex { $0.name == name && $0.attempt == attempt && $0.isEnqueued && !$0.state.isFinal }
    }

    private mutating func end(_ index: Int, _ outcome: Outcome) -> [Action] {
        switch outcome {
        case .succeeded: steps[index].state = .succeeded
        case .cached: steps[index].state = .cached
        case .cancelled:
            // One step that a person stopped stops the run.
            steps[index].state = .cancelled
            return cancelRequested ? [] : cancel()
        case .failed(let canRetry):
            if canRetry, !cancelRequested, steps[index].tries <= steps[index].retries {
                steps[index].state = .pending
                return [enqueue(index, wait: RunMachine.wait(after: steps[index].tries))]
            }
            steps[index].state = .failed
        }
        return []
    }

    private mutating func cancel() -> [Action] {
        guard !state.isFinal else { return [] }
        cancelRequested = true
        var actions: [Action] = []
        for index in steps.indices where !steps[index].state.isFinal {
            if steps[index].isEnqueued { actions.append(.stop(step: steps[index].name)) }
            if steps[index].state == .pending { steps[index].state = .cancelled }
        }
        return actions + advance()
    }

    private mutating func advance() -> [Action] {
        guard state == .running || cancelRequested, !state.isFinal else { return [] }
        var actions: [Action] = []
        var changed = true
        while changed {
            changed = false
            for index in steps.indices where steps[index].state == .pending && !steps[index].isEnqueued {
                let needed = steps[index].needs.compactMap { name in steps.first { $0.name == name }?.state }
                if needed.contains(where: { $0.isFinal && !$0.isGood }) {
                    steps[index].state = .skipped
                    changed = true
                } else if needed.allSatisfy(\.isGood) {
                    actions.append(enqueue(index, wait: .zero))
                }
            }
        }
        if steps.allSatisfy(\.state.isFinal) {
            state = cancelRequested ? .cancelled : steps.allSatisfy(\.state.isGood) ? .succeeded : .failed
            actions.append(.finish(state))
        }
        return actions
    }

    private mutating func enqueue(_ index: Int, wait: Period) -> Action {
        steps[index].attempt += 1
        steps[index].tries += 1
        steps[index].isEnqueued = true
        return .enqueue(step: steps[index].name, attempt: steps[index].attempt, wait: wait)
    }

    /// One second, then two, four, … up to a minute.
    private static func wait(after tries: Int) -> Period { .seconds(Double(min(60, 1 << min(tries - 1, 6)))) }
}
