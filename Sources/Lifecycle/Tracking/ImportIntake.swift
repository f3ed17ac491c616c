import TernKernel

// What `tern import` hands over, and how it stands on the wire (`/api/tern/v1/import/…`). What is read back is written the same way, so that the
// importer compares like with like.

/// An experiment of another store, by its name there.
struct ExperimentIntake: Sendable {
    var sourceID: String
    var name: String
    var stage: LifecycleStage
    var createdAt: Int64
    var updatedAt: Int64
    var tags: [String: String]
}

/// A run of another store. Its id is kept: 32 hexadecimal digits as a rule.
struct RunIntake: Sendable {
    var info: RunInfo
    var deletedAt: Int64?
    var params: [String: String]
    var tags: [String: String]
    var datasets: [DatasetInput]
    var modelInputs: [String]
    var modelOutputs: [ModelOutput]
    /// Equal when nothing changed in the source since: the importer's own digest of it.
    var fingerprint: String
}

struct LoggedModelIntake: Sendable {
    var model: LoggedModel
    var fingerprint: String
}

/// How far something is on its way in.
enum ImportState: String, Sendable {
    /// Under way: neither all of it is here nor has it been compared.
    case partial
    /// Here, and compared with the source.
    case complete
    /// Compared, but files stayed behind; the next import tries them again.
    case filesMissing = "files_missing"
    /// It was here before, from elsewhere than an import: left alone.
    case native
}

extension JSON {
    func need(_ key: String) throws -> String {
        guard let text = self[key]?.stringValue else { throw TernError.invalid("missing field '\(key)'") }
        return text
    }

    func needInt(_ key: String) throws -> Int64 {
        guard let number = self[key]?.intValue else { throw TernError.invalid("'\(key)' must be a whole number") }
        return number
    }

    func texts(_ key: String) throws -> [String: String] {
        try (self[key]?.objectValue ?? [:]).mapValues { value in
            guard let text = value.stringValue else { throw TernError.invalid("the values of '\(key)' must be texts") }
            return text
        }
    }

    func elements(_ key: String) -> [JSON] { self[key]?.arrayValue ?? [] }
}

extension ExperimentIntake {
    init(_ json: JSON) throws {
        self.init(
            sourceID: try json.need("source_id"), name: try json.need("name"), stage: try LifecycleStage(json),
            createdAt: try json.needInt("created_at"),
            updatedAt: try json.needInt("updated_at"), tags: try json.texts("tags"))
    }
}

extension LifecycleStage {
    init(_ json: JSON) throws {
        guard let stage = LifecycleStage(rawValue: json["stage"]?.stringValue ?? "active") else {
            throw TernError.invalid("'stage' is active or deleted")
        }
        self = stage
    }
}

extension RunIntake {
    /// - Parameter json: `artifact_uri` only where the files stay elsewhere.
    init(_ json: JSON) throws {
        let id = try json.need("id")
        let experiment = try json.needInt("experiment")
        guard let status = RunStatus(rawValue: try json.need("status")) else { throw TernError.invalid("run \(id): unknown status") }
        self.init(
            info: RunInfo(
                id: id, experiment: experiment, name: try json.need("name"), user: try json.need("user"), status: status,
                stage: try LifecycleStage(json), startTime: try json.needInt("start_time"), endTime: json["end_time"]?.intValue,
                artifactURI: json["artifact_uri"]?.stringValue ?? "mlflow-artifacts:/\(experiment)/\(id)/artifacts"),
            deletedAt: json["deleted_at"]?.intValue, params: try json.texts("params"), tags: try json.texts("tags"),
            datasets: try json.elements("datasets").map { dataset in
                DatasetInput(
                    name: try dataset.need("name"), digest: try dataset.need("digest"), sourceType: try dataset.need("source_type"),
                    source: try dataset.need("source"), schema: dataset["schema"]?.stringValue, profile: dataset["profile"]?.stringValue,
                    tags: try dataset.texts("tags"))
            },
            modelInputs: json.elements("model_inputs").compactMap(\.stringValue),
            modelOutputs: try json.elements("model_outputs").map { ModelOutput(model: try $0.need("model"), step: try $0.needInt("step")) },
            fingerprint: json["fingerprint"]?.stringValue ?? "")
    }
}

