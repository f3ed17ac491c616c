import TernKernel
import TernStore

/// Experiments and their tags.
enum ExperimentStore {
    static func find(_ id: Int64, _ connection: Connection) throws -> Experiment? {
        try connection.row("SELECT * FROM experiments WHERE id = ?", [.int(id)]).map { try experiment($0, connection) }
    }

    static func find(named name: String, _ connection: Connection) throws -> Experiment? {
        try connection.row("SELECT * FROM experiments WHERE name = ?", [.text(name)]).map { try experiment($0, connection) }
    }

    /// What most rules need, without the tags.
    static func stageAndLocation(_ id: Int64, _ connection: Connection) throws -> (stage: LifecycleStage, location: String)? {
        guard let row = try connection.row("SELECT stage, artifact_location FROM experiments WHERE id = ?", [.int(id)]) else { return nil }
        return (try stage(row), try row.text("artifact_location"))
    }

    /// A number that no experiment ever had, also none that is gone.
    static func nextID(_ connection: Connection) throws -> Int64 {
        let used = try connection.row(
            "SELECT (SELECT COALESCE(max(id), 0) FROM experiments) AS present, (SELECT COALESCE(max(last), 0) FROM experiment_numbers) AS past")
        return max(try used?.int("present") ?? 0, try used?.int("past") ?? 0) + 1
    }

    static func insert(_ experiment: Experiment, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO experiments (id, name, artifact_location, stage, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .int(experiment.id), .text(experiment.name), .text(experiment.artifactLocation), .text(experiment.stage.rawValue),
                .int(experiment.createdAt), .int(experiment.updatedAt),
            ])
        for (key, value) in experiment.tags { try setTag(experiment.id, key, value, connection) }
    }

    static func rename(_ id: Int64, to name: String, at now: Int64, _ connection: Connection) throws {
        try connection.execute("UPDATE experiments SET name = ?, updated_at = ? WHERE id = ?", [.text(name), .int(now), .int(id)])
    }

    /// Moves an experiment and all of its runs to a stage.
    static func move(_ id: Int64, to stage: LifecycleStage, at now: Int64, _ connection: Connection) throws {
        try connection.execute("UPDATE experiments SET stage = ?, updated_at = ? WHERE id = ?", [.text(stage.rawValue), .int(now), .int(id)])
        try connection.execute(
            "UPDATE runs SET stage = ?, deleted_at = ? WHERE experiment_id = ?",
            [.text(stage.rawValue), stage == .deleted ? .int(now) : .null, .int(id)])
    }

    static func setTag(_ id: Int64, _ key: String, _ value: String, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)
            ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value
            """,
            [.int(id), .text(key), .text(value)])
    }

    /// Answers whether there was such a tag.
    static func deleteTag(_ id: Int64, _ key: String, _ connection: Connection) throws -> Bool {
        try connection.execute("DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?", [.int(id), .text(key)]) > 0
    }

    static func search(_ search: ExperimentSearch, _ connection: Connection) throws -> [Experiment] {
        var statement = SearchStatement()
        statement.require(search.stages.clause("e.stage"))
        for condition in search.filter.conditions {
            switch condition.field {
            case .attribute(let name) where SearchAttribute.experiment.contains(name):
                statement.require(SearchClause(name == "id" ? "CAST(e.id AS TEXT)" : "e.\(name)", condition.comparison))
            case .tag(let key):
                statement.require(.keyed("experiment_tags", owner: "experiment_id", of: "e.id", key: key, condition.comparison))
            default: throw TernError.invalid("experiments cannot be searched by \(condition.field)")
            }
        }
        for term in search.order {
            guard case .attribute(let name) = term.field, SearchAttribute.experiment.contains(name) else {
                throw TernError.invalid("experiments cannot be ordered by \(term.field)")
            }
            statement.orderBy("e.\(name)", ascending: term.ascending, nullable: false)
        }
        if search.order.isEmpty { statement.orderBy("e.created_at", ascending: false, nullable: false) }
        statement.order.append("e.id ASC")
        let clause = statement.select("e.*", from: "experiments e", limit: search.limit, offset: search.offset)
        return try connection.rows(clause.sql, clause.arguments).map { try experiment($0, connection) }
    }

    private static func experiment(_ row: SQLRow, _ connection: Connection) throws -> Experiment {
        let id = try row.int("id")
        let tags = try connection.rows("SELECT key, value FROM experiment_tags WHERE experiment_id = ?", [.int(id)])
        return Experiment(
            id: id, name: try row.text("name"), artifactLocation: try row.text("artifact_location"), stage: try stage(row),
            createdAt: try row.int("created_at"), updatedAt: try row.int("updated_at"), tags: try tags.keyedTexts())
    }

    private static func stage(_ row: SQLRow) throws -> LifecycleStage { LifecycleStage(rawValue: try row.text("stage")) ?? .active }
}

extension [SQLRow] {
    /// Rows of `key` and `value`.
    func keyedTexts() throws -> [String: String] {
        var texts: [String: String] = [:]
        texts.reserveCapacity(count)
        for row in self { texts[try row.text("key")] = try row.text("value") }
        return texts
    }
}
