import TernKernel
import TernStore

/// The tables of pipelines, runs and steps.
enum PipelineStore {
    struct Stored: Sendable {
        var definition: PipelineDefinition
        var folder: String
    }

    /// A run with what only the room itself needs.
    struct RunRecord: Sendable {
        var run: PipelineRun
        var definition: PipelineDefinition
        var folder: String
        var identity: Identity
        var cancelRequested: Bool
    }

    // MARK: Definitions

    static func put(_ stored: Stored, by: String, in transaction: Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO pipelines (name, definition, folder, applied_at, applied_by) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, folder = excluded.folder, applied_at = excluded.applied_at,
                applied_by = excluded.applied_by
            """,
            [.text(stored.definition.name), try .json(stored.definition), .text(stored.folder), SQLValue(transaction.now), .text(by)])
    }

    static func remove(_ name: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM pipelines WHERE name = ?", [.text(name)])
    }

    static func pipeline(_ name: String, _ connection: Connection) throws -> Stored? {
        try connection.row("SELECT definition, folder FROM pipelines WHERE name = ?", [.text(name)]).map(Stored.init(row:))
    }

    static func pipelines(_ connection: Connection) throws -> [Stored] {
        try connection.rows("SELECT definition, folder FROM pipelines ORDER BY name").map(Stored.init(row:))
    }

    // MARK: Runs

    static func insert(_ record: RunRecord, key: String?, in transaction: Transaction) throws {
        let run = record.run
        let last = try transaction.row("SELECT max(sequence) AS last FROM pipeline_runs")?.optionalInt("last") ?? 0
        try transaction.execute(
            """
            INSERT INTO pipeline_runs (id, sequence, pipeline, state, definition, folder, params, datasets, reason, origin, event_time, created_by,
                created_role, created_at, cancel_requested, idempotency_key)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
            """,
            [
                .text(run.id), .int(last + 1), .text(run.pipeline), .text(run.state.rawValue), try .json(record.definition), .text(record.folder),
                .text(JSON.object(run.params).description), try .json(run.datasets), SQLValue(run.reason), .text(run.origin.rawValue),
                SQLValue(run.eventTime), .text(record.identity.name), .text(record.identity.role.rawValue), SQLValue(run.createdAt), SQLValue(key),
            ])
        for (position, step) in run.steps.enumerated() {
            try transaction.execute(
                """
                INSERT INTO pipeline_steps (run, position, name, pipeline, state, attempt, tries, outputs) VALUES (?, ?, ?, ?, 'pending', 0, 0, '[]')
                """, [.text(run.id), SQLValue(position), .text(step.name), .text(run.pipeline)])
        }
    }

    static func run(withKey key: String, of pipeline: String, _ connection: Connection) throws -> String? {
        try connection.row(
            "SELECT id FROM pipeline_runs WHERE pipeline = ? AND idempotency_key = ?", [.text(pipeline), .text(key)])?.text("id")
    }

    static func record(_ id: String, _ connection: Connection) throws -> RunRecord? {
        guard let row = try connection.row("SELECT * FROM pipeline_runs WHERE id = ?", [.text(id)]) else { return nil }
        return try RunRecord(row: row, steps: steps(of: id, connection))
    }

    /// Newest first.
    static func runs(pipeline: String?, limit: Int, _ connection: Connection) throws -> [PipelineRun] {
        let rows =
            if let pipeline {
                try connection.rows(
                    "SELECT * FROM pipeline_runs WHERE pipeline = ? ORDER BY sequence DESC LIMIT ?", [.text(pipeline), SQLValue(limit)])
            } else {
                try connection.rows("SELECT * FROM pipeline_runs ORDER BY sequence DESC LIMIT ?", [SQLValue(limit)])
            }
        return try rows.map { row in try RunRecord(row: row, steps: steps(of: try row.text("id"), connection)).run }
    }

    static func unfinished(_ connection: Connection) throws -> [RunRecord] {
        try connection.rows("SELECT * FROM pipeline_runs WHERE state IN ('queued', 'running')").map { row in
            try RunRecord(row: row, steps: steps(of: try row.text("id"), connection))
        }
    }

    static func update(_ record: RunRecord, in transaction: Transaction) throws {
        let run = record.run
        try transaction.execute(
            """
            UPDATE pipeline_runs SET state = ?, started_at = ?, ended_at = ?, tracking_run = ?, code = ?, result = ?, error = ?, cancel_requested = ?
            WHERE id = ?
            """,
            [
                .text(run.state.rawValue), SQLValue(run.startedAt), SQLValue(run.endedAt), SQLValue(run.trackingRun),
                try run.code.map { try SQLValue.json($0) } ?? .null, SQLValue(run.result), SQLValue(run.error), SQLValue(record.cancelRequested),
                .text(run.id),
            ])
        for step in run.steps { try update(step, of: run.id, in: transaction) }
    }

    // MARK: Steps

    private static func steps(of run: String, _ connection: Connection) throws -> [StepRun] {
        try connection.rows("SELECT * FROM pipeline_steps WHERE run = ? ORDER BY position", [.text(run)]).map(StepRun.init(row:))
    }

    private static func update(_ step: StepRun, of run: String, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE pipeline_steps SET state = ?, attempt = ?, tries = ?, cause = ?, error = ?, exit = ?, started_at = ?, ended_at = ?, outputs = ?,
                result = ?, reused_run = ?, log_path = ?, job = ? WHERE run = ? AND name = ?
            """,
            [
                .text(step.state.rawValue), SQLValue(step.attempt), SQLValue(step.tries), SQLValue(step.cause), SQLValue(step.error),
                SQLValue(step.exit),
                SQLValue(step.startedAt), SQLValue(step.endedAt), try .json(step.outputs), SQLValue(step.result), SQLValue(step.reusedRun),
                SQLValue(step.logPath), SQLValue(step.job), .text(run), .text(step.name),
            ])
    }

    /// Says what the step's result depends on, and why it runs.
    static func setFacts(_ facts: StepFacts, key: Digest, cause: String, step: String, of run: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE pipeline_steps SET facts = ?, cache_key = ?, cause = ? WHERE run = ? AND name = ?",
            [try .json(facts), .text(key.hex), .text(cause), .text(run), .text(step)])
    }

    struct CachedStep: Sendable {
        var run: String
        var outputs: [StepOutput]
        var result: JSON?
    }

    /// The latest time the step ended well with the same facts.
    static func cached(pipeline: String, step: String, key: Digest, _ connection: Connection) throws -> CachedStep? {
        try connection.row(
            """
            SELECT run, outputs, result FROM pipeline_steps WHERE pipeline = ? AND name = ? AND state = 'succeeded' AND cache_key = ?
            ORDER BY ended_at DESC LIMIT 1
            """, [.text(pipeline), .text(step), .text(key.hex)]
        ).map { row in
            CachedStep(run: try row.text("run"), outputs: try row.json("outputs", as: [StepOutput].self), result: try row.optionalJSON("result"))
        }
    }

    struct LastFacts: Sendable {
        var run: String
        var facts: StepFacts
    }

    /// The facts of the latest time the step ended well.
    static func lastFacts(pipeline: String, step: String, _ connection: Connection) throws -> LastFacts? {
        try connection.row(
            """
            SELECT run, facts FROM pipeline_steps WHERE pipeline = ? AND name = ? AND state = 'succeeded' AND facts IS NOT NULL
            ORDER BY ended_at DESC LIMIT 1
            """, [.text(pipeline), .text(step)]
        ).map { row in LastFacts(run: try row.text("run"), facts: try row.json("facts", as: StepFacts.self)) }
    }
}

