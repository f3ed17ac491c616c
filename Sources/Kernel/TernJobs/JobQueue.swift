import Foundation
import Logging
import Synchronization
import TernKernel
import TernStore

/// Durable background work: jobs and schedules in SQL, run by handlers in this process.
///
/// On a database of its own, one queue works at a time: a queue that starts takes over, and what a dead server left running is killed and run
/// again. On a shared database each server has a queue; a job belongs to whoever claimed it for as long as its lease is renewed, and is run
/// again by another when the lease runs out. The servers' clocks must agree to within seconds.
package final class JobQueue: Sendable {
    package typealias Handler = @Sendable (JobContext) async throws -> JSON

    struct Registration: Sendable {
        var concurrency: Int
        var body: Handler
    }

    struct Running: Sendable {
        var kind: String
        var stop: JobStop
        var supervisor: Task<Void, Never>?
    }

    struct State {
        var handlers: [String: Registration] = [:]
        var running: [JobID: Running] = [:]
        var signal: AsyncStream<Void>.Continuation?
    }

    let database: Database
    let clock: WallClock
    /// This queue's name in the leases.
    let owner = Identifier.random()
    let state = Mutex(State())
    let logger = Logger(label: "tern.jobs")
    private let folder: String
    private let poll: Period
    private let lease: Period

    /// - Parameters:
    ///   - folder: where logs lie.
    ///   - poll: how long at most until a change that nobody signalled is seen.
    package init(database: Database, folder: String, clock: WallClock = .system, poll: Period = .seconds(5), lease: Period = .seconds(30)) {
        self.database = database
        self.folder = folder
        self.clock = clock
        self.poll = poll
        self.lease = lease
    }

    /// Says who runs the jobs of a kind, and how many at a time. Call it before `run`.
    package func handle(_ kind: String, concurrency: Int = 1, _ body: @escaping Handler) {
        state.withLock { $0.handlers[kind] = Registration(concurrency: max(1, concurrency), body: body) }
        wake()
    }

    // MARK: Enqueue, cancel, look

    @discardableResult
    package func enqueue(
        _ kind: String, payload: JSON = [:], key: String? = nil, maxAttempts: Int = 1, backoff: Period = .seconds(1), runAt: Timestamp? = nil,
        by: String
    ) async throws -> JobID {
        try await enqueue(JobRequest(kind, payload: payload, key: key, maxAttempts: maxAttempts, backoff: backoff, runAt: runAt, by: by))
    }

    /// Durable when it returns. The same kind and key give the same job.
    @discardableResult
    package func enqueue(_ request: JobRequest) async throws -> JobID {
        let id = try await database.write { try JobStore.insert(request, in: $0) }
        wake()
        return id
    }

    /// Enqueues together with the caller's own change; call `wake()` after the commit.
    @discardableResult
    package func enqueue(_ request: JobRequest, in transaction: Transaction) throws -> JobID { try JobStore.insert(request, in: transaction) }

    /// Stops a running job (TERM, grace, KILL for its processes), or takes a queued one out. A job that has ended stays as it is.
    ///
    /// - Throws: `not_found`.
    package func cancel(_ id: JobID, by: String) async throws {
        try await database.write { transaction in
            guard try JobStore.job(id, transaction.connection) != nil else { throw TernError.notFound("no job \(id)") }
            try JobStore.requestCancel(id, in: transaction)
        }
        stopIfCancelled([id])
    }

    /// The same together with the caller's own change; call `stopIfCancelled` after the commit.
    package func cancel(_ id: JobID, in transaction: Transaction) throws { try JobStore.requestCancel(id, in: transaction) }

    /// Tells the handlers of jobs whose cancellation is committed.
    package func stopIfCancelled(_ ids: [JobID]) {
        let stops = state.withLock { state in ids.compactMap { state.running[$0]?.stop } }
        for stop in stops { stop.stop(.cancelled) }
        wake()
    }

    /// - Throws: `not_found`.
    package func job(_ id: JobID) async throws -> Job {
        guard let job = try await database.read({ try JobStore.job(id, $0) }) else { throw TernError.notFound("no job \(id)") }
        return job
    }

    /// The job with this key, if it was ever enqueued.
    package func job(kind: String, key: String) async throws -> Job? {
        try await database.read { connection in try JobStore.find(kind: kind, key: key, connection).flatMap { try JobStore.job($0, connection) } }
    }

    /// Newest first.
    package func jobs(kind: String? = nil, state: Job.State? = nil, limit: Int = 100) async throws -> [Job] {
        try await database.read { try JobStore.jobs(kind: kind, state: state, limit: limit, $0) }
    }

    /// A piece of an attempt's log (the latest attempt's by default), also while it grows.
    package func log(of id: JobID, attempt: Int? = nil, from offset: Int64 = 0, limit: Int = 256 << 10) async throws -> LogPiece {
        let job = try await job(id)
        return try LogPiece.read(logPath(id, attempt ?? max(1, job.attempt)), from: offset, limit: limit)
    }

    /// Forgets jobs that ended before `time`, with their logs.
    package func removeEnded(before time: Timestamp) async throws {
        let ids = try await database.write { try JobStore.removeEnded(before: time, in: $0) }
        for id in ids { try? FileManager.default.removeItem(atPath: (logPath(id, 1) as NSString).deletingLastPathComponent) }
    }

    /// Looks at the queue now instead of at the next poll.
    package func wake() { _ = state.withLock { $0.signal }?.yield() }

    // MARK: Work

    /// Works until the task is cancelled, then stops the running jobs; they are queued again and cost no attempt.
    ///
    /// - Throws: `conflict` when another server took this home over.
    package func run() async throws {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.signal = signal }
        let heartbeat = Task { await keepLeases() }
        defer { heartbeat.cancel() }
        var failure: (any Error)?
        do {
            if !database.isShared { try await database.write { [owner] in try JobStore.setOwner(owner, in: $0) } }
            try await recover()
            var iterator = signals.makeAsyncIterator()
            while !Task.isCancelled {
                let wait = try await turn()
                let alarm = Task {
                    try await Task.sleep(for: wait.duration)
                    signal.yield()
                }
                _ = await iterator.next()
                alarm.cancel()
            }
        } catch is CancellationError {
        } catch {
            failure = error
        }
        await stopAll()
        if let failure { throw failure }
    }

    /// One look at schedules and queue. Answers how long nothing will be due.
    private func turn() async throws -> Period {
        do {
            let now = clock.now()
            let nextSchedule = try await fireSchedules(now)
            try await recover()
            if database.isShared { try await lookAfterRunning() }
            let kinds = freeKinds()
            let due = try await database.read { [kinds] in try JobStore.nextDue(kinds: kinds.map(\.kind), $0) }
            if let due, due <= now { try await start(kinds) }
            let next = [nextSchedule, due.flatMap { $0 > now ? $0 : nil }].compactMap { $0 }.min()
            return min(poll, max(next.map { $0 - now } ?? poll, Period(milliseconds: 1)))
        } catch let error as TernError where error.code != .conflict {
            logger.error("the queue could not look for work: \(error)")
            return poll
        }
    }

    private func freeKinds() -> [(kind: String, free: Int)] {
        state.withLock { state in
            state.handlers.compactMap { kind, registration in
                let free = registration.concurrency - state.running.values.count { $0.kind == kind }
                return free > 0 ? (kind, free) : nil
            }
        }
    }

    private func start(_ kinds: [(kind: String, free: Int)]) async throws {
        let now = clock.now()
        let jobs = try await database.write { [owner, lease, self] transaction in
            try requireHome(transaction.connection)
            return try kinds.flatMap { kind, free in
                try JobStore.claim(kind: kind, limit: free, owner: owner, now: now, lease: lease, log: self.logPath, in: transaction)
            }
        }
        for job in jobs { start(job) }
    }

    private func start(_ job: Job) {
        let stop = JobStop()
        guard let body = state.withLock({ $0.handlers[job.kind]?.body }) else { return }
        state.withLock { $0.running[job.id] = Running(kind: job.kind, stop: stop) }
        let supervisor = Task { await supervise(job, stop, body) }
        state.withLock { $0.running[job.id]?.supervisor = supervisor }
    }

    /// Runs the handler in a task that can be cancelled, and writes down how it ended in this one, which cannot.
    private func supervise(_ job: Job, _ stop: JobStop, _ body: @escaping Handler) async {
        let work = Task { [owner, database] in
            let log = try LogFile(path: job.logPath ?? "")
            return try await body(
                JobContext(
                    id: job.id, payload: job.payload, attempt: job.attempt, maxAttempts: job.maxAttempts, failures: job.failures, logFile: log,
                    owner: owner, database: database, stop: stop))
        }
        stop.attach(work)
        // A cancellation may have come between the claim and this line.
        if (try? await self.job(job.id))?.cancelRequested == true { stop.stop(.cancelled) }
        let result = await work.result
        await finish(job, result, stop.reason)
        state.withLock { _ = $0.running.removeValue(forKey: job.id) }
        wake()
    }

    private func finish(_ job: Job, _ result: Result<JSON, any Error>, _ reason: JobStop.Reason?) async {
        let now = clock.now()
        // Without this write the job would run again when its lease runs out, so it is worth some tries (a full disk, a database that is
        // restarted); not for long when the server is to stop.
        let waits = [0.1, 1] + Array(repeating: 5.0, count: reason == .serverStops ? 1 : 60)
        for wait in waits {
            do {
                try await database.write { [owner] transaction in
                    switch (result, reason) {
                    case (.success(let value), _): try JobStore.succeed(job.id, owner: owner, result: value, in: transaction)
                    case (.failure, .cancelled): try JobStore.endCancelled(job.id, owner: owner, in: transaction)
                    case (.failure, .serverStops): try JobStore.requeue(job.id, from: owner, in: transaction)
                    case (.failure(let error), nil):
                        try JobStore.fail(job.id, owner: owner, error: TernError.wrap(error).description, now: now, in: transaction)
                    }
                }
                return
            } catch {
                logger.error("could not write how job \(job.id) ended: \(error)")
                try? await Task.sleep(for: .seconds(wait))
            }
        }
    }

    /// Takes over what another owner left, and what lost its lease.
    private func recover() async throws {
        let now = clock.now()
        let mine = state.withLock { Set($0.running.keys) }
        let sole = !database.isShared
        let orphans = try await database.read { [owner, self] connection in
            // Checked first: the jobs of the server that took over from this one are no orphans.
            try requireHome(connection)
            return try JobStore.orphans(of: owner, sole: sole, now: now, connection)
        }.filter { !mine.contains($0.id) }
        guard !orphans.isEmpty else { return }
        for orphan in orphans {
            if let process = orphan.process { ProcessGroup.killOrphan(process, job: orphan.id) }
            logger.notice("job \(orphan.id) was interrupted and will run again")
        }
        try await database.write { transaction in
            try self.requireHome(transaction.connection)
            for orphan in orphans { try JobStore.requeueOrphan(orphan, sole: sole, now: now, in: transaction) }
        }
    }

    private func requireHome(_ connection: Connection) throws {
        guard !database.isShared else { return }
        guard try JobStore.owner(connection) == owner else {
            throw TernError(.conflict, "another server works in this home now", hint: "stop one of the two, or give each its own --home")
        }
    }

    /// On a shared database anybody may cancel a job of this server, and take one whose lease was not renewed in time.
    private func lookAfterRunning() async throws {
        let running = state.withLock { $0.running.mapValues(\.stop) }
        guard !running.isEmpty else { return }
        let held = try await database.read { [owner] in try JobStore.held(Array(running.keys), owner: owner, $0) }
        for (id, stop) in running {
            switch held[id] {
            case true?: stop.stop(.cancelled)
            case false?: break
            // Its own end may just have been written; then the handler is over and this says nothing to anybody.
            case nil: stop.stop(.serverStops)
            }
        }
    }

    private func keepLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: lease.duration / 3)
            let ids = state.withLock { Array($0.running.keys) }
            guard !ids.isEmpty, !Task.isCancelled else { continue }
            let until = clock.now() + lease
            try? await database.write { [owner] in try JobStore.extend(ids, owner: owner, until: until, in: $0) }
        }
    }

    private func stopAll() async {
        let running = state.withLock { state in
            state.signal?.finish()
            state.signal = nil
            return Array(state.running.values)
        }
        for job in running { job.stop.stop(.serverStops) }
        for job in running { await job.supervisor?.value }
    }

    private func logPath(_ id: JobID, _ attempt: Int) -> String { "\(folder)/\(id.prefix(2))/\(id)/\(attempt).log" }
}
