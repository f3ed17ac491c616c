import Foundation
import TernKernel
import TernStore

/// An MLflow backend database: what its tracking and registry stores keep, read with plain SQL.
package struct MLflowDatabase: ImportSource {
    package let kind = "mlflow"
    package let name: String
    package let repeatsPoints = false
    package let notes = ImportNotes()
    private let database: ForeignDatabase
    private let tables: Set<String>
    private let artifacts: MLflowArtifactPlace

    static let pointsPerPage = 25_000

    /// - Parameter artifactFolder: what the server that wrote it had as `--artifacts-destination`, for runs at `mlflow-artifacts:/…`.
    /// - Throws: `invalid_argument` when it holds no MLflow tables.
    package init(_ database: ForeignDatabase, artifactFolder: String? = nil) async throws {
        self.database = database
        name = database.name
        tables = try await database.tables()
        guard tables.isSuperset(of: ["experiments", "runs", "metrics"]) else {
            throw TernError.invalid("\(name) is not an MLflow database: it has no tables experiments, runs and metrics")
        }
        artifacts = MLflowArtifactPlace(proxied: artifactFolder)
        for (table, what) in MLflowDatabase.leftBehind where tables.contains(table) {
            let count = try await database.lenientRows(MLflowStatements.count(table), []).first?.int("total") ?? 0
            notes.add("\(what) are not carried over", Int(clamping: count))
        }
    }

    private static let leftBehind = [
        "trace_info": "traces", "webhooks": "webhooks", "evaluation_datasets": "evaluation datasets", "scorers": "scorers",
    ]

    package func runCount() async throws -> Int {
        Int(clamping: try await database.lenientRows(MLflowStatements.runCount, []).first?.int("total") ?? 0)
    }

    package func experiments() async throws -> [ImportedExperiment] {
        var tags: [String: [String: String]] = [:]
        if tables.contains("experiment_tags") {
            for row in try await database.lenientRows(MLflowStatements.experimentTags, []) {
                tags[row.text("experiment_id") ?? "", default: [:]][try row.need("key", of: "an experiment tag")] = row.text("value") ?? ""
            }
        }
        return try await database.lenientRows(MLflowStatements.experiments, []).map { row in
            let id = try row.need("experiment_id", of: "an experiment")
            if let workspace = row.text("workspace"), workspace != "default" { notes.add("experiments came out of workspace '\(workspace)'") }
            return ImportedExperiment(
                sourceID: id, name: try row.need("name", of: "experiment \(id)"), isDeleted: row.text("lifecycle_stage") == "deleted",
                createdAt: row.int("creation_time") ?? 0, updatedAt: row.int("last_update_time") ?? 0, tags: tags[id] ?? [:])
        }
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        guard let id = Int64(experiment.sourceID) else { return }
        var last = ""
        while true {
            let rows = try await database.lenientRows(MLflowStatements.runs, [.int(id), .text(last)])
            guard let end = rows.last else { return }
            last = try end.need("run_uuid", of: "a run")
            try await take(try await complete(rows, of: experiment))
        }
    }

    /// Fills in what belongs to these runs, a query a table.
    private func complete(_ rows: [SourceRow], of experiment: ImportedExperiment) async throws -> [ImportedRun] {
        let ids = try rows.map { try $0.need("run_uuid", of: "a run") }
        let list = "(" + ids.map { _ in "?" }.joined(separator: ", ") + ")"
        let arguments = ids.map(SQLValue.text)
        func pairs(_ sql: String) async throws -> [String: [String: String]] {
            var found: [String: [String: String]] = [:]
            for row in try await database.lenientRows(sql, arguments) {
                found[row.text("run_uuid") ?? "", default: [:]][row.text("key") ?? ""] = row.text("value") ?? ""
            }
            return found
        }
        let params = try await pairs(MLflowStatements.params(list))
        let tags = try await pairs(MLflowStatements.tags(list))
        var counts: [String: Int64] = [:]
        for row in try await database.lenientRows(MLflowStatements.pointCounts(list), arguments) {
            counts[row.text("run_uuid") ?? ""] = row.int("total")
        }
        var revisions: [String: String] = [:]
        if tables.contains("latest_metrics") {
            for row in try await database.lenientRows(MLflowStatements.latest(list), arguments) {
                let point = ["key", "value", "timestamp", "step"].map { row.text($0) ?? "" }.joined(separator: " ")
                revisions[row.text("run_uuid") ?? "", default: ""] += point + "\n"
            }
        }
        let links = tables.contains("inputs") ? try await links(list, arguments) : MLflowLinks()
        return try zip(ids, rows).map { id, row in
            let uri = row.text("artifact_uri")
            let tags = tags[id] ?? [:]
            return ImportedRun(
                id: id, experiment: experiment.sourceID, name: row.text("name") ?? tags["mlflow.runName"] ?? "", user: row.text("user_id") ?? "",
                status: try MLflowWords.runStatus(row.text("status") ?? "RUNNING"), startTime: row.int("start_time") ?? 0,
                endTime: row.int("end_time"), isDeleted: row.text("lifecycle_stage") == "deleted", deletedAt: row.int("deleted_time"),
                params: params[id] ?? [:], tags: tags, datasets: links.datasets[id] ?? [], modelInputs: links.inputs[id] ?? [],
                modelOutputs: links.outputs[id] ?? [], artifactURI: uri, filesStayAt: artifacts.remote(uri),
                revision: "\(counts[id] ?? 0) \(revisions[id] ?? "")", pointCount: counts[id] ?? 0)
        }
    }

    private func links(_ list: String, _ arguments: [SQLValue]) async throws -> MLflowLinks {
        var links = MLflowLinks()
        var tags: [String: [String: String]] = [:]
        if tables.contains("input_tags") {
            for row in try await database.lenientRows(MLflowStatements.inputTags(list), arguments) {
                tags[row.text("input_uuid") ?? "", default: [:]][row.text("name") ?? ""] = row.text("value") ?? ""
            }
        }
        for row in try await database.lenientRows(MLflowStatements.datasets(list), arguments) {
            links.datasets[row.text("run") ?? "", default: []].append(
                ImportedDataset(
                    name: try row.need("name", of: "a dataset"), digest: row.text("digest") ?? "", sourceType: row.text("dataset_source_type") ?? "",
                    source: row.text("dataset_source") ?? "", schema: row.text("dataset_schema"), profile: row.text("dataset_profile"),
                    tags: tags[row.text("input_uuid") ?? ""] ?? [:]))
        }
        for row in try await database.lenientRows(MLflowStatements.modelLinks(list), arguments) {
            let run = row.text("source_id") ?? ""
            guard let model = row.text("destination_id") else { continue }
            if row.text("source_type") == "RUN_INPUT" {
                links.inputs[run, default: []].append(model)
            } else {
                links.outputs[run, default: []].append(.init(model: model, step: row.int("step") ?? 0))
            }
        }
        return links
    }

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        var after: [SQLValue]?
        while true {
            let page = SQLValue(MLflowDatabase.pointsPerPage)
            let rows =
                if let after { try await database.lenientRows(MLflowStatements.nextPoints, [.text(run.id)] + after + [page]) } else {
                    try await database.lenientRows(MLflowStatements.firstPoints, [.text(run.id), page])
                }
            guard let last = rows.last else { return }
            var blocks: [PointBlock] = []
            for row in rows {
                guard let key = row.text("key"), let value = row.double("value"), let time = row.int("timestamp") else {
                    throw TernError(.dataLoss, "a metric point of run \(run.id) is incomplete")
                }
                if blocks.last?.key != key { blocks.append(PointBlock(run: run.id, key: key)) }
                let point = PointBlock.Point(timestamp: time, step: row.int("step") ?? 0, value: row.int("nan") == 1 ? .nan : value)
                blocks[blocks.count - 1].points.append(point)
            }
            try await take(blocks)
            if rows.count < MLflowDatabase.pointsPerPage { return }
            after = ["key", "step", "timestamp", "value", "nan"].map { last[$0] }
        }
    }

    package func files(of run: ImportedRun) async throws -> [ImportedFile] { artifacts.files(at: run.artifactURI, notes) }
    package func files(of model: ImportedLoggedModel) async throws -> [ImportedFile] { artifacts.files(at: model.artifactURI, notes) }

    package func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel] {
        guard tables.contains("logged_models"), let id = Int64(experiment.sourceID) else { return [] }
        let rows = try await database.lenientRows(MLflowStatements.loggedModels, [.int(id)])
        if rows.isEmpty { return [] }
        func pairs(_ sql: String, _ key: String, _ value: String) async throws -> [String: [String: String]] {
            var found: [String: [String: String]] = [:]
            for row in try await database.lenientRows(sql, [.int(id)]) {
                found[row.text("model_id") ?? "", default: [:]][row.text(key) ?? ""] = row.text(value) ?? ""
            }
            return found
        }
        let params = try await pairs(MLflowStatements.loggedModelParams, "param_key", "param_value")
        let tags = try await pairs(MLflowStatements.loggedModelTags, "tag_key", "tag_value")
        var metrics: [String: [ImportedLoggedModel.Metric]] = [:]
        for row in try await database.lenientRows(MLflowStatements.loggedModelMetrics, [.int(id)]) {
            // SQLite has no NaN and keeps null for it.
            let value = row.double("metric_value") ?? .nan
            metrics[row.text("model_id") ?? "", default: []].append(
                .init(
                    key: row.text("metric_name") ?? "", value: MLflowWords.stored(value), timestamp: row.int("metric_timestamp_ms") ?? 0,
                    step: row.int("metric_step") ?? 0, run: row.text("run_id") ?? "", datasetName: row.text("dataset_name"),
                    datasetDigest: row.text("dataset_digest")))
        }
        return try rows.map { row in
            let model = try row.need("model_id", of: "a logged model")
            let uri = row.text("artifact_location") ?? ""
            return ImportedLoggedModel(
                id: model, name: row.text("name") ?? "", type: row.text("model_type") ?? "", sourceRun: row.text("source_run_id") ?? "",
                status: MLflowWords.modelStatus(row.text("status") ?? ""), isDeleted: row.text("lifecycle_stage") == "deleted",
                createdAt: row.int("creation_timestamp_ms") ?? 0, updatedAt: row.int("last_updated_timestamp_ms") ?? 0, params: params[model] ?? [:],
                tags: tags[model] ?? [:], metrics: metrics[model] ?? [], artifactURI: uri, filesStayAt: artifacts.remote(uri))
        }
    }

    package func registeredModels() async throws -> [ImportedModel] {
        guard tables.isSuperset(of: ["registered_models", "model_versions"]) else { return [] }
        var models = try await database.lenientRows(MLflowStatements.registeredModels, []).map { row in
            ImportedModel(
                name: try row.need("name", of: "a registered model"), description: row.text("description"), createdAt: row.int("creation_time") ?? 0,
                updatedAt: row.int("last_updated_time") ?? 0, lastVersion: 0)
        }
        var positions: [String: Int] = [:]
        for (index, model) in models.enumerated() { positions[model.name] = index }
        func each(_ table: String, _ sql: String, _ body: (Int, SourceRow) -> Void) async throws {
            guard tables.contains(table) else { return }
            for row in try await database.lenientRows(sql, []) { if let index = positions[row.text("name") ?? ""] { body(index, row) } }
        }
        try await each("registered_model_tags", MLflowStatements.registeredModelTags) { index, row in
            models[index].tags[row.text("key") ?? ""] = row.text("value") ?? ""
        }
        try await each("registered_model_aliases", MLflowStatements.aliases) { index, row in
            models[index].aliases[row.text("alias") ?? ""] = row.int("version")
        }
        var tags: [String: [String: String]] = [:]
        try await each("model_version_tags", MLflowStatements.versionTags) { _, row in
            tags["\(row.text("version") ?? "") \(row.text("name") ?? "")", default: [:]][row.text("key") ?? ""] = row.text("value") ?? ""
        }
        try await each("model_versions", MLflowStatements.versions) { index, row in
            guard let number = row.int("version") else { return }
            models[index].lastVersion = max(models[index].lastVersion, number)
            // What was deleted keeps its row, so that its number is not given again.
            if row.text("current_stage") == "Deleted_Internal" { return }
            models[index].versions.append(
                ImportedModel.Version(
                    number: number, createdAt: row.int("creation_time") ?? 0, updatedAt: row.int("last_updated_time") ?? 0,
                    user: row.text("user_id") ?? "", description: row.text("description"), stage: row.text("current_stage") ?? "None",
                    source: row.text("source") ?? "", location: row.text("storage_location"), runID: row.text("run_id"),
                    runLink: row.text("run_link"),
                    tags: tags["\(number) \(models[index].name)"] ?? [:]))
        }
        return models
    }
}

/// What connects runs to datasets and models.
struct MLflowLinks {
    var datasets: [String: [ImportedDataset]] = [:]
    var inputs: [String: [String]] = [:]
    var outputs: [String: [ImportedRun.ModelOutput]] = [:]
}