extension PipelineStore.Stored {
    fileprivate init(row: SQLRow) throws {
        self.init(definition: try row.json("definition", as: PipelineDefinition.self), folder: try row.text("folder"))
    }
}

extension PipelineStore.RunRecord {
    fileprivate init(row: SQLRow, steps: [StepRun]) throws {
        guard let state = PipelineRun.State(rawValue: try row.text("state")), let origin = PipelineRun.Origin(rawValue: try row.text("origin")),
            let role = Role(rawValue: try row.text("created_role"))
        else { throw TernError(.dataLoss, "a pipeline run in an unknown state") }
        let run = PipelineRun(
            id: try row.text("id"), pipeline: try row.text("pipeline"), state: state, params: try row.json("params", as: [String: JSON].self),
            datasets: try row.json("datasets", as: [String: Int].self), reason: row.optionalText("reason"), origin: origin,
            eventTime: row.optionalTime("event_time"), createdBy: try row.text("created_by"), createdAt: try row.time("created_at"),
            startedAt: row.optionalTime("started_at"), endedAt: row.optionalTime("ended_at"), trackingRun: row.optionalText("tracking_run"),
            code: try row.optionalText("code").map { try JSON(parsing: $0).decode(CodeFacts.self) }, steps: steps,
            result: try row.optionalJSON("result"),
            error: row.optionalText("error"))
        self.init(
            run: run, definition: try row.json("definition", as: PipelineDefinition.self), folder: try row.text("folder"),
            identity: Identity(name: run.createdBy, role: role), cancelRequested: try row.bool("cancel_requested"))
    }
}

extension StepRun {
    fileprivate init(row: SQLRow) throws {
        guard let state = State(rawValue: try row.text("state")) else { throw TernError(.dataLoss, "a pipeline step in an unknown state") }
        self.init(
            name: try row.text("name"), state: state, attempt: Int(try row.int("attempt")), tries: Int(try row.int("tries")),
            cause: row.optionalText("cause"), error: row.optionalText("error"), exit: row.optionalText("exit"),
            startedAt: row.optionalTime("started_at"),
            endedAt: row.optionalTime("ended_at"), outputs: try row.json("outputs", as: [StepOutput].self), result: try row.optionalJSON("result"),
            reusedRun: row.optionalText("reused_run"), logPath: row.optionalText("log_path"), job: row.optionalText("job"))
    }
}
