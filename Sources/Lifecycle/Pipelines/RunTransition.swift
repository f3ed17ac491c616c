import TernJobs
import TernKernel
import TernStore

/// The kinds of jobs that pipelines are made of.
enum PipelineJob {
    /// Makes the tracking run and sets the first steps going.
    static let open = "pipeline.open"
    static let step = "pipeline.step"
    /// Ends the tracking run and tidies up.
    static let close = "pipeline.close"
    static let scheduled = "pipeline.scheduled"
}

extension PipelineStore.RunRecord {
    var machine: RunMachine {
        RunMachine(
            state: run.state, cancelRequested: cancelRequested,
            steps: run.steps.map { step in
                let definition = definition.steps.first { $0.name == step.name }
                return RunMachine.Step(
                    name: step.name, needs: definition?.needs ?? [], retries: definition?.retries ?? 0, state: step.state, attempt: step.attempt,
                    tries: step.tries, isEnqueued: step.job != nil)
            })
    }
}

/// Performs what the machine decides: state, jobs and ledger change in one transaction.
struct RunTransition {
    let queue: JobQueue
    let transaction: Transaction

    /// - Parameter edit: what else changes with the event.
    /// - Returns: the jobs to stop once this is committed; nil when the event came too late to change anything.
    func apply(
        _ event: RunMachine.Event, to id: String, edit: (inout PipelineRun) -> Void = { _ in }
    ) throws -> (record: PipelineStore.RunRecord, stops: [JobID])? {
        guard var record = try PipelineStore.record(id, transaction.connection) else { throw TernError.notFound("no pipeline run \(id)") }
        var machine = record.machine
        switch event {
        case .started(let step, let attempt), .ended(let step, let attempt, _):
            guard machine.isCurrent(step, attempt) else { return nil }
        case .opened, .refused, .cancel, .retry: break
        }
        let before = machine
        let actions = machine.handle(event)
        switch event {
        case .opened, .refused, .cancel, .retry: if before == machine { return nil }
        case .started, .ended: break
        }
        record.run.state = machine.state
        record.cancelRequested = machine.cancelRequested
        for index in record.run.steps.indices { copy(machine.steps[index], to: &record.run.steps[index], of: record) }
        edit(&record.run)
        var stops: [JobID] = []
        for action in actions { try perform(action, on: &record, &stops) }
        try PipelineStore.update(record, in: transaction)
        return (record, stops)
    }

    private func copy(_ step: RunMachine.Step, to stored: inout StepRun, of record: PipelineStore.RunRecord) {
        if stored.state != step.state {
            stored.endedAt = step.state.isFinal ? transaction.now : nil
            if step.state == .skipped {
                let bad = (record.definition.steps.first { $0.name == step.name }?.needs ?? []).joined(separator: ", ")
                stored.cause = bad.isEmpty ? "skipped: the run could not begin" : "skipped: not all of \(bad) ended well"
            }
            if step.state == .cancelled { stored.cause = stored.startedAt == nil ? "cancelled before it ran" : stored.cause }
            if step.state == .pending, !step.isEnqueued || step.tries <= 1 {
                // A retry of the run starts with a clean sheet.
                stored.error = nil
                stored.exit = nil
                stored.cause = nil
                stored.startedAt = nil
            }
        }
        stored.state = step.state
        stored.attempt = step.attempt
        stored.tries = step.tries
        if !step.isEnqueued { stored.job = nil }
    }

    private func perform(_ action: RunMachine.Action, on record: inout PipelineStore.RunRecord, _ stops: inout [JobID]) throws {
        switch action {
        case .enqueue(let name, let attempt, let wait):
            guard let index = record.run.steps.firstIndex(where: { $0.name == name }) else { return }
            record.run.steps[index].job = try queue.enqueue(
                // The step's own retries are the machine's; these are for a disk that is full when the outcome is to be written.
                JobRequest(
                    PipelineJob.step, payload: ["run": .string(record.run.id), "step": .string(name), "attempt": .int(Int64(attempt))],
                    key: "\(record.run.id)/\(name)/\(attempt)", maxAttempts: 1000, runAt: transaction.now + wait, by: record.run.createdBy),
                in: transaction)
        case .stop(let name):
            guard let job = record.run.step(name)?.job else { return }
            try queue.cancel(job, in: transaction)
            stops.append(job)
        case .finish(let state): try finish(state, &record)
        }
    }

    private func finish(_ state: PipelineRun.State, _ record: inout PipelineStore.RunRecord) throws {
        record.run.endedAt = transaction.now
        record.run.result = RunTransition.result(of: record.run)
        if state == .failed, record.run.error == nil {
            record.run.error = record.run.steps.filter { $0.state == .failed }.compactMap(\.error).joined(separator: "; ")
        }
        try transaction.record(record.run.event("pipeline.run.\(state.rawValue)", by: record.run.createdBy))
        try queue.enqueue(
            JobRequest(
                PipelineJob.close, payload: ["run": .string(record.run.id), "succeeded": .bool(state == .succeeded)], maxAttempts: 20,
                by: record.run.createdBy), in: transaction)
    }

    /// The findings of the built-in steps, in the order of the steps.
    private static func result(of run: PipelineRun) -> JSON? {
        var fields: [String: JSON] = [:]
        for step in run.steps where step.state.isGood { fields.merge(step.result?.objectValue ?? [:]) { $1 } }
        return fields.isEmpty ? nil : .object(fields)
    }
}

extension PipelineRun {
    func event(_ kind: String, by: String) -> LedgerEvent {
        LedgerEvent(
            kind, subject: "pipeline/\(pipeline)/\(id)", by: by, reason: reason, eventTime: eventTime,
            data: [
                "run": .string(id), "pipeline": .string(pipeline), "origin": .string(origin.rawValue), "params": .object(params),
                "datasets": .object(datasets.mapValues { .int(Int64($0)) }), "tracking_run": JSON(trackingRun), "result": result ?? .null,
                "error": JSON(error),
            ])
    }
}
