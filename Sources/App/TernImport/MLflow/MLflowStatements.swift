import TernStore

/// SQL over MLflow's own schema (`mlflow/store/tracking/dbmodels/models.py`, `mlflow/store/model_registry/dbmodels/models.py`), on SQLite and
/// PostgreSQL. Long tables are read by key, never by OFFSET.
enum MLflowStatements {
    static let experiments = "SELECT * FROM experiments ORDER BY experiment_id"
    static let experimentTags = "SELECT experiment_id, key, value FROM experiment_tags"
    static let runCount = "SELECT count(*) AS total FROM runs"
    static let runs = "SELECT * FROM runs WHERE experiment_id = ? AND run_uuid > ? ORDER BY run_uuid LIMIT 100"

    static func params(_ list: String) -> String { "SELECT run_uuid, key, value FROM params WHERE run_uuid IN \(list)" }
    static func tags(_ list: String) -> String { "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN \(list)" }

    static func pointCounts(_ list: String) -> String {
        "SELECT run_uuid, count(*) AS total FROM metrics WHERE run_uuid IN \(list) GROUP BY run_uuid"
    }

    static func latest(_ list: String) -> String {
        "SELECT run_uuid, key, value, timestamp, step FROM latest_metrics WHERE run_uuid IN \(list) ORDER BY run_uuid, key"
    }

    static func datasets(_ list: String) -> String {
        """
        SELECT i.input_uuid, i.destination_id AS run, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
        FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
        WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN \(list)
        """
    }

    static func inputTags(_ list: String) -> String {
        """
        SELECT t.input_uuid, t.name, t.value FROM input_tags t JOIN inputs i ON i.input_uuid = t.input_uuid
        WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN \(list)
        """
    }

    static func modelLinks(_ list: String) -> String {
        """
        SELECT * FROM inputs WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id IN \(list) ORDER BY source_id, destination_id
        """
    }

    private static let pointColumns = "key, step, timestamp, value, CASE WHEN is_nan THEN 1 ELSE 0 END AS nan"
    private static let pointOrder = "key, step, timestamp, value, CASE WHEN is_nan THEN 1 ELSE 0 END"

    /// The first points of a run, and those after a given one; the index on (run_uuid, key, step) serves both.
    static let firstPoints = "SELECT \(pointColumns) FROM metrics WHERE run_uuid = ? ORDER BY \(pointOrder) LIMIT ?"
    static let nextPoints =
        "SELECT \(pointColumns) FROM metrics WHERE run_uuid = ? AND (\(pointOrder)) > (?, ?, ?, ?, ?) ORDER BY \(pointOrder) LIMIT ?"

    static let loggedModels = "SELECT * FROM logged_models WHERE experiment_id = ? ORDER BY model_id"
    static let loggedModelParams = "SELECT model_id, param_key, param_value FROM logged_model_params WHERE experiment_id = ?"
    static let loggedModelTags = "SELECT model_id, tag_key, tag_value FROM logged_model_tags WHERE experiment_id = ?"
    static let loggedModelMetrics = "SELECT * FROM logged_model_metrics WHERE experiment_id = ?"

    static let registeredModels = "SELECT * FROM registered_models ORDER BY name"
    static let registeredModelTags = "SELECT name, key, value FROM registered_model_tags"
    static let aliases = "SELECT name, alias, version FROM registered_model_aliases"
    static let versions = "SELECT * FROM model_versions ORDER BY name, version"
    static let versionTags = "SELECT name, version, key, value FROM model_version_tags"

    static func count(_ table: String) -> String { "SELECT count(*) AS total FROM \(table)" }
}
