import Foundation
import TernKernel
import Yams

/// An `mlruns` folder, as MLflow's file store lays it out (`mlflow/store/tracking/file_store.py`, `mlflow/store/model_registry/file_store.py`).
///
///     EXPERIMENT/meta.yaml, tags/KEY, datasets/ID/meta.yaml, models/MODEL/{meta.yaml, params/, tags/, metrics/}
///     EXPERIMENT/RUN/meta.yaml, params/KEY, tags/KEY, metrics/KEY (`timestamp value step` lines), inputs/ID/meta.yaml, outputs/MODEL/meta.yaml
///     .trash/EXPERIMENT/…, models/NAME/meta.yaml, tags/KEY, aliases/ALIAS, version-N/{meta.yaml, tags/KEY}
package struct MLflowFolder: ImportSource {
    package let kind = "mlflow"
    package let name: String
    package let notes = ImportNotes()
    private let artifacts: MLflowArtifactPlace

    private static let reserved: Set<String> = ["tags", "datasets", "traces", "models"]

    /// - Throws: `invalid_argument` when it does not look like one.
    package init(path: String, artifactFolder: String? = nil) throws {
        name = LocalFiles.absolute(path)
        artifacts = MLflowArtifactPlace(proxied: artifactFolder)
        guard !experimentFolders().isEmpty || LocalFiles.isFolder(name + "/models") else {
            throw TernError.invalid("\(name) is not an mlruns folder: no folder in it has a meta.yaml")
        }
    }

    private func experimentFolders() -> [String] {
        let active = LocalFiles.folders(name).filter { $0 != ".trash" && $0 != "models" }.map { name + "/" + $0 }
        let deleted = LocalFiles.folders(name + "/.trash").map { name + "/.trash/" + $0 }
        return (active + deleted).filter { LocalFiles.exists($0 + "/meta.yaml") }
    }

    private func runFolders(_ experiment: String) -> [String] {
        LocalFiles.folders(experiment).filter { !MLflowFolder.reserved.contains($0) && LocalFiles.exists("\(experiment)/\($0)/meta.yaml") }
    }

    package func runCount() async throws -> Int { experimentFolders().reduce(0) { $0 + runFolders($1).count } }

    package func experiments() async throws -> [ImportedExperiment] {
        try experimentFolders().map { folder in
            let meta = try YAMLFields(file: folder + "/meta.yaml")
            notes.add("traces are not carried over", LocalFiles.folders(folder + "/traces").count)
            return ImportedExperiment(
                sourceID: meta["experiment_id"] ?? (folder as NSString).lastPathComponent, name: try meta.need("name"),
                isDeleted: meta["lifecycle_stage"] == "deleted", createdAt: meta.int("creation_time") ?? 0,
                updatedAt: meta.int("last_update_time") ?? 0,
                tags: try MLflowFolder.texts(folder + "/tags"))
        }
    }

    private func folder(of experiment: String) throws -> String {
        for folder in [name + "/" + experiment, name + "/.trash/" + experiment] where LocalFiles.isFolder(folder) { return folder }
        throw TernError.notFound("\(name) has no experiment \(experiment)")
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        let folder = try folder(of: experiment.sourceID)
        var runs: [ImportedRun] = []
        for id in runFolders(folder) {
            runs.append(try run(id, in: folder, of: experiment))
            if runs.count == 50 {
                try await take(runs)
                runs = []
            }
        }
        if !runs.isEmpty { try await take(runs) }
    }

    private func run(_ id: String, in experimentFolder: String, of experiment: ImportedExperiment) throws -> ImportedRun {
        let folder = experimentFolder + "/" + id
        let meta = try YAMLFields(file: folder + "/meta.yaml")
        let tags = try MLflowFolder.texts(folder + "/tags")
        let links = try links(of: folder, in: experimentFolder)
        let uri = meta["artifact_uri"]
        return ImportedRun(
            id: meta["run_id"] ?? meta["run_uuid"] ?? id, experiment: experiment.sourceID, name: meta["run_name"] ?? tags["mlflow.runName"] ?? "",
            user: meta["user_id"] ?? "", status: try MLflowWords.runStatus(meta["status"] ?? "1"), startTime: meta.int("start_time") ?? 0,
            endTime: meta.int("end_time"), isDeleted: meta["lifecycle_stage"] == "deleted", deletedAt: meta.int("deleted_time"),
            params: try MLflowFolder.texts(folder + "/params"), tags: tags, datasets: links.datasets[id] ?? [], modelInputs: links.inputs[id] ?? [],
            modelOutputs: links.outputs[id] ?? [], artifactURI: uri, filesStayAt: artifacts.remote(uri),
            revision: LocalFiles.files(below: folder + "/metrics").map { "\($0.path) \($0.size)" }.joined(separator: "\n"))
    }

    private func links(of folder: String, in experimentFolder: String) throws -> MLflowLinks {
        let run = (folder as NSString).lastPathComponent
        var links = MLflowLinks()
        for input in LocalFiles.folders(folder + "/inputs") {
            let meta = try YAMLFields(file: "\(folder)/inputs/\(input)/meta.yaml")
            let source = try meta.need("source_id")
            if meta["source_type"] == "MODEL" {
                links.inputs[run, default: []].append(source)
                continue
            }
            let file = "\(experimentFolder)/datasets/\(source)/meta.yaml"
            guard !source.contains("/"), LocalFiles.exists(file) else {
                notes.add("inputs whose dataset is not in the folder")
                continue
            }
            let dataset = try YAMLFields(file: file)
            links.datasets[run, default: []].append(
                ImportedDataset(
                    name: try dataset.need("name"), digest: dataset["digest"] ?? "", sourceType: dataset["source_type"] ?? "",
                    source: dataset["source"] ?? "", schema: dataset["schema"], profile: dataset["profile"], tags: meta.texts("tags")))
        }
        for output in LocalFiles.folders(folder + "/outputs") {
            let meta = try YAMLFields(file: "\(folder)/outputs/\(output)/meta.yaml")
            links.outputs[run, default: []].append(.init(model: output, step: meta.int("step") ?? 0))
        }
        return links
    }

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        let folder = try folder(of: run.experiment) + "/\(run.id)/metrics"
        for file in LocalFiles.files(below: folder) {
            var block = PointBlock(run: run.id, key: file.path)
            var number = 0
            try await LocalFiles.lines(folder + "/" + file.path) { line in
                number += 1
                guard let fields = MLflowFolder.fields(line) else { return }
                // `timestamp value`, then the step, then a dataset's name and digest.
                guard fields.count == 2 || fields.count == 3 || fields.count == 5, let time = Int64(fields[0]),
                    let value = MLflowFolder.number(fields[1]),
                    let step = fields.count > 2 ? Int64(fields[2]) : 0
                else { throw TernError.invalid("\(folder)/\(file.path), line \(number): not `timestamp value step`") }
                block.points.append(.init(timestamp: time, step: step, value: value))
                if block.points.count == 20_000 {
                    try await take([block])
                    block.points.removeAll(keepingCapacity: true)
                }
            }
            if !block.points.isEmpty { try await take([block]) }
        }
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [String]? {
        let fields = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\r" }.map(String.init)
        return fields.isEmpty ? nil : fields
    }

    /// A float as Python prints it: `inf` and `nan` too.
    private static func number(_ text: String) -> Double? { Double(text) }

    package func files(of run: ImportedRun) async throws -> [ImportedFile] {
        files(at: run.artifactURI, or: try folder(of: run.experiment) + "/\(run.id)/artifacts")
    }

    package func files(of model: ImportedLoggedModel) async throws -> [ImportedFile] { artifacts.files(at: model.artifactURI, notes) }

    /// The folder may have been moved since it was written: then its files are where they lie in it.
    private func files(at uri: String?, or folder: String) -> [ImportedFile] {
        if let uri, let named = artifacts.folder(uri), LocalFiles.isFolder(named) { return artifacts.files(at: uri, notes) }
        return artifacts.files(at: LocalFiles.isFolder(folder) ? folder : uri, notes)
    }

    package func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel] {
        let parent = try folder(of: experiment.sourceID) + "/models"
        return try await LocalFiles.folders(parent).filter { LocalFiles.exists("\(parent)/\($0)/meta.yaml") }.asyncMap { id in
            let folder = parent + "/" + id
            let meta = try YAMLFields(file: folder + "/meta.yaml")
            var uri = meta["artifact_location"] ?? ""
            if artifacts.remote(uri) == nil, artifacts.folder(uri).map(LocalFiles.isFolder) != true, LocalFiles.isFolder(folder + "/artifacts") {
                uri = folder + "/artifacts"
            }
            return ImportedLoggedModel(
                id: meta["model_id"] ?? id, name: meta["name"] ?? "", type: meta["model_type"] ?? "", sourceRun: meta["source_run_id"] ?? "",
                status: MLflowWords.modelStatus(meta["status"] ?? ""), isDeleted: meta["lifecycle_stage"] == "deleted",
                createdAt: meta.int("creation_timestamp") ?? 0, updatedAt: meta.int("last_updated_timestamp") ?? 0,
                params: try MLflowFolder.texts(folder + "/params"), tags: try MLflowFolder.texts(folder + "/tags"),
                metrics: try await modelMetrics(folder + "/metrics"), artifactURI: uri, filesStayAt: artifacts.remote(uri))
        }
    }

    private func modelMetrics(_ folder: String) async throws -> [ImportedLoggedModel.Metric] {
        var metrics: Set<ImportedLoggedModel.Metric> = []
        for file in LocalFiles.files(below: folder) {
            try await LocalFiles.lines(folder + "/" + file.path) { line in
                guard let fields = MLflowFolder.fields(line) else { return }
                guard fields.count == 4 || fields.count == 6, let time = Int64(fields[0]), let value = MLflowFolder.number(fields[1]),
                    let step = Int64(fields[2])
                else { throw TernError.invalid("\(folder)/\(file.path): not `timestamp value step run`") }
                metrics.insert(
                    .init(
                        key: file.path, value: MLflowWords.stored(value), timestamp: time, step: step, run: fields[3],
                        datasetName: fields.count == 6 ? fields[4] : nil, datasetDigest: fields.count == 6 ? fields[5] : nil))
            }
        }
        return Array(metrics)
    }

    package func registeredModels() async throws -> [ImportedModel] {
        let parent = name + "/models"
        return try LocalFiles.folders(parent).filter { LocalFiles.exists("\(parent)/\($0)/meta.yaml") }.map { entry in
            let folder = parent + "/" + entry
            let meta = try YAMLFields(file: folder + "/meta.yaml")
            var model = ImportedModel(
                name: meta["name"] ?? entry, description: meta["description"], createdAt: meta.int("creation_timestamp") ?? 0,
                updatedAt: meta.int("last_updated_timestamp") ?? 0, tags: try MLflowFolder.texts(folder + "/tags"),
                aliases: try MLflowFolder.texts(folder + "/aliases").compactMapValues { Int64($0.trimmingCharacters(in: .whitespacesAndNewlines)) },
                lastVersion: 0)
            for version in LocalFiles.folders(folder) where version.hasPrefix("version-") {
                let meta = try YAMLFields(file: "\(folder)/\(version)/meta.yaml")
                guard let number = meta.int("version") ?? Int64(version.dropFirst("version-".count)) else {
                    throw TernError.invalid("\(folder)/\(version)/meta.yaml has no version")
                }
                model.lastVersion = max(model.lastVersion, number)
                if meta["current_stage"] == "Deleted_Internal" { continue }
                func filled(_ key: String) -> String? { meta[key].flatMap { $0.isEmpty ? nil : $0 } }
                model.versions.append(
                    ImportedModel.Version(
                        number: number, createdAt: meta.int("creation_timestamp") ?? 0, updatedAt: meta.int("last_updated_timestamp") ?? 0,
                        user: meta["user_id"] ?? "", description: meta["description"], stage: meta["current_stage"] ?? "None",
                        source: meta["source"] ?? "", location: filled("storage_location"), runID: filled("run_id"), runLink: filled("run_link"),
                        modelID: filled("model_id"), tags: try MLflowFolder.texts("\(folder)/\(version)/tags")))
            }
            model.versions.sort { $0.number < $1.number }
            return model
        }
    }

    /// A file a key; a key with slashes is a file in folders.
    private static func texts(_ folder: String) throws -> [String: String] {
        var texts: [String: String] = [:]
        for file in LocalFiles.files(below: folder) { texts[file.path] = try LocalFiles.text(folder + "/" + file.path) }
        return texts
    }
}

