import Foundation
import Logging
import TernJobs
import TernKernel
import TernStore

/// The jobs of a run: open, a job for each attempt of a step, close. All that they know is in SQL, so that any of them can run again after a crash.
struct RunExecutor: Sendable {
    let database: Database
    let blobs: BlobStore
    let queue: JobQueue
    let ports: PipelinePorts
    let clock: WallClock
    /// Where attempts work.
    let folder: String

    func register(parallelSteps: Int) {
        queue.handle(PipelineJob.open, concurrency: 4) { context in try await open(context) }
        queue.handle(PipelineJob.step, concurrency: parallelSteps) { context in try await runStep(context) }
        queue.handle(PipelineJob.close, concurrency: 2) { context in try await close(context) }
    }

    /// Applies an event, and tells the queue after the commit.
    ///
    /// - Parameter job: the job that the event comes from; one that another server took over has nothing to say.
    @discardableResult
    func apply(
        _ event: RunMachine.Event, to id: String, from job: JobContext? = nil, edit: @Sendable @escaping (inout PipelineRun) -> Void = { _ in }
    ) async throws -> PipelineStore.RunRecord? {
        let done = try await database.write { [queue] transaction in
            try job?.requireLease(in: transaction)
            return try RunTransition(queue: queue, transaction: transaction).apply(event, to: id, edit: edit)
        }
        if let done { queue.stopIfCancelled(done.stops) }
        queue.wake()
        return done?.record
    }

    private func record(_ context: JobContext) async throws -> PipelineStore.RunRecord? {
        guard let id = context.payload["run"]?.stringValue else { return nil }
        return try await database.read { try PipelineStore.record(id, $0) }
    }

    // MARK: Open and close

    private func open(_ context: JobContext) async throws -> JSON {
        guard var record = try await record(context), record.run.state == .queued else { return .null }
        let id = record.run.id
        do {
            if record.run.trackingRun == nil {
                let code = await CodeFacts.gather(folder: record.folder, venv: CodeFacts.venv(folder: record.folder))
                let run = record.run
                let tracking = try await ports.createTrackingRun(run.pipeline, "\(run.pipeline)-\(run.id.prefix(8))", run.tags(code))
                record.run.trackingRun = tracking
                try await database.write { transaction in
                    guard var record = try PipelineStore.record(id, transaction.connection) else { return }
                    record.run.trackingRun = tracking
                    record.run.code = code
                    try PipelineStore.update(record, in: transaction)
                }
            }
            if let tracking = record.run.trackingRun {
                try await ports.logParams(tracking, record.run.params.mapValues { $0.stringValue ?? $0.description })
            }
        } catch  where context.isLastAttempt && !Task.isCancelled {
            let message = TernError.wrap(error).message
            try await apply(.refused, to: id) { $0.error = "the run could not begin: \(message)" }
            return .null
        }
        let done = try await database.write { [queue] transaction in
            try context.requireLease(in: transaction)
            let done = try RunTransition(queue: queue, transaction: transaction).apply(.opened, to: id) { $0.startedAt = transaction.now }
            if let run = done?.record.run { try transaction.record(run.event("pipeline.run.started", by: run.createdBy)) }
            return done?.stops
        }
        queue.stopIfCancelled(done ?? [])
        return .null
    }

    private func close(_ context: JobContext) async throws -> JSON {
        guard let record = try await record(context) else { return .null }
        // A run that was retried meanwhile is closed by its own end.
        guard record.run.state.isFinal else { return .null }
        if let tracking = record.run.trackingRun { try await ports.finishTrackingRun(tracking, context.payload["succeeded"]?.boolValue ?? false) }
        try? FileManager.default.removeItem(atPath: "\(folder)/\(record.run.id)")
        return .null
    }

    // MARK: Steps

