import TernKernel
import TernStore

/// What runs read and made: datasets and models.
enum InputStore {
    /// Names a dataset as read by a run; a dataset that the run has already is left as it is.
    static func add(_ input: DatasetInput, to run: String, in experiment: Int64, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO tracked_datasets (experiment_id, name, digest, source_type, source, schema, profile) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (experiment_id, name, digest) DO NOTHING
            """,
            [
                .int(experiment), .text(input.name), .text(input.digest), .text(input.sourceType), .text(input.source), SQLValue(input.schema),
                SQLValue(input.profile),
            ])
        try connection.execute(
            """
            INSERT INTO run_datasets (run_id, dataset, context, tags)
            SELECT ?, id, ?, ? FROM tracked_datasets WHERE experiment_id = ? AND name = ? AND digest = ?
            ON CONFLICT (run_id, dataset) DO NOTHING
            """,
            [
                .text(run), SQLValue(input.tags[DatasetInput.contextTag]), .text(JSON.object(input.tags.mapValues(JSON.string)).description),
                .int(experiment), .text(input.name), .text(input.digest),
            ])
    }

    static func addModelInput(_ model: String, to run: String, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO run_model_inputs (run_id, model_id) VALUES (?, ?) ON CONFLICT DO NOTHING", [.text(run), .text(model)])
    }

    static func addModelOutput(_ output: ModelOutput, to run: String, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO run_model_outputs (run_id, model_id, step) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [.text(run), .text(output.model), .int(output.step)])
    }

    /// The datasets that runs of these experiments read, with each purpose they were read for.
    static func datasets(of experiments: [Int64], limit: Int, _ connection: Connection) throws -> [TrackedDataset] {
        let list = SearchClause.list(experiments.map(SQLValue.int))
        return try connection.rows(
            """
            SELECT DISTINCT d.experiment_id, d.name, d.digest, r.context FROM tracked_datasets d JOIN run_datasets r ON r.dataset = d.id
            WHERE d.experiment_id IN \(list.sql) ORDER BY d.experiment_id, d.name, d.digest, r.context LIMIT ?
            """, list.arguments + [SQLValue(limit)]
        ).map {
            TrackedDataset(
                experiment: try $0.int("experiment_id"), name: try $0.text("name"), digest: try $0.text("digest"), context: $0.optionalText("context")
            )
        }
    }
}

/// A dataset as an experiment's runs know it.
package struct TrackedDataset: Hashable, Sendable, Codable {
    package var experiment: Int64
    package var name: String
    package var digest: String
    package var context: String?
}
