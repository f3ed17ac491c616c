import Logging
import TernJobs
import TernKernel
import TernStore

/// Moves sweeps on. All that it knows is in SQL, so that another process can go on where this one was killed.
struct SweepExecutor: Sendable {
    let database: Database
    let queue: JobQueue
    let ports: SweepPorts
    let clock: WallClock
    /// Where trials' parameter files lie.
    let folder: String
    /// How often a running trial's metric is looked at.
    let poll: Period

    func register() {
        // How many trials run at a time is each sweep's own matter.
        queue.handle(SweepJob.trial, concurrency: SweepLimits.parallel) { context in try await TrialWork(executor: self, context: context).perform() }
        queue.handle(SweepJob.advance, concurrency: 4) { context in
            guard let id = context.payload["sweep"]?.stringValue else { return .null }
            try await closeRuns(of: id)
            try await advance(id)
            return .null
        }
    }

    func advanceJob(_ id: String, by: String) -> JobRequest {
        JobRequest(SweepJob.advance, payload: ["sweep": .string(id)], maxAttempts: 20, by: by)
    }

    /// Decides and performs until nothing is left to do now.
    func advance(_ id: String) async throws {
        for _ in 0..<100 {
            guard let sweep = try await database.read({ try SweepStore.sweep(id, $0) }), !sweep.state.isFinal else { return }
            var machine = sweep.machine
            let before = machine
            let actions = machine.decide()
            if actions.isEmpty, machine == before { return }
            // Outside the transaction, since a suggestion can take a second.
            let planned = plan(actions, sweep)
            let decided = machine
            let stops = try await database.write { [queue] transaction -> [JobID]? in
                // Somebody else moved it on meanwhile: look again.
                guard var current = try SweepStore.sweep(id, transaction.connection), current.revision == sweep.revision else { return nil }
                return try SweepTransition(queue: queue, transaction: transaction).perform(
                    actions, decided, planned: planned, on: &current, by: current.createdBy)
            }
            if let stops { queue.stopIfCancelled(stops) }
        }
    }

    private func plan(_ actions: [SweepMachine.Action], _ sweep: Sweep) -> [Trial] {
        let suggestion = TrialSuggestion(definition: sweep.definition, seed: sweep.seed)
        var planned: [Trial] = []
        for case .start(let number) in actions {
            guard let params = suggestion.params(of: number, after: sweep.trials + planned) else { break }
            planned.append(Trial(number: number, params: params))
        }
        return planned
    }

    /// Ends the tracking runs of trials that are over.
    private func closeRuns(of id: String) async throws {
        guard let sweep = try await database.read({ try SweepStore.sweep(id, $0) }) else { return }
        for trial in sweep.trials where trial.state.isFinal && !trial.isClosed {
            if let run = trial.run {
                do {
                    try await ports.finishRun(run, trial.state == .succeeded ? .finished : trial.state == .failed ? .failed : .killed)
                } catch let error as TernError where error.code == .notFound || error.code == .invalidArgument {
                    // Somebody deleted the run: there is nothing to end.
                }
            }
            try await database.write { try SweepStore.close(trial.number, of: id, in: $0) }
        }
    }

    /// After a crash: brings trials and jobs together again. A trial whose job is gone ends; a decision that was not made is made.
    func reconcile() async throws {
        for id in try await database.read({ try SweepStore.unfinished($0) }) {
            guard let sweep = try await database.read({ try SweepStore.sweep(id, $0) }) else { continue }
            for trial in sweep.trials where !trial.state.isFinal {
                guard let jobID = trial.job else { continue }
                let job = try? await queue.job(jobID)
                guard job?.state.isFinal ?? true else { continue }
                let reason = "its job ended without a word: \(job?.error ?? "no reason known")"
                try await database.write { transaction in
                    guard var current = try SweepStore.sweep(id, transaction.connection),
                        var found = current.trials.first(where: { $0.number == trial.number }), !found.state.isFinal
                    else { return }
                    found.state = found.stopAs ?? (job?.state == .cancelled ? .stopped : .failed)
                    if found.state == .failed { found.error = reason }
                    found.endedAt = transaction.now
                    try SweepStore.update(found, of: id, in: transaction)
                    current.revision += 1
                    try SweepStore.update(current, in: transaction)
                }
            }
            try await queue.enqueue(advanceJob(id, by: sweep.createdBy))
        }
    }
}