    private func runStep(_ context: JobContext) async throws -> JSON {
        guard let id = context.payload["run"]?.stringValue, let name = context.payload["step"]?.stringValue,
            let attempt = context.payload["attempt"]?.intValue.flatMap(Int.init(exactly:))
        else { throw TernError(.internal, "a step's job lacks its run, step or attempt") }
        let log = context.logPath
        let now = clock.now()
        let begun = try await apply(.started(step: name, attempt: attempt), to: id, from: context) { run in
            run.edit(name) { step in
                step.startedAt = now
                step.logPath = log
            }
        }
        guard let record = begun, let definition = record.definition.steps.first(where: { $0.name == name }) else { return .null }
        let report: StepReport
        do {
            report = try await StepWork(executor: self, record: record, step: definition, attempt: attempt, context: context).perform()
        } catch {
            // The server stops: the job goes back to the queue and the step runs again.
            if Task.isCancelled, !context.isCancelled { throw CancellationError() }
            report =
                context.isCancelled ? .cancelled : StepReport(outcome: .failed(canRetry: true), error: "step '\(name)': \(TernError.wrap(error))")
        }
        if let error = report.error { context.log("tern: \(error)") }
        try await apply(.ended(step: name, attempt: attempt, report.outcome), to: id, from: context) { run in
            run.edit(name) { report.write(to: &$0) }
        }
        if case .cancelled = report.outcome { throw CancellationError() }
        return .null
    }

    // MARK: After a crash

    /// Brings runs and jobs together again: a step whose job is gone ends, a cancellation that did not reach its job does.
    func reconcile() async throws {
        for record in try await database.read({ try PipelineStore.unfinished($0) }) {
            let id = record.run.id
            if record.run.state == .queued, let job = try await queue.job(kind: PipelineJob.open, key: id), job.state.isFinal {
                try await apply(.refused, to: id) { $0.error = "the run could not begin: \(job.error ?? "its job \(job.state.rawValue)")" }
            }
            for step in record.run.steps where !step.state.isFinal {
                guard let jobID = step.job else { continue }
                let job = try? await queue.job(jobID)
                if job?.state.isFinal ?? true {
                    let outcome: RunMachine.Outcome = job?.state == .cancelled ? .cancelled : .failed(canRetry: true)
                    try await apply(.ended(step: step.name, attempt: step.attempt, outcome), to: id) { run in
                        run.edit(step.name) { $0.error = "its job ended without a word: \(job?.error ?? "no reason known")" }
                    }
                } else if record.cancelRequested {
                    try await queue.cancel(jobID, by: record.run.createdBy)
                }
            }
        }
    }
}

/// How a step's attempt ended.
struct StepReport: Sendable {
    var outcome: RunMachine.Outcome
    var cause: String?
    var error: String?
    var exit: String?
    var outputs: [StepOutput] = []
    var result: JSON?
    var reusedRun: String?

    static let cancelled = StepReport(outcome: .cancelled, exit: "cancelled")

    func write(to step: inout StepRun) {
        if let cause { step.cause = cause }
        step.error = error
        step.exit = exit
        step.outputs = outputs
        step.result = result
        step.reusedRun = reusedRun
    }
}

extension PipelineRun {
    mutating func edit(_ name: String, _ change: (inout StepRun) -> Void) {
        guard let index = steps.firstIndex(where: { $0.name == name }) else { return }
        change(&steps[index])
    }

    /// What the tracking room keeps beside the run.
    fileprivate func tags(_ code: CodeFacts) -> [String: String] {
        var tags = ["tern.pipeline": pipeline, "tern.pipeline_run": id, "tern.origin": origin.rawValue, "mlflow.user": createdBy]
        tags["tern.reason"] = reason
        tags["mlflow.source.git.commit"] = code.commit
        tags["mlflow.source.git.repoURL"] = code.repository
        tags["tern.code_clean"] = code.clean.map(String.init)
        tags["tern.environment"] = code.environment?.hex
        for (name, version) in datasets { tags["tern.dataset.\(name)"] = String(version) }
        return tags
    }
}
