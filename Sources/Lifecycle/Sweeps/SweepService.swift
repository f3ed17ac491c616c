import Foundation
import TernJobs
import TernKernel
import TernStore

/// A sweep to be started.
package struct SweepStart: Sendable {
    /// As the sweep file says it.
    package var definition: JSON
    package var folder: String
    package var parallel: Int
    /// Trials at most; the file's `run_cap` holds as well.
    package var count: Int?
    /// Nil picks one.
    package var seed: Int64?
    package var timeout: Period?
    package var by: Identity

    package init(
        definition: JSON, folder: String, parallel: Int = 1, count: Int? = nil, seed: Int64? = nil, timeout: Period? = nil, by: Identity
    ) {
        self.definition = definition
        self.folder = folder
        self.parallel = parallel
        self.count = count
        self.seed = seed
        self.timeout = timeout
        self.by = by
    }
}

/// Sweeps: start, look, pause, resume, stop.
package struct SweepService: Sendable {
    private let database: Database
    private let queue: JobQueue
    private let executor: SweepExecutor
    private let clock: WallClock

    init(database: Database, queue: JobQueue, executor: SweepExecutor, clock: WallClock) {
        self.database = database
        self.queue = queue
        self.executor = executor
        self.clock = clock
    }

    /// Starts a sweep. It is durable when this returns.
    ///
    /// - Throws: `invalid_argument` with everything that is wrong with the definition; `details.problems` says where.
    package func start(_ start: SweepStart) async throws -> Sweep {
        try start.by.require(.editor, to: "start a sweep")
        guard start.definition.description.utf8.count <= SweepLimits.definition else {
            throw TernError(.tooLarge, "the definition is larger than \(SweepLimits.definition) bytes")
        }
        let definition = try DefinitionReader.read(start.definition)
        try SweepService.check(parallel: start.parallel, count: start.count)
        if let timeout = start.timeout, timeout <= .zero { throw TernError.invalid("the timeout must be longer than 0") }
        var isFolder: ObjCBool = false
        guard start.folder.hasPrefix("/"), FileManager.default.fileExists(atPath: start.folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw TernError.invalid(
                "there is no folder '\(start.folder)' on the server",
                hint: "folder is where the command runs: an absolute path on the server's machine")
        }
        let sweep = Sweep(
            // Eight digits, since people type them.
            id: String(Identifier.random().prefix(8)), definition: definition, folder: start.folder, state: .running, ending: nil,
            // Below 2^53, so that any JSON reader keeps it.
            seed: start.seed ?? Int64.random(in: 0..<(1 << 53)), parallel: start.parallel,
            cap: [definition.runCap, start.count].compactMap { $0 }.min(), timeout: start.timeout, createdBy: start.by.name,
            createdAt: clock.now(), endedAt: nil, trials: [])
        try await database.write { [queue, executor] transaction in
            try SweepStore.insert(sweep, in: transaction)
            try transaction.record(sweep.event("sweep.started", by: start.by.name))
            try queue.enqueue(executor.advanceJob(sweep.id, by: start.by.name), in: transaction)
        }
        queue.wake()
        return sweep
    }

    private static func check(parallel: Int?, count: Int?) throws {
        if let parallel, !(1...SweepLimits.parallel).contains(parallel) {
            throw TernError.invalid("parallel must be from 1 to \(SweepLimits.parallel), not \(parallel)")
        }
        if let count, !(1...SweepLimits.trials).contains(count) {
            throw TernError.invalid("count must be from 1 to \(SweepLimits.trials), not \(count)")
        }
    }

    /// - Throws: `not_found`.
    package func sweep(_ id: String) async throws -> Sweep {
        guard let sweep = try await database.read({ try SweepStore.sweep(id, $0) }) else {
            throw TernError.notFound("no sweep '\(id)'", hint: "tern sweep list shows them")
        }
        return sweep
    }

    /// Newest first.
    package func sweeps(limit: Int = 50) async throws -> [Sweep] { try await database.read { try SweepStore.sweeps(limit: limit, $0) } }

    // MARK: Verbs

    /// Starts no further trials; those that run go on.
    package func pause(_ id: String, by identity: Identity) async throws -> Sweep {
        try await change(id, "pause", "sweep.paused", by: identity) { sweep, machine in
            guard sweep.state == .running else { throw SweepService.refusal(sweep, "paused") }
            machine.pause()
            return []
        }
    }

    /// Stops the running trials (TERM, five seconds, KILL) and the sweep.
    package func stop(_ id: String, by identity: Identity) async throws -> Sweep {
        try await change(id, "stop", "sweep.stopping", by: identity) { sweep, machine in
            guard !sweep.state.isFinal else { throw SweepService.refusal(sweep, "stopped") }
            machine.stop()
            return []
        }
    }

    /// Goes on after a pause or an end. Trials that were stopped with the sweep run again, with their own values.
    ///
    /// - Parameters:
    ///   - count: from now on so many trials at most, those that were included.
    ///   - parallel: from now on so many at a time.
    package func resume(_ id: String, count: Int? = nil, parallel: Int? = nil, by identity: Identity) async throws -> Sweep {
        try SweepService.check(parallel: parallel, count: count)
        return try await change(id, "resume", "sweep.resumed", by: identity) { sweep, machine in
            guard sweep.state == .paused || sweep.state.isFinal else { throw SweepService.refusal(sweep, "resumed") }
            sweep.cap = count ?? sweep.cap
            sweep.parallel = parallel ?? sweep.parallel
            machine.total = sweep.total
            machine.parallel = sweep.parallel
            let isSpent = machine.total.map { sweep.trials.count >= $0 } ?? false
            if sweep.state.isFinal, isSpent, !sweep.trials.contains(where: { $0.state == .stopped }) {
                throw TernError(
                    .conflict, "sweep \(sweep.id) has no trial left: it had \(sweep.trials.count) of \(machine.total ?? 0)",
                    hint: sweep.definition.method == .grid
                        ? "its grid is complete; start another sweep" : "allow more: tern sweep resume \(sweep.id) --count \(sweep.trials.count + 10)"
                )
            }
            return machine.resume()
        }
    }

    private static func refusal(_ sweep: Sweep, _ participle: String) -> TernError {
        TernError(.conflict, "sweep \(sweep.id) cannot be \(participle): it is \(sweep.state.rawValue)")
    }

    private func change(
        _ id: String, _ verb: String, _ event: String, by identity: Identity,
        _ body: @Sendable @escaping (inout Sweep, inout SweepMachine) throws -> [SweepMachine.Action]
    ) async throws -> Sweep {
        try identity.require(.editor, to: "\(verb) a sweep")
        _ = try await sweep(id)
        let stops = try await database.write { [queue, executor] transaction in
            guard var sweep = try SweepStore.sweep(id, transaction.connection) else { throw TernError.notFound("no sweep '\(id)'") }
            var machine = sweep.machine
            let actions = try body(&sweep, &machine)
            let stops = try SweepTransition(queue: queue, transaction: transaction).perform(actions, machine, on: &sweep, by: identity.name)
            try transaction.record(sweep.event(event, by: identity.name))
            try queue.enqueue(executor.advanceJob(id, by: identity.name), in: transaction)
            return stops
        }
        queue.stopIfCancelled(stops)
        return try await sweep(id)
    }

    // MARK: Logs

    /// A piece of a trial's log, of its latest attempt, also while it grows.
    package func log(of number: Int, in id: String, offset: Int64 = 0) async throws -> LogPiece {
        guard let trial = try await sweep(id).trials.first(where: { $0.number == number }) else {
            throw TernError.notFound("sweep \(id) has no trial \(number)")
        }
        return try LogPiece.read(trial.logPath ?? "", from: offset)
    }

    /// Waits until the sweep has ended.
    ///
    /// - Throws: `timeout`.
    package func waitUntilEnded(_ id: String, timeout: Period = .hours(24)) async throws -> Sweep {
        let deadline = ContinuousClock.now + timeout.duration
        while true {
            let sweep = try await sweep(id)
            if sweep.state.isFinal { return sweep }
            guard ContinuousClock.now < deadline else { throw TernError(.timeout, "the sweep \(id) has not ended within \(timeout)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
