import TernJobs
import TernKernel
import TernStore

/// The kinds of jobs that sweeps are made of.
enum SweepJob {
    /// One attempt of one trial.
    static let trial = "sweep-trial"
    /// Ends the tracking runs of trials that are over, and decides what is next.
    static let advance = "sweep-advance"
}

/// Performs what the machine decided, in one transaction: sweep, trials, jobs and ledger.
struct SweepTransition {
    let queue: JobQueue
    let transaction: Transaction

    /// - Parameters:
    ///   - machine: the sweep's, after it decided.
    ///   - planned: the trials to start.
    ///   - by: whose doing an end is.
    /// - Returns: the jobs to stop once this is committed.
    func perform(
        _ actions: [SweepMachine.Action], _ machine: SweepMachine, planned: [Trial] = [], on sweep: inout Sweep, by: String
    ) throws -> [JobID] {
        var stops: [JobID] = []
        sweep.state = machine.state
        sweep.ending = machine.ending
        sweep.resumedAfter = machine.resumedAfter
        sweep.endedAt = machine.state.isFinal ? sweep.endedAt : nil
        for action in actions {
            switch action {
            case .start(let number):
                guard var trial = planned.first(where: { $0.number == number }) else { continue }
                trial.job = try enqueue(number, of: sweep)
                try SweepStore.insert(trial, of: sweep.id, in: transaction)
                sweep.trials.append(trial)
            case .again(let number):
                let job = try enqueue(number, of: sweep)
                try edit(number, of: &sweep) { trial in
                    let run = trial.run
                    let attempt = trial.attempt
                    trial = Trial(number: number, params: trial.params)
                    trial.run = run
                    trial.attempt = attempt
                    trial.job = job
                }
            case .stop(let number, let state):
                try edit(number, of: &sweep) { trial in
                    trial.stopAs = state
                    if let job = trial.job {
                        try queue.cancel(job, in: transaction)
                        stops.append(job)
                    }
                    // A trial that waits has no handler that would write its end.
                    if trial.state == .queued {
                        trial.state = state
                        trial.endedAt = transaction.now
                    }
                }
            case .finish(let state):
                sweep.endedAt = transaction.now
                try transaction.record(sweep.event("sweep.\(state.rawValue)", by: by))
            }
        }
        sweep.revision += 1
        try SweepStore.update(sweep, in: transaction)
        return stops
    }

    private func enqueue(_ number: Int, of sweep: Sweep) throws -> JobID {
        try queue.enqueue(
            // Failures of the command are the trial's; these attempts are for a disk that is full when the outcome is to be written.
            JobRequest(SweepJob.trial, payload: ["sweep": .string(sweep.id), "trial": JSON(number)], maxAttempts: 1000, by: sweep.createdBy),
            in: transaction)
    }

    private func edit(_ number: Int, of sweep: inout Sweep, _ change: (inout Trial) throws -> Void) throws {
        guard let index = sweep.trials.firstIndex(where: { $0.number == number }) else { return }
        var trial = sweep.trials[index]
        try change(&trial)
        try SweepStore.update(trial, of: sweep.id, in: transaction)
        sweep.trials[index] = trial
    }
}

extension Sweep {
    func event(_ kind: String, by: String) -> LedgerEvent {
        LedgerEvent(
            kind, subject: "sweep/\(id)", by: by, reason: state.isFinal ? ending?.sentence : nil,
            data: [
                "name": .string(name), "method": .string(definition.method.rawValue), "trials": JSON(trials.count), "best": JSON(best?.objective),
                "best_trial": JSON(best?.number),
            ])
    }
}
