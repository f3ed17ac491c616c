import TernKernel
import TernStats
import TernStore

/// The tables of sweeps and trials.
enum SweepStore {
    // MARK: Sweeps

    static func insert(_ sweep: Sweep, in transaction: Transaction) throws {
        let last = try transaction.row("SELECT max(sequence) AS last FROM sweeps")?.optionalInt("last") ?? 0
        try transaction.execute(
            """
            INSERT INTO sweeps (id, sequence, name, definition, folder, state, seed, parallel, run_cap, timeout, resumed_after, revision, created_by,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)
            """,
            [
                .text(sweep.id), .int(last + 1), .text(sweep.name), SQLValue(sweep.definition.source), .text(sweep.folder),
                .text(sweep.state.rawValue), .int(sweep.seed), SQLValue(sweep.parallel), SQLValue(sweep.cap), SQLValue(sweep.timeout?.milliseconds),
                .text(sweep.createdBy), SQLValue(sweep.createdAt),
            ])
    }

    /// Writes what can change of a sweep, not of its trials.
    static func update(_ sweep: Sweep, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE sweeps SET state = ?, ending = ?, parallel = ?, run_cap = ?, resumed_after = ?, revision = ?, ended_at = ? WHERE id = ?
            """,
            [
                .text(sweep.state.rawValue), SQLValue(sweep.ending?.rawValue), SQLValue(sweep.parallel), SQLValue(sweep.cap),
                SQLValue(sweep.resumedAfter), .int(sweep.revision), SQLValue(sweep.endedAt), .text(sweep.id),
            ])
    }

    static func sweep(_ id: String, _ connection: Connection) throws -> Sweep? {
        guard let row = try connection.row("SELECT * FROM sweeps WHERE id = ?", [.text(id)]) else { return nil }
        return try Sweep(row: row, trials: trials(of: id, connection))
    }

    /// Newest first.
    static func sweeps(limit: Int, _ connection: Connection) throws -> [Sweep] {
        try connection.rows("SELECT * FROM sweeps ORDER BY sequence DESC LIMIT ?", [SQLValue(limit)]).map { row in
            try Sweep(row: row, trials: trials(of: try row.text("id"), connection))
        }
    }

    static func unfinished(_ connection: Connection) throws -> [String] {
        try connection.rows("SELECT id FROM sweeps WHERE state IN ('running', 'paused', 'stopping') ORDER BY sequence").map { try $0.text("id") }
    }

    // MARK: Trials

    private static func trials(of sweep: String, _ connection: Connection) throws -> [Trial] {
        try connection.rows("SELECT * FROM sweep_trials WHERE sweep = ? ORDER BY number", [.text(sweep)]).map(Trial.init(row:))
    }

    static func insert(_ trial: Trial, of sweep: String, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO sweep_trials (sweep, number, state, params, job, attempt, closed) VALUES (?, ?, ?, ?, ?, ?, 0)",
            [
                .text(sweep), SQLValue(trial.number), .text(trial.state.rawValue), SQLValue(trial.params), SQLValue(trial.job),
                SQLValue(trial.attempt),
            ])
    }

    static func update(_ trial: Trial, of sweep: String, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE sweep_trials SET state = ?, objective = ?, best = ?, curve = ?, run = ?, job = ?, attempt = ?, stop_as = ?, error = ?,
                log_path = ?, started_at = ?, ended_at = ?, closed = ? WHERE sweep = ? AND number = ?
            """,
            [
                .text(trial.state.rawValue), SQLValue(trial.objective), SQLValue(trial.best), try trial.curve.map { try .json($0) } ?? .null,
                SQLValue(trial.run), SQLValue(trial.job), SQLValue(trial.attempt), SQLValue(trial.stopAs?.rawValue), SQLValue(trial.error),
                SQLValue(trial.logPath), SQLValue(trial.startedAt), SQLValue(trial.endedAt), SQLValue(trial.isClosed), .text(sweep),
                SQLValue(trial.number),
            ])
    }

    /// What a running trial has logged so far.
    static func observe(_ trial: Trial, of sweep: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE sweep_trials SET objective = ?, best = ?, curve = ? WHERE sweep = ? AND number = ? AND state = 'running' AND attempt = ?",
            [
                SQLValue(trial.objective), SQLValue(trial.best), try trial.curve.map { try .json($0) } ?? .null, .text(sweep),
                SQLValue(trial.number), SQLValue(trial.attempt),
            ])
    }

    static func close(_ number: Int, of sweep: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE sweep_trials SET closed = 1 WHERE sweep = ? AND number = ? AND state NOT IN ('queued', 'running')",
            [.text(sweep), SQLValue(number)])
    }
}

extension Sweep {
    fileprivate init(row: SQLRow, trials: [Trial]) throws {
        guard let state = State(rawValue: try row.text("state")) else { throw TernError(.dataLoss, "a sweep in an unknown state") }
        self.init(
            id: try row.text("id"), definition: try DefinitionReader.read(try JSON(parsing: try row.text("definition"))),
            folder: try row.text("folder"), state: state, ending: row.optionalText("ending").flatMap { Ending(rawValue: $0) },
            seed: try row.int("seed"), parallel: Int(try row.int("parallel")), cap: row.optionalInt("run_cap").map { Int($0) },
            timeout: row.optionalInt("timeout").map { Period(milliseconds: $0) }, createdBy: try row.text("created_by"),
            createdAt: try row.time("created_at"), endedAt: row.optionalTime("ended_at"), revision: try row.int("revision"),
            resumedAfter: Int(try row.int("resumed_after")), trials: trials)
    }
}

extension Trial {
    fileprivate init(row: SQLRow) throws {
        guard let state = State(rawValue: try row.text("state")) else { throw TernError(.dataLoss, "a trial in an unknown state") }
        self.init(number: Int(try row.int("number")), params: try JSON(parsing: try row.text("params")), state: state)
        objective = row.optionalDouble("objective")
        best = row.optionalDouble("best")
        curve = row.optionalText("curve") == nil ? nil : try row.json("curve", as: Hyperband.Curve.self)
        run = row.optionalText("run")
        job = row.optionalText("job")
        attempt = Int(try row.int("attempt"))
        stopAs = row.optionalText("stop_as").flatMap { State(rawValue: $0) }
        error = row.optionalText("error")
        logPath = row.optionalText("log_path")
        startedAt = row.optionalTime("started_at")
        endedAt = row.optionalTime("ended_at")
        isClosed = try row.bool("closed")
    }
}