/// The scalars of a YAML mapping as texts; null is nil.
struct YAMLFields {
    private let mapping: Node.Mapping
    private let file: String

    /// - Throws: `invalid_argument` naming the file and the parser's line.
    init(file: String) throws {
        self.file = file
        let text = try LocalFiles.text(file, upTo: 64 << 20)
        do {
            guard let mapping = try Yams.compose(yaml: text)?.mapping else { throw TernError.invalid("\(file) is not a YAML mapping") }
            self.mapping = mapping
        } catch let error as YamlError {
            throw TernError.invalid("\(file) is not YAML: \(error)")
        }
    }

    subscript(_ key: String) -> String? { mapping[Node(key)].flatMap(YAMLFields.text) }

    func int(_ key: String) -> Int64? { self[key].flatMap { Int64($0) } }

    func need(_ key: String) throws -> String {
        guard let value = self[key] else { throw TernError.invalid("\(file) has no '\(key)'") }
        return value
    }

    func texts(_ key: String) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in mapping[Node(key)]?.mapping ?? [:] {
            if let name = name.scalar?.string { texts[name] = YAMLFields.text(value) ?? "" }
        }
        return texts
    }

    private static func text(_ node: Node) -> String? {
        guard let scalar = node.scalar else { return nil }
        return scalar.style == .plain && ["null", "~", ""].contains(scalar.string) ? nil : scalar.string
    }
}

extension Sequence {
    /// One after the other.
    func asyncMap<Answer>(_ body: (Element) async throws -> Answer) async throws -> [Answer] {
        var answers: [Answer] = []
        for element in self { answers.append(try await body(element)) }
        return answers
    }
}
