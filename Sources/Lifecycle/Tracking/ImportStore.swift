import TernKernel
import TernStore

/// What was taken over and how far, and the writes that only an import makes.
enum ImportStore {
    struct Entry: Sendable {
        var source: String
        var fingerprint: String
        var state: ImportState
        var points: Int64
    }

    static func find(_ subject: String, _ connection: Connection) throws -> Entry? {
        try connection.row("SELECT source, fingerprint, state, points FROM imports WHERE subject = ?", [.text(subject)]).map { row in
            Entry(
                source: try row.text("source"), fingerprint: try row.text("fingerprint"),
                state: ImportState(rawValue: try row.text("state")) ?? .partial, points: try row.int("points"))
        }
    }

    static func set(_ subject: String, _ entry: Entry, _ transaction: Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO imports (subject, source, fingerprint, state, points, updated_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (subject) DO UPDATE SET source = excluded.source, fingerprint = excluded.fingerprint, state = excluded.state,
                points = excluded.points, updated_at = excluded.updated_at
            """,
            [
                .text(subject), .text(entry.source), .text(entry.fingerprint), .text(entry.state.rawValue), .int(entry.points),
                SQLValue(transaction.now),
            ])
    }

    /// Writes what an import knows better than the rules of logging: who ran it, when it began, where it belongs.
    static func overwrite(_ run: RunInfo, _ connection: Connection) throws {
        try RunStore.update(run, renamed: true, connection)
        try connection.execute(
            "UPDATE runs SET user_id = ?, start_time = ?, artifact_uri = ? WHERE id = ?",
            [.text(run.user), .int(run.startTime), .text(run.artifactURI), .text(run.id)])
    }

    static func set(params: [String: String], of run: String, in experiment: Int64, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO run_params (run_id, experiment_id, key, value) VALUES (?, ?, ?, ?)
            ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value
            """, each: params.map { [.text(run), .int(experiment), .text($0.key), .text($0.value)] })
    }

    static func overwrite(_ model: LoggedModel, _ connection: Connection) throws {
        try connection.execute(
            """
            UPDATE logged_models SET name = ?, type = ?, source_run = ?, artifact_uri = ?, status = ?, stage = ?, created_at = ?, updated_at = ?
            WHERE id = ?
            """,
            [
                .text(model.name), .text(model.type), .text(model.sourceRun), .text(model.artifactURI), .text(model.status.rawValue),
                .text(model.stage.rawValue), .int(model.createdAt), .int(model.updatedAt), .text(model.id),
            ])
        for (key, value) in model.params { try LoggedModelStore.setParam(model.id, key, value, connection) }
        for (key, value) in model.tags { try LoggedModelStore.setTag(model.id, key, value, connection) }
    }

    /// An experiment's number is kept when it is free and small enough to read; file stores count in eighteen digits.
    static func freeID(like source: String, _ connection: Connection) throws -> Int64 {
        if let wanted = Int64(source), (1..<1_000_000).contains(wanted), try ExperimentStore.find(wanted, connection) == nil { return wanted }
        return try ExperimentStore.nextID(connection)
    }
}
