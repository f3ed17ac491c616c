import TernKernel
import Tracking

// The values of the tracking room as MLflow writes them.

extension JSON {
    /// `[{"key": …, "value": …}]`, by key; nil when there are none.
    static func pairs(_ values: [String: String]) -> JSON? {
        values.isEmpty ? nil : .array(values.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }

    static func list(_ values: [JSON]) -> JSON? { values.isEmpty ? nil : .array(values) }
}

extension Experiment {
    var mlflow: JSON {
        .fields([
            "experiment_id": .string(String(id)), "name": .string(name), "artifact_location": .string(artifactLocation),
            "lifecycle_stage": .string(stage.rawValue), "last_update_time": .int(updatedAt), "creation_time": .int(createdAt),
            "workspace": "default", "tags": .pairs(tags),
        ])
    }
}

extension RunInfo {
    var mlflow: JSON {
        .fields([
            "run_id": .string(id), "run_uuid": .string(id), "run_name": .string(name), "experiment_id": .string(String(experiment)),
            "user_id": .string(user), "status": .string(status.rawValue), "start_time": .int(startTime), "end_time": endTime.map(JSON.int),
            "artifact_uri": .string(artifactURI), "lifecycle_stage": .string(stage.rawValue),
        ])
    }
}

extension Run {
    var mlflow: JSON {
        [
            "info": info.mlflow,
            "data": .fields(["metrics": .list(metrics.map(\.mlflow)), "params": .pairs(params), "tags": .pairs(tags)]),
            "inputs": mlflowInputs,
            "outputs": mlflowOutputs,
        ]
    }

    fileprivate var mlflowInputs: JSON {
        if datasets.isEmpty, modelInputs.isEmpty { return [:] }
        let read: [JSON] = datasets.map { ["dataset": $0.mlflow, "tags": .pairs($0.tags) ?? []] }
        let given: [JSON] = modelInputs.map { ["model_id": .string($0)] }
        return .fields(["dataset_inputs": .list(read), "model_inputs": .list(given)])
    }

    fileprivate var mlflowOutputs: JSON {
        if modelOutputs.isEmpty { return [:] }
        let made: [JSON] = modelOutputs.map { ["model_id": .string($0.model), "step": .int($0.step)] }
        return .fields(["model_outputs": .list(made)])
    }
}

extension JSONText {
    /// The same as `Run.mlflow`, straight into text.
    mutating func run(_ run: Run) {
        object { json in
            json.field("info") { $0.info(run.info) }
            json.field("data") { json in
                json.object { json in
                    if !run.metrics.isEmpty { json.field("metrics") { $0.array(run.metrics) { $0.metric($1) } } }
                    if !run.params.isEmpty { json.field("params") { $0.pairs(run.params) } }
                    if !run.tags.isEmpty { json.field("tags") { $0.pairs(run.tags) } }
                }
            }
            json.field("inputs") { $0.value(run.mlflowInputs) }
            json.field("outputs") { $0.value(run.mlflowOutputs) }
        }
    }

    private mutating func info(_ info: RunInfo) {
        object { json in
            json.field("run_id") { $0.string(info.id) }
            json.field("run_uuid") { $0.string(info.id) }
            json.field("run_name") { $0.string(info.name) }
            json.field("experiment_id") { $0.string(String(info.experiment)) }
            json.field("user_id") { $0.string(info.user) }
            json.field("status") { $0.string(info.status.rawValue) }
            json.field("start_time") { $0.integer(info.startTime) }
            if let end = info.endTime { json.field("end_time") { $0.integer(end) } }
            json.field("artifact_uri") { $0.string(info.artifactURI) }
            json.field("lifecycle_stage") { $0.string(info.stage.rawValue) }
        }
    }

    private mutating func pairs(_ values: [String: String]) {
        array(values.sorted { $0.key < $1.key }) { json, pair in
            json.object { json in
                json.field("key") { $0.string(pair.key) }
                json.field("value") { $0.string(pair.value) }
            }
        }
    }

    /// - Parameter run: written where the point is one of several runs'.
    mutating func metric(_ point: MetricPoint, of run: String? = nil) {
        object { json in
            json.field("key") { $0.string(point.key) }
            json.field("value") { $0.number(point.value) }
            json.field("timestamp") { $0.integer(point.timestamp) }
            json.field("step") { $0.integer(point.step) }
            if let run { json.field("run_id") { $0.string(run) } }
        }
    }
}

extension MetricPoint {
    var mlflow: JSON { .object(mlflowFields) }

