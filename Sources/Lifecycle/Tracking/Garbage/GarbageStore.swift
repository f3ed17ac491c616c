import TernKernel
import TernStore

/// What garbage collection finds and removes.
enum GarbageStore {
    /// A thing with files and a name.
    struct Found: Hashable, Sendable {
        var id: String
        var name: String
        var location: String
    }

    // MARK: Finding

    static func check(_ request: GarbageRequest, _ connection: Connection) throws {
        for run in request.runs ?? [] {
            guard let found = try RunStore.stageAndExperiment(run, connection) else { throw TrackingService.noRun(run) }
            guard found.stage == .deleted else {
                throw TernError.invalid(
                    "Run \(run) is not in `deleted` lifecycle stage. Only runs in `deleted` lifecycle stage can be deleted.",
                    hint: "delete it first")
            }
        }
        for id in request.experiments ?? [] {
            guard let found = try ExperimentStore.stageAndLocation(id, connection) else { throw TrackingService.noExperiment(id) }
            guard found.stage == .deleted else {
                throw TernError.invalid(
                    "Experiment \(id) is not in `deleted` lifecycle stage. Only experiments in `deleted` lifecycle stage can be deleted.",
                    hint: "delete it first")
            }
        }
    }

    /// The condition for what was deleted before the request's time, and is named if anything is.
    private static func condition(_ request: GarbageRequest, now: Timestamp, deletedAt: String, id: String?) -> SearchClause {
        var clause = SearchClause(sql: "\(deletedAt) <= ?", arguments: [.int(now.milliseconds - request.olderThan.milliseconds)])
        if request.runs == nil, request.experiments == nil { return clause }
        var named: [String] = []
        if let id, let runs = request.runs {
            let list = SearchClause.list(runs.map(SQLValue.text))
            named.append("\(id) IN \(list.sql)")
            clause.arguments += list.arguments
        }
        if let experiments = request.experiments {
            let list = SearchClause.list(experiments.map(SQLValue.int))
            named.append("experiment_id IN \(list.sql)")
            clause.arguments += list.arguments
        }
        clause.sql += named.isEmpty ? " AND 1 = 0" : " AND (" + named.joined(separator: " OR ") + ")"
        return clause
    }

    static func runs(_ request: GarbageRequest, now: Timestamp, limit: Int, _ connection: Connection) throws -> [Found] {
        let clause = condition(request, now: now, deletedAt: "deleted_at", id: "id")
        return try connection.rows(
            "SELECT id, name, artifact_uri AS location FROM runs WHERE stage = 'deleted' AND \(clause.sql) LIMIT ?",
            clause.arguments + [SQLValue(limit)]
        ).map(Found.init(row:))
    }

    static func models(_ request: GarbageRequest, now: Timestamp, limit: Int, _ connection: Connection) throws -> [Found] {
        let clause = condition(request, now: now, deletedAt: "updated_at", id: nil)
        let gone = condition(request, now: now, deletedAt: "updated_at", id: nil)
        // Deleted ones, and all of an experiment that goes.
        return try connection.rows(
            """
            SELECT id, name, artifact_uri AS location FROM logged_models WHERE (stage = 'deleted' AND \(clause.sql))
                OR experiment_id IN (
                    SELECT experiment_id FROM (SELECT id AS experiment_id, updated_at FROM experiments WHERE stage = 'deleted' AND id > 0) e
                    WHERE \(gone.sql))
            LIMIT ?
            """, clause.arguments + gone.arguments + [SQLValue(limit)]
        ).map(Found.init(row:))
    }

    /// Only those that have no runs and models any more.
    static func experiments(_ request: GarbageRequest, now: Timestamp, _ connection: Connection) throws -> [Experiment] {
        let clause = condition(request, now: now, deletedAt: "updated_at", id: nil)
        return try connection.rows(
            """
            SELECT experiment_id FROM (SELECT id AS experiment_id, updated_at FROM experiments WHERE stage = 'deleted' AND id > 0) e
            WHERE \(clause.sql) AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment_id = e.experiment_id)
            """, clause.arguments
        ).compactMap { try ExperimentStore.find(try $0.int("experiment_id"), connection) }
    }

    /// All of the request's, also those that still have runs.
    static func experimentIDs(_ request: GarbageRequest, now: Timestamp, _ connection: Connection) throws -> [Int64] {
        let clause = condition(request, now: now, deletedAt: "updated_at", id: nil)
        return try connection.rows(
            """
            SELECT experiment_id FROM (SELECT id AS experiment_id, updated_at FROM experiments WHERE stage = 'deleted' AND id > 0) e
            WHERE \(clause.sql) ORDER BY experiment_id
            """, clause.arguments
        ).map { try $0.int("experiment_id") }
    }

