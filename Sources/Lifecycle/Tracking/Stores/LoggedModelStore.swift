import TernKernel
import TernStore

/// Logged models with their params, tags and metrics.
enum LoggedModelStore {
    static func find(_ id: String, _ connection: Connection) throws -> LoggedModel? {
        guard let row = try connection.row("SELECT * FROM logged_models WHERE id = ?", [.text(id)]) else { return nil }
        return try complete([row], connection).first
    }

    static func exists(_ id: String, _ connection: Connection) throws -> Bool {
        try connection.row("SELECT 1 AS found FROM logged_models WHERE id = ?", [.text(id)]) != nil
    }

    static func insert(_ model: LoggedModel, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO logged_models (id, experiment_id, name, type, source_run, artifact_uri, status, stage, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(model.id), .int(model.experiment), .text(model.name), .text(model.type), .text(model.sourceRun), .text(model.artifactURI),
                .text(model.status.rawValue), .text(model.stage.rawValue), .int(model.createdAt), .int(model.updatedAt),
            ])
        for (key, value) in model.params { try setParam(model.id, key, value, connection) }
        for (key, value) in model.tags { try setTag(model.id, key, value, connection) }
    }

    static func setStatus(_ id: String, _ status: LoggedModelStatus, at now: Int64, _ connection: Connection) throws {
        try connection.execute(
            "UPDATE logged_models SET status = ?, updated_at = ? WHERE id = ?", [.text(status.rawValue), .int(now), .text(id)])
    }

    static func delete(_ id: String, at now: Int64, _ connection: Connection) throws {
        try connection.execute("UPDATE logged_models SET stage = 'deleted', updated_at = ? WHERE id = ?", [.int(now), .text(id)])
    }

    static func setParam(_ id: String, _ key: String, _ value: String, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO logged_model_params (model_id, key, value) VALUES (?, ?, ?)
            ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value
            """,
            [.text(id), .text(key), .text(value)])
    }

    static func setTag(_ id: String, _ key: String, _ value: String, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO logged_model_tags (model_id, key, value) VALUES (?, ?, ?) ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value",
            [.text(id), .text(key), .text(value)])
    }

    /// Answers whether there was such a tag.
    static func deleteTag(_ id: String, _ key: String, _ connection: Connection) throws -> Bool {
        try connection.execute("DELETE FROM logged_model_tags WHERE model_id = ? AND key = ?", [.text(id), .text(key)]) > 0
    }

    static func append(_ metric: ModelMetric, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO logged_model_metrics (model_id, key, timestamp, step, run_id, dataset_name, dataset_digest, value, is_nan)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                .text(metric.model), .text(metric.point.key), .int(metric.point.timestamp), .int(metric.point.step), .text(metric.run),
                .text(metric.datasetName ?? ""), .text(metric.datasetDigest ?? ""), .double(metric.point.storedValue),
                SQLValue(metric.point.value.isNaN),
            ])
    }

    static func search(_ search: LoggedModelSearch, _ connection: Connection) throws -> [LoggedModel] {
        let clause = try LoggedModelSearchStore.statement(search)
        return try complete(try connection.rows(clause.sql, clause.arguments), connection)
    }

    private static func complete(_ rows: [SQLRow], _ connection: Connection) throws -> [LoggedModel] {
        let list = SearchClause.list(try rows.map { .text(try $0.text("id")) })
        func grouped<Value>(_ table: String, _ read: (SQLRow) throws -> Value) throws -> [String: [Value]] {
            var groups: [String: [Value]] = [:]
            for row in try connection.rows("SELECT * FROM \(table) WHERE model_id IN \(list.sql)", list.arguments) {
                groups[try row.text("model_id"), default: []].append(try read(row))
            }
            return groups
        }
        let pair: (SQLRow) throws -> (String, String) = { (try $0.text("key"), try $0.text("value")) }
        let params = try grouped("logged_model_params", pair)
        let tags = try grouped("logged_model_tags", pair)
        let metrics = try grouped("logged_model_metrics", ModelMetric.init(row:))
        return try rows.map { row in
            let id = try row.text("id")
            return LoggedModel(
                id: id, experiment: try row.int("experiment_id"), name: try row.text("name"), type: try row.text("type"),
                sourceRun: try row.text("source_run"), artifactURI: try row.text("artifact_uri"),
                status: LoggedModelStatus(rawValue: try row.text("status")) ?? .pending,
                stage: LifecycleStage(rawValue: try row.text("stage")) ?? .active, createdAt: try row.int("created_at"),
                updatedAt: try row.int("updated_at"), params: Dictionary(params[id] ?? [], uniquingKeysWith: { $1 }),
                tags: Dictionary(tags[id] ?? [], uniquingKeysWith: { $1 }), metrics: metrics[id] ?? [])
        }
    }
}

extension ModelMetric {
    init(row: SQLRow) throws {
        let name = try row.text("dataset_name")
        let digest = try row.text("dataset_digest")
        self.init(
            point: try MetricPoint(row: row, key: try row.text("key")),
            model: try row.text("model_id"), run: try row.text("run_id"), datasetName: name.isEmpty ? nil : name,
            datasetDigest: digest.isEmpty ? nil : digest)
    }
}