    var mlflowFields: [String: JSON] {
        ["key": .string(key), "value": .double(value), "timestamp": .int(timestamp), "step": .int(step)]
    }
}

extension ModelMetric {
    var mlflow: JSON {
        var fields = point.mlflowFields
        fields["model_id"] = .string(model)
        fields["run_id"] = .string(run)
        fields["dataset_name"] = datasetName.map(JSON.string)
        fields["dataset_digest"] = datasetDigest.map(JSON.string)
        return .object(fields)
    }
}

extension DatasetInput {
    fileprivate var mlflow: JSON {
        .fields([
            "name": .string(name), "digest": .string(digest), "source_type": .string(sourceType), "source": .string(source),
            "schema": schema.map(JSON.string), "profile": profile.map(JSON.string),
        ])
    }

    init(_ input: MLflowParameters) throws {
        guard let dataset = try input.object("dataset") else { throw TernError(.internal, "Dataset input must have a dataset associated with it.") }
        self.init(
            name: try dataset.required("name"), digest: try dataset.required("digest"), sourceType: try dataset.required("source_type"),
            source: try dataset.required("source"), schema: try dataset.string("schema"), profile: try dataset.string("profile"),
            tags: Dictionary(try input.pairs("tags"), uniquingKeysWith: { $1 }))
    }
}

extension LoggedModel {
    var mlflow: JSON {
        [
            "info": .fields([
                "model_id": .string(id), "experiment_id": .string(String(experiment)), "name": .string(name), "artifact_uri": .string(artifactURI),
                "creation_timestamp_ms": .int(createdAt), "last_updated_timestamp_ms": .int(updatedAt), "model_type": .string(type),
                "source_run_id": .string(sourceRun), "status": .string("LOGGED_MODEL_" + status.rawValue), "tags": .pairs(tags),
            ]),
            "data": .fields(["params": .pairs(params), "metrics": .list(metrics.map(\.mlflow))]),
        ]
    }
}

extension LoggedPoint {
    init(_ metric: MLflowParameters) throws {
        let key = try metric.required("key")
        guard let value = try metric.number("value") else { throw metric.missing("value") }
        guard let timestamp = try metric.integer("timestamp") else { throw metric.missing("timestamp") }
        func optional(_ name: String) throws -> String? { try metric.string(name).flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            MetricPoint(key: key, value: value, timestamp: timestamp, step: try metric.integer("step") ?? 0),
            model: try optional("model_id"), datasetName: try optional("dataset_name"), datasetDigest: try optional("dataset_digest"))
    }
}

extension MLflowParameters {
    /// An experiment's number, which the wire writes as text; an empty one is the default experiment.
    func experimentID(_ name: String = "experiment_id") throws -> Int64 {
        let text = try string(name) ?? ""
        return text.isEmpty ? Experiment.defaultID : try MLflowParameters.experimentID(text)
    }

    func requiredExperimentID() throws -> Int64 { try MLflowParameters.experimentID(try required("experiment_id")) }

    static func experimentID(_ text: String) throws -> Int64 {
        guard let id = Int64(text) else {
            throw TernError.invalid("Invalid experiment ID '\(text)'. Experiment ID must be a valid integer.")
        }
        return id
    }

    func experimentIDs() throws -> [Int64] { try strings("experiment_ids").map(MLflowParameters.experimentID) }

    /// By name or by protobuf's number.
    func stages(_ name: String) throws -> StageSelection {
        switch self[name] {
        case .string("DELETED_ONLY")?, .int(2)?, .string("2")?: .deleted
        case .string("ALL")?, .int(3)?, .string("3")?: .all
        default: .active
        }
    }

    /// By name or by protobuf's number; a status that nobody knows is ignored, as MLflow does.
    func runStatus() -> RunStatus? {
        switch self["status"] {
        case .string(let name)?: RunStatus(rawValue: name)
        case .int(1)?: .running
        case .int(2)?: .scheduled
        case .int(3)?: .finished
        case .int(4)?: .failed
        case .int(5)?: .killed
        default: nil
        }
    }

    /// A page size; the default when there is none.
    func limit(or standard: Int) throws -> Int {
        guard let value = try integer("max_results") else { return standard }
        return Int(clamping: value)
    }

    func pairsByKey(_ name: String) throws -> [String: String] { Dictionary(try pairs(name), uniquingKeysWith: { $1 }) }
}
