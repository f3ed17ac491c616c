import TernKernel

// What goes to `/api/tern/v1/import/…`. The server answers `check` in the same words, so that both can be compared field by field.

extension ImportedExperiment {
    var json: JSON {
        [
            "source_id": .string(sourceID), "name": .string(name), "stage": .string(isDeleted ? "deleted" : "active"), "created_at": .int(createdAt),
            "updated_at": .int(updatedAt), "tags": .object(tags.mapValues(JSON.string)),
        ]
    }
}

extension ImportedDataset {
    var json: JSON {
        [
            "name": .string(name), "digest": .string(digest), "source_type": .string(sourceType), "source": .string(source), "schema": JSON(schema),
            "profile": JSON(profile), "tags": .object(tags.mapValues(JSON.string)),
        ]
    }
}

extension ImportedRun {
    func place(in experiment: Int64) -> String { filesStayAt ?? "mlflow-artifacts:/\(experiment)/\(id)/artifacts" }

    /// Tells the source in a tag, and gives a run without a name tag its own.
    func json(in experiment: Int64, by source: any ImportSource) -> JSON {
        var tags = tags
        tags["tern.import.state"] = nil
        if tags["mlflow.runName"] == nil { tags["mlflow.runName"] = name }
        var fields: [String: JSON] = [
            "id": .string(id), "experiment": .int(experiment), "name": .string(name), "user": .string(user), "status": .string(status),
            "stage": .string(isDeleted ? "deleted" : "active"), "start_time": .int(startTime), "end_time": endTime.map(JSON.int) ?? .null,
            "artifact_uri": .string(place(in: experiment)), "params": .object(params.mapValues(JSON.string)),
            "tags": .object(tags.mapValues(JSON.string)),
            "datasets": .array(datasets.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }.map(\.json)),
            "model_inputs": JSON(modelInputs.sorted()),
            "model_outputs": .array(
                modelOutputs.sorted { ($0.model, $0.step) < ($1.model, $1.step) }.map { ["model": .string($0.model), "step": .int($0.step)] }),
        ]
        // The same run from another place (a folder that moved, a database and the server over it) is still the same.
        fields["fingerprint"] = .string(Digest(of: JSON.object(fields).description + revision).hex)
        if source.kind != "tern" {
            tags["tern.import.source"] = "\(source.kind) \(source.name)"
            fields["tags"] = .object(tags.mapValues(JSON.string))
        }
        if let deletedAt { fields["deleted_at"] = .int(deletedAt) }
        return .object(fields)
    }
}

extension ImportedLoggedModel {
    func place(in experiment: Int64) -> String { filesStayAt ?? "mlflow-artifacts:/\(experiment)/models/\(id)/artifacts" }

    func json(in experiment: Int64) -> JSON {
        let ordered = metrics.sorted {
            ($0.key, $0.timestamp, $0.step, $0.run, $0.datasetName ?? "", $0.datasetDigest ?? "")
                < ($1.key, $1.timestamp, $1.step, $1.run, $1.datasetName ?? "", $1.datasetDigest ?? "")
        }
        var fields: [String: JSON] = [
            "id": .string(id), "experiment": .int(experiment), "name": .string(name), "type": .string(type), "source_run": .string(sourceRun),
            "artifact_uri": .string(place(in: experiment)), "status": .string(status), "stage": .string(isDeleted ? "deleted" : "active"),
            "created_at": .int(createdAt), "updated_at": .int(updatedAt), "params": .object(params.mapValues(JSON.string)),
            "tags": .object(tags.mapValues(JSON.string)),
            "metrics": .array(
                ordered.map { metric in
                    [
                        "key": .string(metric.key), "value": metric.value.isNaN ? "NaN" : .double(metric.value), "timestamp": .int(metric.timestamp),
                        "step": .int(metric.step),
                        "run": .string(metric.run), "dataset_name": JSON(metric.datasetName), "dataset_digest": JSON(metric.datasetDigest),
                    ]
                }),
        ]
        fields["fingerprint"] = .string(Digest(of: JSON.object(fields).description).hex)
        return .object(fields)
    }
}

extension ImportedModel {
    var json: JSON {
        [
            "name": .string(name), "description": JSON(description), "created_at": .int(createdAt), "updated_at": .int(updatedAt),
            "tags": .object(tags.mapValues(JSON.string)), "aliases": .object(aliases.mapValues(JSON.int)), "last_version": .int(lastVersion),
            "versions": .array(versions.map(\.json)),
        ]
    }
}

extension ImportedModel.Version {
    var json: JSON {
        [
            "version": .int(number), "created_at": .int(createdAt), "updated_at": .int(updatedAt), "user": .string(user),
            "description": JSON(description),
            "stage": .string(stage), "source": .string(source), "location": JSON(location), "run_id": JSON(runID), "run_link": JSON(runLink),
            "model_id": JSON(modelID), "tags": .object(tags.mapValues(JSON.string)),
        ]
    }
}

/// How what is stored differs from what was sent.
enum RunDifference {
    /// Fields that differ, in words; what people added here since (tags, params) is no difference.
    static func between(_ sent: JSON, _ stored: JSON) -> [String] {
        guard let fields = sent.objectValue else { return [] }
        guard !stored.isNull else { return ["it is not here"] }
        var differences: [String] = []
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) where !["fingerprint", "deleted_at"].contains(key) {
            let there = stored[key] ?? .null
            switch key {
            case "params", "tags":
                let held = there.objectValue ?? [:]
                for (name, text) in value.objectValue ?? [:] where held[name] != text { differences.append("\(key.dropLast()) '\(name)'") }
            case "datasets", "model_inputs", "model_outputs":
                let held = Set(there.arrayValue ?? [])
                if !(value.arrayValue ?? []).allSatisfy(held.contains) { differences.append(key.replacing("_", with: " ")) }
            default:
                if value != there, !same(value, there) { differences.append("\(key) is \(short(there)), not \(short(value))") }
            }
        }
        return differences
    }

    /// Numbers come back in the notation that is shortest.
    private static func same(_ one: JSON, _ other: JSON) -> Bool {
        switch (one, other) {
        case (.array(let left), .array(let right)): left.count == right.count && zip(left, right).allSatisfy(same)
        case (.object(let left), .object(let right)):
            Set(left.keys).union(right.keys).allSatisfy { same(left[$0] ?? .null, right[$0] ?? .null) }
        default: one == other || (one.doubleValue != nil && one.doubleValue == other.doubleValue)
        }
    }

    private static func short(_ value: JSON) -> String { String(value.description.prefix(80)) }
}
