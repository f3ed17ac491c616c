import Foundation
import Synchronization
import TernKernel
import TernStore

/// What a handler may do beside its work.
package struct JobContext: Sendable {
    package let id: JobID
    package let payload: JSON
    package let attempt: Int
    package let maxAttempts: Int
    /// Failures before this attempt.
    package let failures: Int
    package let logFile: LogFile
    let owner: String
    let database: Database
    let stop: JobStop

    package var logPath: String { logFile.path }
    /// Whether a failure now is final.
    package var isLastAttempt: Bool { failures + 1 >= maxAttempts }
    /// Whether somebody cancelled the job (and not: the server stops).
    package var isCancelled: Bool { stop.reason == .cancelled }

    package func log(_ line: String) { logFile.append(line) }

    /// Says how far the work is, 0 to 1. At most four times a second reaches the database.
    package func progress(_ value: Double) async {
        guard value.isFinite else { return }
        let share = min(max(value, 0), 1)
        guard stop.shouldWriteProgress(share) else { return }
        try? await database.write { [id, owner] in try JobStore.setProgress(share, of: id, owner: owner, in: $0) }
    }

    /// For a handler's own writes: makes sure, in the same transaction, that the job has not been taken over by another server.
    ///
    /// - Throws: `conflict`.
    package func requireLease(in transaction: Transaction) throws {
        guard try JobStore.holds(id, owner: owner, transaction.connection) else {
            throw TernError(.conflict, "the job \(id) belongs to another server now")
        }
    }

    /// Runs a command in a process group of its own; its output goes to the log.
    ///
    /// - Throws: `CancellationError` when the server stops: the job will run again.
    package func runProcess(_ request: ProcessRequest) async throws -> ProcessResult {
        var request = request
        var environment = request.environment ?? ProcessInfo.processInfo.environment
        environment["TERN_JOB"] = id
        request.environment = environment
        let result = try await ProcessRunner.run(request, log: logFile) { [id, owner, database] identity in
            let recorded = try await database.write { try JobStore.setProcess(identity, of: id, owner: owner, in: $0) }
            guard recorded else { throw TernError(.conflict, "the job belongs to another server now") }
        }
        if result.exit == .cancelled, !isCancelled { throw CancellationError() }
        return result
    }
}

/// Why a running job is to stop, and when its progress was last written.
final class JobStop: Sendable {
    enum Reason: Sendable { case cancelled, serverStops }

    private struct State {
        var reason: Reason?
        var task: Task<JSON, any Error>?
        var progressWrittenAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    var reason: Reason? { state.withLock { $0.reason } }

    /// The task may come after the order to stop.
    func attach(_ task: Task<JSON, any Error>) {
        let stopped = state.withLock { state in
            state.task = task
            return state.reason != nil
        }
        if stopped { task.cancel() }
    }

    /// The first reason counts.
    func stop(_ reason: Reason) {
        let task = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            return state.task
        }
        task?.cancel()
    }

    func shouldWriteProgress(_ value: Double) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            if value < 1, let last = state.progressWrittenAt, now - last < .milliseconds(250) { return false }
            state.progressWrittenAt = now
            return true
        }
    }
}
