import TernKernel
import TernStore

/// Runs, their parameters and tags.
enum RunStore {
    static func info(_ id: String, _ connection: Connection) throws -> RunInfo? {
        try connection.row("SELECT * FROM runs WHERE id = ?", [.text(id)]).map(RunInfo.init(row:))
    }

    /// What every write asks first.
    static func stageAndExperiment(_ id: String, _ connection: Connection) throws -> (stage: LifecycleStage, experiment: Int64)? {
        guard let row = try connection.row("SELECT stage, experiment_id FROM runs WHERE id = ?", [.text(id)]) else { return nil }
        return (LifecycleStage(rawValue: try row.text("stage")) ?? .active, try row.int("experiment_id"))
    }

    static func insert(_ run: RunInfo, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO runs (id, experiment_id, name, user_id, status, stage, start_time, end_time, artifact_uri)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(run.id), .int(run.experiment), .text(run.name), .text(run.user), .text(run.status.rawValue), .text(run.stage.rawValue),
                .int(run.startTime), SQLValue(run.endTime), .text(run.artifactURI),
            ])
    }

    /// Writes the status and the end, and the name where it is another.
    static func update(_ run: RunInfo, renamed: Bool, _ connection: Connection) throws {
        if renamed { try connection.execute("UPDATE runs SET name = ? WHERE id = ?", [.text(run.name), .text(run.id)]) }
        try connection.execute(
            "UPDATE runs SET status = ?, end_time = ? WHERE id = ?", [.text(run.status.rawValue), SQLValue(run.endTime), .text(run.id)])
    }

    static func move(_ id: String, to stage: LifecycleStage, at now: Int64, _ connection: Connection) throws {
        try connection.execute(
            "UPDATE runs SET stage = ?, deleted_at = ? WHERE id = ?",
            [.text(stage.rawValue), stage == .deleted ? .int(now) : .null, .text(id)])
    }

    static func param(_ id: String, _ key: String, _ connection: Connection) throws -> String? {
        try connection.row("SELECT value FROM run_params WHERE run_id = ? AND key = ?", [.text(id), .text(key)])?.text("value")
    }

    /// Those of the keys that a run has.
    static func params(_ id: String, _ keys: [String], _ connection: Connection) throws -> [String: String] {
        if keys.isEmpty { return [:] }
        let list = SearchClause.list(keys.map(SQLValue.text))
        return try connection.rows("SELECT key, value FROM run_params WHERE run_id = ? AND key IN \(list.sql)", [.text(id)] + list.arguments)
            .keyedTexts()
    }

    static func insert(
        params: [(key: String, value: String)], into id: String, in experiment: Int64, _ connection: Connection
    ) throws {
        try connection.execute(
            "INSERT INTO run_params (run_id, key, value, experiment_id) VALUES (?, ?, ?, ?)",
            each: params.map { [.text(id), .text($0.key), .text($0.value), .int(experiment)] })
    }

    static func tag(_ id: String, _ key: String, _ connection: Connection) throws -> String? {
        try connection.row("SELECT value FROM run_tags WHERE run_id = ? AND key = ?", [.text(id), .text(key)])?.text("value")
    }

    static func set(tags: [(key: String, value: String)], on id: String, in experiment: Int64, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO run_tags (run_id, key, value, experiment_id) VALUES (?, ?, ?, ?)
            ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value
            """,
            each: tags.map { [.text(id), .text($0.key), .text($0.value), .int(experiment)] })
    }

    /// Answers whether there was such a tag.
    static func deleteTag(_ id: String, _ key: String, _ connection: Connection) throws -> Bool {
        try connection.execute("DELETE FROM run_tags WHERE run_id = ? AND key = ?", [.text(id), .text(key)]) > 0
    }

    /// Fills in what belongs to these runs, with one query a table for several hundred runs at a time.
    static func complete(_ infos: [RunInfo], _ connection: Connection) throws -> [Run] {
        var runs: [Run] = []
        runs.reserveCapacity(infos.count)
        for start in stride(from: 0, to: infos.count, by: 512) {
            let part = infos[start..<min(start + 512, infos.count)]
            let list = SearchClause.list(part.map { .text($0.id) })
            func grouped<Value>(_ columns: String, _ table: String, _ read: (SQLRow) throws -> Value) throws -> [String: [Value]] {
                var groups: [String: [Value]] = [:]
                for row in try connection.rows("SELECT run_id, \(columns) FROM \(table) WHERE run_id IN \(list.sql)", list.arguments) {
                    groups[try row.text("run_id"), default: []].append(try read(row))
                }
                return groups
            }
            let pair: (SQLRow) throws -> (String, String) = { (try $0.text("key"), try $0.text("value")) }
            let params = try grouped("key, value", "run_params", pair)
            let tags = try grouped("key, value", "run_tags", pair)
            let metrics = try grouped("key, value, is_nan, timestamp, step", "metric_series") {
                try MetricPoint(row: $0, key: try $0.text("key"))
            }
            let datasets = try grouped(
                "d.name, d.digest, d.source_type, d.source, d.schema, d.profile, r.tags",
                "run_datasets r JOIN tracked_datasets d ON d.id = r.dataset", DatasetInput.init(row:))
            let modelInputs = try grouped("model_id", "run_model_inputs") { try $0.text("model_id") }
            let modelOutputs = try grouped("model_id, step", "run_model_outputs") {
                ModelOutput(model: try $0.text("model_id"), step: try $0.int("step"))
            }
            for info in part {
                runs.append(
                    Run(
                        info: info, metrics: (metrics[info.id] ?? []).sorted { $0.key < $1.key },
                        params: Dictionary(params[info.id] ?? [], uniquingKeysWith: { $1 }),
                        tags: Dictionary(tags[info.id] ?? [], uniquingKeysWith: { $1 }), datasets: datasets[info.id] ?? [],
                        modelInputs: modelInputs[info.id] ?? [], modelOutputs: modelOutputs[info.id] ?? []))
            }
        }
        return runs
    }
}

extension RunInfo {
    init(row: SQLRow) throws {
        self.init(
            id: try row.text("id"), experiment: try row.int("experiment_id"), name: try row.text("name"), user: try row.text("user_id"),
            status: RunStatus(rawValue: try row.text("status")) ?? .running, stage: LifecycleStage(rawValue: try row.text("stage")) ?? .active,
            startTime: try row.int("start_time"), endTime: row.optionalInt("end_time"), artifactURI: try row.text("artifact_uri"))
    }
}

extension DatasetInput {
    init(row: SQLRow) throws {
        self.init(
            name: try row.text("name"), digest: try row.text("digest"), sourceType: try row.text("source_type"), source: try row.text("source"),
            schema: row.optionalText("schema"), profile: row.optionalText("profile"), tags: try row.json("tags", as: [String: String].self))
    }
}