    static func count(_ request: GarbageRequest, now: Timestamp, _ connection: Connection) throws -> GarbageReport {
        var report = GarbageReport()
        report.dryRun = true
        let runs = condition(request, now: now, deletedAt: "deleted_at", id: "id")
        let found = try connection.row(
            """
            SELECT count(*) AS runs, (
                SELECT COALESCE(sum(s.points), 0) FROM metric_series s WHERE s.run_id IN (
                    SELECT id FROM runs WHERE stage = 'deleted' AND \(runs.sql))) AS points
            FROM runs WHERE stage = 'deleted' AND \(runs.sql)
            """, runs.arguments + runs.arguments)
        report.runs = Int(try found?.int("runs") ?? 0)
        report.metricPoints = Int(try found?.int("points") ?? 0)
        report.loggedModels = try models(request, now: now, limit: Int(Int32.max), connection).count
        let experiments = condition(request, now: now, deletedAt: "updated_at", id: nil)
        report.experiments = Int(
            try connection.row(
                """
                SELECT count(*) AS total FROM (SELECT id AS experiment_id, updated_at FROM experiments WHERE stage = 'deleted' AND id > 0) e
                WHERE \(experiments.sql)
                """, experiments.arguments)?.int("total") ?? 0)
        report.artifactFolders = report.runs + report.loggedModels
        return report
    }

    // MARK: Removing

    /// - Returns: how many points went with it.
    static func purge(_ run: Found, _ transaction: Transaction) throws -> Int {
        let connection = transaction.connection
        let id = SQLValue.text(run.id)
        let points = try connection.row("SELECT COALESCE(sum(points), 0) AS total FROM metric_series WHERE run_id = ?", [id])?.int("total") ?? 0
        let series = "SELECT id FROM metric_series WHERE run_id = ?"
        try connection.execute("DELETE FROM metric_tail WHERE series IN (\(series))", [id])
        try connection.execute("DELETE FROM metric_chunks WHERE series IN (\(series))", [id])
        for table in ["metric_series", "run_params", "run_tags", "run_datasets", "run_model_inputs", "run_model_outputs"] {
            try connection.execute("DELETE FROM \(table) WHERE run_id = ?", [id])
        }
        try connection.execute("DELETE FROM runs WHERE id = ?", [id])
        try list(run.location, transaction)
        return Int(points)
    }

    static func purge(model: Found, _ transaction: Transaction) throws {
        for table in ["logged_model_params", "logged_model_tags", "logged_model_metrics"] {
            try transaction.execute("DELETE FROM \(table) WHERE model_id = ?", [.text(model.id)])
        }
        try transaction.execute("DELETE FROM logged_models WHERE id = ?", [.text(model.id)])
        try list(model.location, transaction)
    }

    /// The number is never given out again: somebody may still know it.
    static func purge(_ experiment: Experiment, _ transaction: Transaction) throws {
        let id = SQLValue.int(experiment.id)
        for table in ["experiment_tags", "tracked_datasets"] { try transaction.execute("DELETE FROM \(table) WHERE experiment_id = ?", [id]) }
        try transaction.execute("UPDATE experiment_numbers SET last = ? WHERE last < ?", [id, id])
        try transaction.execute("DELETE FROM experiments WHERE id = ?", [id])
    }

    // MARK: Files

    /// Notes where files of something removed lie. Files that clients keep elsewhere are theirs.
    private static func list(_ location: String, _ transaction: Transaction) throws {
        guard let path = path(of: location) else { return }
        try transaction.execute("INSERT INTO artifact_garbage (path) VALUES (?) ON CONFLICT DO NOTHING", [.text(path)])
    }

    /// Notes the files of an experiment's traces, where the place is the experiment's alone.
    static func listTraceFiles(of experiment: Int64, _ transaction: Transaction) throws {
        guard try ExperimentStore.find(experiment, transaction.connection)?.artifactLocation == "mlflow-artifacts:/\(experiment)" else { return }
        try list("mlflow-artifacts:/\(experiment)/traces", transaction)
    }

    /// `1/RUN` of `mlflow-artifacts:/1/RUN/artifacts`, with or without a host.
    static func path(of location: String) -> String? {
        guard location.hasPrefix("mlflow-artifacts:") else { return nil }
        var path = location.dropFirst("mlflow-artifacts:".count)
        if path.hasPrefix("//") { path = path.dropFirst(2).drop { $0 != "/" } }
        var parts = path.split(separator: "/")
        if parts.last == "artifacts" { parts.removeLast() }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    static func listed(limit: Int, _ connection: Connection) throws -> [String] {
        try connection.rows("SELECT path FROM artifact_garbage ORDER BY path LIMIT ?", [SQLValue(limit)]).map { try $0.text("path") }
    }

    static func unlist(_ paths: [String], _ transaction: Transaction) throws {
        try transaction.execute("DELETE FROM artifact_garbage WHERE path = ?", each: paths.map { [.text($0)] })
    }

    /// Those of the ids that are a run's or a logged model's.
    static func known(_ ids: [String], _ connection: Connection) throws -> Set<String> {
        let list = SearchClause.list(ids.map(SQLValue.text))
        let rows = try connection.rows(
            "SELECT id FROM runs WHERE id IN \(list.sql) UNION ALL SELECT id FROM logged_models WHERE id IN \(list.sql)",
            list.arguments + list.arguments)
        return Set(try rows.map { try $0.text("id") })
    }
}

extension GarbageStore.Found {
    fileprivate init(row: SQLRow) throws {
        self.init(id: try row.text("id"), name: try row.text("name"), location: try row.text("location"))
    }
}
