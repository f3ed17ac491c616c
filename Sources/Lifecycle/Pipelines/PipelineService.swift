import Foundation
import TernJobs
import TernKernel
import TernStore

/// Pipelines and their runs.
package struct PipelineService: Sendable {
    private let database: Database
    private let queue: JobQueue
    private let executor: RunExecutor
    private let clock: WallClock

    init(database: Database, queue: JobQueue, executor: RunExecutor, clock: WallClock) {
        self.database = database
        self.queue = queue
        self.executor = executor
        self.clock = clock
    }

    // MARK: Definitions

    /// Makes the pipelines of a project's folder be these: adds, changes and removes. Runs stay.
    package func apply(_ definitions: [PipelineDefinition], projectFolder: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "change pipelines")
        for definition in definitions { try definition.check() }
        try await database.write { [queue] transaction in
            let names = Set(definitions.map(\.name))
            for old in try PipelineStore.pipelines(transaction.connection) where old.folder == projectFolder && !names.contains(old.definition.name) {
                try PipelineStore.remove(old.definition.name, in: transaction)
                try queue.removeSchedule(PipelineService.schedule(old.definition.name), in: transaction)
                try transaction.record(LedgerEvent("pipeline.removed", subject: "pipeline/\(old.definition.name)", by: identity.name))
            }
            for definition in definitions {
                let old = try PipelineStore.pipeline(definition.name, transaction.connection)
                if old?.definition == definition, old?.folder == projectFolder { continue }
                try PipelineStore.put(PipelineStore.Stored(definition: definition, folder: projectFolder), by: identity.name, in: transaction)
                let name = PipelineService.schedule(definition.name)
                if let cron = definition.schedule {
                    try queue.setSchedule(
                        Schedule(
                            name: name, cron: cron, timezone: definition.timezone ?? "UTC", kind: PipelineJob.scheduled,
                            payload: ["pipeline": .string(definition.name)]), in: transaction)
                } else {
                    try queue.removeSchedule(name, in: transaction)
                }
                try transaction.record(
                    LedgerEvent(
                        "pipeline.applied", subject: "pipeline/\(definition.name)", by: identity.name, data: try JSON(encoding: definition)))
            }
        }
        queue.wake()
    }

    private static func schedule(_ pipeline: String) -> String { "pipeline/\(pipeline)" }

    package func pipelines() async throws -> [PipelineSummary] {
        let schedules = Dictionary(try await queue.schedules().map { ($0.name, $0.nextAt) }, uniquingKeysWith: { $1 })
        return try await database.read { connection in
            try PipelineStore.pipelines(connection).map { stored in
                let last = try PipelineStore.runs(pipeline: stored.definition.name, limit: 1, connection).first
                return PipelineSummary(
                    definition: stored.definition, folder: stored.folder, nextRun: schedules[PipelineService.schedule(stored.definition.name)] ?? nil,
                    lastRun: last?.id, lastState: last?.state)
            }
        }
    }

    // MARK: Runs

    /// Starts a run. It is durable when this returns; the same idempotency key gives the same run.
    package func start(_ start: PipelineStart) async throws -> PipelineRun {
        try start.by.require(.editor, to: "start a pipeline")
        if let known = try await run(withKey: start) { return known }
        let stored = try await database.read { connection in
            guard let stored = try PipelineStore.pipeline(start.pipeline, connection) else {
                let names = try PipelineStore.pipelines(connection).map(\.definition.name).joined(separator: ", ")
                throw TernError.notFound(
                    "no pipeline '\(start.pipeline)'", hint: names.isEmpty ? "tern apply declares pipelines" : "there is: \(names)")
            }
            return stored
        }
        try stored.definition.check()
        let params = try stored.definition.params(with: start.params)
        let datasets = try await pin(stored.definition, start.datasets)
        let run = PipelineRun(
            id: Identifier.random(), pipeline: start.pipeline, state: .queued, params: params, datasets: datasets, reason: start.reason,
            origin: start.origin, eventTime: start.eventTime, createdBy: start.by.name, createdAt: clock.now(),
            steps: stored.definition.steps.map { StepRun(name: $0.name) })
        let id = try await database.write { [queue] transaction in
            // Two that came together with one key: the second finds the first's run.
            if let key = start.idempotencyKey, let known = try PipelineStore.run(withKey: key, of: start.pipeline, transaction.connection) {
                return known
            }
            let record = PipelineStore.RunRecord(
                run: run, definition: stored.definition, folder: stored.folder, identity: start.by, cancelRequested: false)
            try PipelineStore.insert(record, key: start.idempotencyKey, in: transaction)
            try queue.enqueue(
                JobRequest(PipelineJob.open, payload: ["run": .string(run.id)], key: run.id, maxAttempts: 5, by: start.by.name), in: transaction)
            return run.id
        }
        queue.wake()
        return try await self.run(id)
    }

    private func run(withKey start: PipelineStart) async throws -> PipelineRun? {
        guard let key = start.idempotencyKey else { return nil }
        return try await database.read { connection in
            try PipelineStore.run(withKey: key, of: start.pipeline, connection).flatMap { try PipelineStore.record($0, connection)?.run }
        }
    }

    /// Fixes the version of each dataset now, so that all steps, and a retry tomorrow, read the same.
    private func pin(_ definition: PipelineDefinition, _ given: [String: Int]) async throws -> [String: Int] {
        let names = definition.datasets
        if let unknown = given.keys.sorted().first(where: { !names.contains($0) }) {
            throw TernError.invalid(
                "pipeline '\(definition.name)' does not read a dataset '\(unknown)'", hint: "it reads: \(names.sorted().joined(separator: ", "))")
        }
        var pinned: [String: Int] = [:]
        for name in names.sorted() { pinned[name] = try await executor.ports.dataset(name, given[name]).version }
        return pinned
    }

    /// - Throws: `not_found`.
    package func run(_ id: String) async throws -> PipelineRun {
        guard let record = try await database.read({ try PipelineStore.record(id, $0) }) else { throw TernError.notFound("no pipeline run '\(id)'") }
        return record.run
    }

    /// Newest first.
    package func runs(pipeline: String? = nil, limit: Int = 50) async throws -> [PipelineRun] {
        try await database.read { try PipelineStore.runs(pipeline: pipeline, limit: limit, $0) }
    }

    /// Stops the running steps (TERM, five seconds, KILL). A run that has ended is refused.
    @discardableResult
    package func cancel(_ id: String, by identity: Identity) async throws -> PipelineRun {
        try identity.require(.editor, to: "cancel a pipeline run")
        let before = try await run(id)
        guard !before.state.isFinal else { throw TernError(.conflict, "the run \(id) has ended already: it \(before.state.rawValue)") }
        try await executor.apply(.cancel, to: id)
        return try await run(id)
    }

    /// Runs the steps that did not end well, and what depends on them, once more.
    @discardableResult
    package func retry(_ id: String, by identity: Identity) async throws -> PipelineRun {
        try identity.require(.editor, to: "retry a pipeline run")
        guard let record = try await database.read({ try PipelineStore.record(id, $0) }) else { throw TernError.notFound("no pipeline run '\(id)'") }
        guard record.run.state == .failed || record.run.state == .cancelled else {
            throw TernError(
                .conflict, "the run \(id) did not fail: it is \(record.run.state.rawValue)", hint: "start a new one: tern run \(record.run.pipeline)")
        }
        let code = await CodeFacts.gather(folder: record.folder, venv: CodeFacts.venv(folder: record.folder))
        let stops = try await database.write { [queue] transaction in
            let done = try RunTransition(queue: queue, transaction: transaction).apply(.retry, to: id) { run in
                run.code = code
                run.error = nil
                run.endedAt = nil
                run.result = nil
            }
            if let run = done?.record.run { try transaction.record(run.event("pipeline.run.retried", by: identity.name)) }
            return done?.stops ?? []
        }
        queue.stopIfCancelled(stops)
        return try await run(id)
    }

    /// A piece of a step's log, the latest attempt's by default, also while it grows.
    package func log(run id: String, step name: String, attempt: Int? = nil, offset: Int64 = 0) async throws -> LogPiece {
        let run = try await run(id)
        guard let step = run.step(name) else {
            throw TernError.notFound("run \(id) has no step '\(name)'", hint: "it has: \(run.steps.map(\.name).joined(separator: ", "))")
        }
        if let attempt, attempt != step.attempt {
            guard let job = try await queue.job(kind: PipelineJob.step, key: "\(id)/\(name)/\(attempt)") else {
                throw TernError.notFound("step '\(name)' of run \(id) had no attempt \(attempt)")
            }
            return try LogPiece.read(job.logPath ?? "", from: offset)
        }
        return try LogPiece.read(step.logPath ?? "", from: offset)
    }

    /// Waits until the run has ended.
    ///
    /// - Throws: `timeout`.
    package func waitUntilEnded(_ id: String, timeout: Period = .hours(24)) async throws -> PipelineRun {
        let deadline = ContinuousClock.now + timeout.duration
        while true {
            let run = try await run(id)
            if run.state.isFinal { return run }
            guard ContinuousClock.now < deadline else { throw TernError(.timeout, "the run \(id) has not ended within \(timeout)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A schedule's job.
    func startScheduled(_ context: JobContext) async throws -> JSON {
        guard let pipeline = context.payload["pipeline"]?.stringValue else { return .null }
        let time = context.payload["scheduled_at"]?.stringValue ?? ""
        let run = try await start(
            PipelineStart(
                pipeline: pipeline, reason: "scheduled for \(time)", origin: .schedule, idempotencyKey: "schedule/\(time)", by: .system("schedule")))
        return ["run": .string(run.id)]
    }
}