extension Run {
    /// As an import hands it over, to be compared with what was.
    var intake: JSON {
        [
            "id": .string(info.id), "experiment": .int(info.experiment), "name": .string(info.name), "user": .string(info.user),
            "status": .string(info.status.rawValue), "stage": .string(info.stage.rawValue), "start_time": .int(info.startTime),
            "end_time": info.endTime.map(JSON.int) ?? .null, "artifact_uri": .string(info.artifactURI),
            "params": .object(params.mapValues(JSON.string)), "tags": .object(tags.mapValues(JSON.string)),
            "datasets": .array(
                datasets.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }.map { dataset in
                    [
                        "name": .string(dataset.name), "digest": .string(dataset.digest), "source_type": .string(dataset.sourceType),
                        "source": .string(dataset.source), "schema": JSON(dataset.schema), "profile": JSON(dataset.profile),
                        "tags": .object(dataset.tags.mapValues(JSON.string)),
                    ]
                }),
            "model_inputs": JSON(modelInputs.sorted()),
            "model_outputs": .array(
                modelOutputs.sorted { ($0.model, $0.step) < ($1.model, $1.step) }.map { ["model": .string($0.model), "step": .int($0.step)] }),
        ]
    }
}

extension LoggedModelIntake {
    init(_ json: JSON) throws {
        let id = try json.need("id")
        let experiment = try json.needInt("experiment")
        guard let status = LoggedModelStatus(rawValue: try json.need("status")) else { throw TernError.invalid("logged model \(id): unknown status") }
        let model = LoggedModel(
            id: id, experiment: experiment, name: try json.need("name"), type: try json.need("type"), sourceRun: try json.need("source_run"),
            artifactURI: json["artifact_uri"]?.stringValue ?? "mlflow-artifacts:/\(experiment)/models/\(id)/artifacts", status: status,
            stage: try LifecycleStage(json), createdAt: try json.needInt("created_at"), updatedAt: try json.needInt("updated_at"),
            params: try json.texts("params"), tags: try json.texts("tags"),
            metrics: try json.elements("metrics").map { metric in
                guard let value = metric["value"] == "NaN" ? .nan : metric["value"]?.doubleValue else {
                    throw TernError.invalid("logged model \(id): a metric has no value")
                }
                return ModelMetric(
                    point: MetricPoint(
                        key: try metric.need("key"), value: value, timestamp: try metric.needInt("timestamp"), step: try metric.needInt("step")),
                    model: id, run: try metric.need("run"), datasetName: metric["dataset_name"]?.stringValue,
                    datasetDigest: metric["dataset_digest"]?.stringValue)
            })
        self.init(model: model, fingerprint: json["fingerprint"]?.stringValue ?? "")
    }
}

extension LoggedModel {
    var intake: JSON {
        let ordered = metrics.sorted {
            ($0.point.key, $0.point.timestamp, $0.point.step, $0.run, $0.datasetName ?? "", $0.datasetDigest ?? "")
                < ($1.point.key, $1.point.timestamp, $1.point.step, $1.run, $1.datasetName ?? "", $1.datasetDigest ?? "")
        }
        return [
            "id": .string(id), "experiment": .int(experiment), "name": .string(name), "type": .string(type), "source_run": .string(sourceRun),
            "artifact_uri": .string(artifactURI), "status": .string(status.rawValue), "stage": .string(stage.rawValue),
            "created_at": .int(createdAt), "updated_at": .int(updatedAt), "params": .object(params.mapValues(JSON.string)),
            "tags": .object(tags.mapValues(JSON.string)),
            "metrics": .array(
                ordered.map { metric in
                    [
                        "key": .string(metric.point.key), "value": metric.point.value.isNaN ? "NaN" : .double(metric.point.value),
                        "timestamp": .int(metric.point.timestamp), "step": .int(metric.point.step), "run": .string(metric.run),
                        "dataset_name": JSON(metric.datasetName),
                        "dataset_digest": JSON(metric.datasetDigest),
                    ]
                }),
        ]
    }
}
