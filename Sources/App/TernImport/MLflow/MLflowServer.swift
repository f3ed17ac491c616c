import NIOCore
import TernKernel

/// A running MLflow tracking server, or anything that speaks its REST API (2.0), with its registry.
package struct MLflowServer: ImportSource {
    package let kind = "mlflow"
    package let repeatsPoints = false
    package let notes = ImportNotes()
    private let server: SourceServer

    package var name: String { server.url }

    /// - Throws: `unavailable` when nobody answers, `invalid_argument` when what answers is no tracking server.
    package init(_ server: SourceServer) async throws {
        self.server = server
        do {
            try await server.greet()
        } catch let error as TernError where error.code != .unavailable {
            // A server without a health page may still be one.
        }
        do {
            _ = try await server.post("/api/2.0/mlflow/experiments/search", ["max_results": 1])
        } catch let error as TernError where [.notFound, .invalidArgument].contains(error.code) {
            throw TernError.invalid("\(server.url) is not an MLflow tracking server: \(error.message)")
        }
        notes.add("traces, webhooks, scorers and evaluation datasets are not asked for")
    }

    /// Every page of a search.
    private func pages(_ path: String, _ body: [String: JSON], _ list: String, _ take: ([JSON]) async throws -> Void) async throws {
        var body = body
        while true {
            let answer = try await server.post("/api/2.0/mlflow/" + path, .object(body))
            let found = answer[list]?.arrayValue ?? []
            if !found.isEmpty { try await take(found) }
            guard let token = answer["next_page_token"]?.stringValue, !token.isEmpty else { return }
            body["page_token"] = .string(token)
        }
    }

    package func runCount() async throws -> Int { 0 }

    package func experiments() async throws -> [ImportedExperiment] {
        var experiments: [ImportedExperiment] = []
        try await pages("experiments/search", ["max_results": 1000, "view_type": "ALL", "order_by": ["experiment_id ASC"]], "experiments") { found in
            for experiment in found {
                guard let id = experiment["experiment_id"]?.stringValue, let name = experiment["name"]?.stringValue else {
                    throw TernError(.dataLoss, "\(server.url): an experiment without id or name")
                }
                experiments.append(
                    ImportedExperiment(
                        sourceID: id, name: name, isDeleted: experiment["lifecycle_stage"]?.stringValue == "deleted",
                        createdAt: experiment["creation_time"]?.intValue ?? 0, updatedAt: experiment["last_update_time"]?.intValue ?? 0,
                        tags: MLflowServer.pairs(experiment["tags"])))
            }
        }
        return experiments
    }

    static func pairs(_ list: JSON?) -> [String: String] {
        Dictionary(
            (list?.arrayValue ?? []).compactMap { pair in pair["key"]?.stringValue.map { ($0, pair["value"]?.stringValue ?? "") } },
            uniquingKeysWith: { $1 })
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        let search: [String: JSON] = [
            "experiment_ids": [.string(experiment.sourceID)], "run_view_type": "ALL", "max_results": 100, "order_by": ["attribute.start_time ASC"],
        ]
        try await pages("runs/search", search, "runs") { found in
            // A search leaves out which models a run read and made: each run is asked for.
            try await take(
                try await found.asyncMap { run in
                    let id = run["info"]?["run_id"]?.stringValue ?? run["info"]?["run_uuid"]?.stringValue ?? ""
                    return try MLflowServer.run(try await server.get("/api/2.0/mlflow/runs/get", [("run_id", id)])["run"] ?? run, of: experiment)
                })
        }
    }

    private static func run(_ json: JSON, of experiment: ImportedExperiment) throws -> ImportedRun {
        let info = json["info"] ?? .null
        guard let id = info["run_id"]?.stringValue ?? info["run_uuid"]?.stringValue else { throw TernError(.dataLoss, "a run has no id") }
        let tags = pairs(json["data"]?["tags"])
        let metrics = (json["data"]?["metrics"]?.arrayValue ?? []).sorted { ($0["key"]?.stringValue ?? "") < ($1["key"]?.stringValue ?? "") }
        return ImportedRun(
            id: id, experiment: experiment.sourceID, name: info["run_name"]?.stringValue ?? tags["mlflow.runName"] ?? "",
            user: info["user_id"]?.stringValue ?? "", status: try MLflowWords.runStatus(info["status"]?.stringValue ?? "RUNNING"),
            startTime: info["start_time"]?.intValue ?? 0, endTime: info["end_time"]?.intValue,
            isDeleted: info["lifecycle_stage"]?.stringValue == "deleted", params: pairs(json["data"]?["params"]), tags: tags,
            datasets: (json["inputs"]?["dataset_inputs"]?.arrayValue ?? []).map { input in
                let dataset = input["dataset"] ?? .null
                return ImportedDataset(
                    name: dataset["name"]?.stringValue ?? "", digest: dataset["digest"]?.stringValue ?? "",
                    sourceType: dataset["source_type"]?.stringValue ?? "", source: dataset["source"]?.stringValue ?? "",
                    schema: dataset["schema"]?.stringValue, profile: dataset["profile"]?.stringValue, tags: pairs(input["tags"]))
            },
            modelInputs: (json["inputs"]?["model_inputs"]?.arrayValue ?? []).compactMap { $0["model_id"]?.stringValue },
            modelOutputs: (json["outputs"]?["model_outputs"]?.arrayValue ?? []).compactMap { output in
                output["model_id"]?.stringValue.map { .init(model: $0, step: output["step"]?.intValue ?? 0) }
            },
            artifactURI: info["artifact_uri"]?.stringValue, revision: JSON.array(metrics).description)
    }

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        // The latest values that came with the run name its metrics.
        guard let metrics = try? JSON(parsing: run.revision).arrayValue else { return }
        for key in metrics.compactMap({ $0["key"]?.stringValue }) {
            var token: String?
            repeat {
                var query = [("run_id", run.id), ("metric_key", key), ("max_results", "25000")]
                if let token { query.append(("page_token", token)) }
                let answer = try await server.get("/api/2.0/mlflow/metrics/get-history", query)
                let block = PointBlock(
                    run: run.id, key: key,
                    points: try (answer["metrics"]?.arrayValue ?? []).map { point in
                        guard let value = point["value"].flatMap(MLflowServer.number) else {
                            throw TernError(.dataLoss, "\(server.url): metric '\(key)' of run \(run.id) has a point without a value")
                        }
                        return .init(timestamp: point["timestamp"]?.intValue ?? 0, step: point["step"]?.intValue ?? 0, value: value)
                    })
                if !block.points.isEmpty { try await take([block]) }
                token = answer["next_page_token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            } while token != nil
        }
    }

    /// The three that JSON has no numbers for come as texts.
    static func number(_ value: JSON) -> Double? {
        switch value {
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: value.doubleValue
        }
    }

    // MARK: Files

    package func files(of run: ImportedRun) async throws -> [ImportedFile] {
        try await walk { path in
            try await server.get("/api/2.0/mlflow/artifacts/list", [("run_id", run.id)] + (path.isEmpty ? [] : [("path", path)]))
        } address: { path in
            SourceServer.address("/get-artifact", [("run_uuid", run.id), ("path", path)])
        }
    }

    package func files(of model: ImportedLoggedModel) async throws -> [ImportedFile] {
        let base = "/api/2.0/mlflow/logged-models/\(SourceServer.encode(model.id))/artifacts/directories"
        return try await walk { path in
            try await server.get(base, path.isEmpty ? [] : [("artifact_directory_path", path)])
        } address: { path in
            SourceServer.address(
                "/ajax-api/2.0/mlflow/logged-models/\(SourceServer.encode(model.id))/artifacts/files", [("artifact_file_path", path)])
        }
    }

    private func walk(list: (String) async throws -> JSON, address: (String) -> String) async throws -> [ImportedFile] {
        var found: [ImportedFile] = []
        var waiting = [""]
        while let next = waiting.popLast() {
            var files: [JSON] = []
            do {
                files = try await list(next)["files"]?.arrayValue ?? []
            } catch let error as TernError where next.isEmpty && [.notFound, .invalidArgument, .unavailable].contains(error.code) {
                notes.add("artifact folders that the server could not list: \(error.message.prefix(160))")
                return []
            }
            for file in files {
                guard let path = file["path"]?.stringValue else { continue }
                if file["is_dir"]?.boolValue == true {
                    waiting.append(path)
                } else {
                    found.append(ImportedFile(path: path, size: file["file_size"]?.intValue ?? 0, place: .address(address(path))))
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    package func read(_ file: ImportedFile, _ take: (ByteBuffer) async throws -> Void) async throws {
        guard case .address(let path) = file.place else { return }
        try await server.download(path, take)
    }

    // MARK: Models

    package func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel] {
        var models: [ImportedLoggedModel] = []
        do {
            try await pages("logged-models/search", ["experiment_ids": [.string(experiment.sourceID)], "max_results": 50], "models") { found in
                models += try found.map(loggedModel)
            }
        } catch let error as TernError where [.notFound, .invalidArgument].contains(error.code) {
            // Servers before 3.0 have none.
            return []
        }
        return models
    }

    private func loggedModel(_ json: JSON) throws -> ImportedLoggedModel {
        let info = json["info"] ?? .null
        guard let id = info["model_id"]?.stringValue else { throw TernError(.dataLoss, "\(server.url): a logged model has no id") }
        return ImportedLoggedModel(
            id: id, name: info["name"]?.stringValue ?? "", type: info["model_type"]?.stringValue ?? "",
            sourceRun: info["source_run_id"]?.stringValue ?? "", status: MLflowWords.modelStatus(info["status"]?.stringValue ?? ""),
            createdAt: info["creation_timestamp_ms"]?.intValue ?? 0, updatedAt: info["last_updated_timestamp_ms"]?.intValue ?? 0,
            params: MLflowServer.pairs(json["data"]?["params"]), tags: MLflowServer.pairs(info["tags"]),
            metrics: try (json["data"]?["metrics"]?.arrayValue ?? []).map { metric in
                guard let value = metric["value"].flatMap(MLflowServer.number) else {
                    throw TernError(.dataLoss, "\(server.url): a metric of logged model \(id) has no value")
                }
                func filled(_ key: String) -> String? { metric[key]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
                return .init(
                    key: metric["key"]?.stringValue ?? "", value: MLflowWords.stored(value), timestamp: metric["timestamp"]?.intValue ?? 0,
                    step: metric["step"]?.intValue ?? 0, run: metric["run_id"]?.stringValue ?? "", datasetName: filled("dataset_name"),
                    datasetDigest: filled("dataset_digest"))
            },
            artifactURI: info["artifact_uri"]?.stringValue ?? "")
    }

    package func registeredModels() async throws -> [ImportedModel] {
        var models: [ImportedModel] = []
        var token: String?
        repeat {
            var query = [("max_results", "100")]
            if let token { query.append(("page_token", token)) }
            let answer = try await server.get("/api/2.0/mlflow/registered-models/search", query)
            for model in answer["registered_models"]?.arrayValue ?? [] { models.append(try await registeredModel(model)) }
            token = answer["next_page_token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        return models
    }

    private func registeredModel(_ json: JSON) async throws -> ImportedModel {
        guard let name = json["name"]?.stringValue else { throw TernError(.dataLoss, "\(server.url): a registered model has no name") }
        var model = ImportedModel(
            name: name, description: MLflowServer.filled(json["description"]), createdAt: json["creation_timestamp"]?.intValue ?? 0,
            updatedAt: json["last_updated_timestamp"]?.intValue ?? 0, tags: MLflowServer.pairs(json["tags"]), lastVersion: 0)
        for alias in json["aliases"]?.arrayValue ?? [] {
            guard let text = alias["alias"]?.stringValue else { continue }
            model.aliases[text] = alias["version"].flatMap { $0.intValue ?? $0.stringValue.flatMap(Int64.init) }
        }
        let quote = name.contains("'") ? "\"" : "'"
        var token: String?
        repeat {
            var query = [("filter", "name = \(quote)\(name)\(quote)"), ("max_results", "1000")]
            if let token { query.append(("page_token", token)) }
            let answer = try await server.get("/api/2.0/mlflow/model-versions/search", query)
            for version in answer["model_versions"]?.arrayValue ?? [] {
                guard let number = version["version"].flatMap({ $0.intValue ?? $0.stringValue.flatMap(Int64.init) }) else { continue }
                model.versions.append(
                    ImportedModel.Version(
                        number: number, createdAt: version["creation_timestamp"]?.intValue ?? 0,
                        updatedAt: version["last_updated_timestamp"]?.intValue ?? 0, user: version["user_id"]?.stringValue ?? "",
                        description: MLflowServer.filled(version["description"]), stage: version["current_stage"]?.stringValue ?? "None",
                        source: version["source"]?.stringValue ?? "", runID: MLflowServer.filled(version["run_id"]),
                        runLink: MLflowServer.filled(version["run_link"]), modelID: MLflowServer.filled(version["model_id"]),
                        tags: MLflowServer.pairs(version["tags"])))
            }
            token = answer["next_page_token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        model.versions.sort { $0.number < $1.number }
        model.lastVersion = model.versions.last?.number ?? 0
        return model
    }

    private static func filled(_ value: JSON?) -> String? { value?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}
