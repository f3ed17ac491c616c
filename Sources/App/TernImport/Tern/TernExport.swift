import Foundation
import NIOCore
import TernKernel

/// What `tern export` wrote, read back. Every file is checked against `checksums.sha256` as it is read.
///
///     tern-export.json                                what this is, and the counts
///     experiments/ID/experiment.json                  name, tags, stage, times
///     experiments/ID/runs/RUN/run.json                params, tags, datasets, inputs and outputs, state, times
///     experiments/ID/runs/RUN/metrics.csv             key,step,timestamp,value
///     experiments/ID/runs/RUN/artifacts/…
///     experiments/ID/models/MODEL/model.json, artifacts/…
///     registry/NAME.json, registry/NAME/VERSION.onnx
///     datasets.json, datasets/NAME/VERSION.…, pipelines.json, endpoints.json
///     checksums.sha256                                as `sha256sum -c` reads it
package struct TernExport: ImportSource {
    package let kind = "tern"
    package let name: String
    package let repeatsPoints = false
    package let notes = ImportNotes()
    private let sums: [String: String]

    package static let format: Int64 = 1

    /// - Throws: `invalid_argument` when it is no export, or one of a later format.
    package init(path: String) throws {
        name = LocalFiles.absolute(path)
        guard LocalFiles.exists(name + "/tern-export.json") else {
            throw TernError.invalid("\(name) is not an export of Tern: it has no tern-export.json")
        }
        let facts = try JSON(parsing: LocalFiles.text(name + "/tern-export.json"))
        guard facts["format"]?.intValue == TernExport.format else {
            throw TernError.invalid(
                "\(name) has export format \(facts["format"]?.description ?? "?"), and this Tern reads format \(TernExport.format)")
        }
        guard LocalFiles.exists(name + "/checksums.sha256") else {
            throw TernError(.dataLoss, "\(name) has no checksums.sha256", hint: "the export did not end: run tern export again")
        }
        var sums: [String: String] = [:]
        for line in try LocalFiles.text(name + "/checksums.sha256", upTo: 1 << 30).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { sums[String(parts[1].drop { $0 == " " || $0 == "*" })] = String(parts[0]) }
        }
        self.sums = sums
        for (file, what) in [("datasets.json", "datasets"), ("pipelines.json", "pipelines"), ("endpoints.json", "endpoints")]
        where LocalFiles.exists(name + "/" + file) {
            notes.add("\(what) are in the export for people and other programs; tern.yaml and tern data add bring them back")
        }
    }

    /// - Throws: `data_loss` when the file is not as it was written.
    private func check(_ path: String, _ digest: Digest) throws {
        guard sums[path] == digest.hex else { throw TernError(.dataLoss, "\(name)/\(path) is not as it was exported: its SHA-256 differs") }
    }

    private func json(_ path: String) throws -> JSON {
        let text = try LocalFiles.text(name + "/" + path, upTo: 1 << 30)
        try check(path, Digest(of: text))
        return try JSON(parsing: text)
    }

    package func runCount() async throws -> Int {
        LocalFiles.folders(name + "/experiments").reduce(0) { $0 + LocalFiles.folders("\(name)/experiments/\($1)/runs").count }
    }

    package func experiments() async throws -> [ImportedExperiment] {
        try LocalFiles.folders(name + "/experiments").map { id in
            let json = try json("experiments/\(id)/experiment.json")
            return ImportedExperiment(
                sourceID: id, name: json["name"]?.stringValue ?? id, isDeleted: json["stage"]?.stringValue == "deleted",
                createdAt: json["created_at"]?.intValue ?? 0, updatedAt: json["updated_at"]?.intValue ?? 0, tags: TernExport.texts(json["tags"]))
        }
    }

    private static func texts(_ json: JSON?) -> [String: String] { (json?.objectValue ?? [:]).compactMapValues(\.stringValue) }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        for id in LocalFiles.folders("\(name)/experiments/\(experiment.sourceID)/runs") {
            try await take([try run(id, of: experiment.sourceID)])
        }
    }

    private func run(_ id: String, of experiment: String) throws -> ImportedRun {
        let folder = "experiments/\(experiment)/runs/\(id)"
        let json = try json(folder + "/run.json")
        func text(_ key: String) -> String { json[key]?.stringValue ?? "" }
        let uri = text("artifact_uri")
        return ImportedRun(
            id: text("id"), experiment: experiment, name: text("name"), user: text("user"), status: try MLflowWords.runStatus(text("status")),
            startTime: json["start_time"]?.intValue ?? 0, endTime: json["end_time"]?.intValue, isDeleted: text("stage") == "deleted",
            params: TernExport.texts(json["params"]), tags: TernExport.texts(json["tags"]).filter { $0.key != "tern.import.state" },
            datasets: (json["datasets"]?.arrayValue ?? []).map { dataset in
                ImportedDataset(
                    name: dataset["name"]?.stringValue ?? "", digest: dataset["digest"]?.stringValue ?? "",
                    sourceType: dataset["source_type"]?.stringValue ?? "", source: dataset["source"]?.stringValue ?? "",
                    schema: dataset["schema"]?.stringValue, profile: dataset["profile"]?.stringValue, tags: TernExport.texts(dataset["tags"]))
            },
            modelInputs: (json["model_inputs"]?.arrayValue ?? []).compactMap(\.stringValue),
            modelOutputs: (json["model_outputs"]?.arrayValue ?? []).map {
                .init(model: $0["model"]?.stringValue ?? "", step: $0["step"]?.intValue ?? 0)
            },
            artifactURI: uri, filesStayAt: MLflowArtifactPlace(proxied: nil).remote(uri), revision: sums[folder + "/metrics.csv"] ?? "")
    }

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        let path = "experiments/\(run.experiment)/runs/\(run.id)/metrics.csv"
        guard LocalFiles.exists(name + "/" + path) else { return }
        var hash = ContentHash()
        try await LocalFiles.read(name + "/" + path) { hash.add($0) }
        try check(path, hash.digest())
        var gathered = GatheredPoints(run: run.id)
        var number = 0
        try await LocalFiles.lines(name + "/" + path) { line in
            number += 1
            if number == 1 { return }
            guard let (key, rest) = CSVText.key(String(decoding: line, as: UTF8.self)) else { throw bad(path, number) }
            let fields = rest.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 3, let step = Int64(fields[0]), let time = Int64(fields[1]), let value = Double(String(fields[2])) else {
                throw bad(path, number)
            }
            gathered.add(key, .init(timestamp: time, step: step, value: value))
            if gathered.count >= 20_000 { try await take(gathered.take()) }
        }
        if gathered.count > 0 { try await take(gathered.take()) }
    }

    private func bad(_ path: String, _ line: Int) -> TernError { .invalid("\(name)/\(path), line \(line): not `key,step,timestamp,value`") }

    package func files(of run: ImportedRun) async throws -> [ImportedFile] { files("experiments/\(run.experiment)/runs/\(run.id)/artifacts") }

    package func files(of model: ImportedLoggedModel) async throws -> [ImportedFile] {
        for experiment in LocalFiles.folders(name + "/experiments") {
            let folder = "experiments/\(experiment)/models/\(model.id)/artifacts"
            if LocalFiles.isFolder(name + "/" + folder) { return files(folder) }
        }
        return []
    }

    private func files(_ folder: String) -> [ImportedFile] {
        LocalFiles.files(below: name + "/" + folder).map { ImportedFile(path: $0.path, size: $0.size, place: .file(folder + "/" + $0.path)) }
    }

    package func read(_ file: ImportedFile, _ take: (ByteBuffer) async throws -> Void) async throws {
        guard case .file(let path) = file.place else { return }
        var hash = ContentHash()
        try await LocalFiles.read(name + "/" + path) { piece in
            hash.add(piece)
            try await take(piece)
        }
        try check(path, hash.digest())
    }

    package func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel] {
        try LocalFiles.folders("\(name)/experiments/\(experiment.sourceID)/models").map { id in
            let json = try json("experiments/\(experiment.sourceID)/models/\(id)/model.json")
            func text(_ key: String) -> String { json[key]?.stringValue ?? "" }
            let uri = text("artifact_uri")
            return ImportedLoggedModel(
                id: text("id"), name: text("name"), type: text("type"), sourceRun: text("source_run"),
                status: MLflowWords.modelStatus(text("status")),
                isDeleted: text("stage") == "deleted", createdAt: json["created_at"]?.intValue ?? 0, updatedAt: json["updated_at"]?.intValue ?? 0,
                params: TernExport.texts(json["params"]), tags: TernExport.texts(json["tags"]),
                metrics: (json["metrics"]?.arrayValue ?? []).map { metric in
                    .init(
                        key: metric["key"]?.stringValue ?? "", value: metric["value"].flatMap(MLflowServer.number) ?? 0,
                        timestamp: metric["timestamp"]?.intValue ?? 0, step: metric["step"]?.intValue ?? 0, run: metric["run"]?.stringValue ?? "",
                        datasetName: metric["dataset_name"]?.stringValue, datasetDigest: metric["dataset_digest"]?.stringValue)
                }, artifactURI: uri, filesStayAt: MLflowArtifactPlace(proxied: nil).remote(uri))
        }
    }

    package func registeredModels() async throws -> [ImportedModel] {
        try LocalFiles.names(name + "/registry").filter { $0.hasSuffix(".json") }.map { file in
            let json = try json("registry/\(file)")
            let folder = "registry/" + file.dropLast(".json".count)
            let kept = Dictionary(files(folder).map { ($0.path, $0) }, uniquingKeysWith: { $1 })
            let versions = (json["versions"]?.arrayValue ?? []).map { version in
                ImportedModel.Version(
                    number: version["version"]?.intValue ?? 0, createdAt: version["created_at"]?.intValue ?? 0,
                    updatedAt: version["updated_at"]?.intValue ?? 0, user: version["user"]?.stringValue ?? "",
                    description: version["description"]?.stringValue, stage: version["stage"]?.stringValue ?? "None",
                    source: version["source"]?.stringValue ?? "", location: version["location"]?.stringValue, runID: version["run_id"]?.stringValue,
                    runLink: version["run_link"]?.stringValue, modelID: version["model_id"]?.stringValue, tags: TernExport.texts(version["tags"]),
                    file: kept["\(version["version"]?.intValue ?? 0).onnx"])
            }
            return ImportedModel(
                name: json["name"]?.stringValue ?? "", description: json["description"]?.stringValue, createdAt: json["created_at"]?.intValue ?? 0,
                updatedAt: json["updated_at"]?.intValue ?? 0, tags: TernExport.texts(json["tags"]),
                aliases: (json["aliases"]?.objectValue ?? [:]).compactMapValues(\.intValue), versions: versions,
                lastVersion: json["last_version"]?.intValue ?? versions.map(\.number).max() ?? 0)
        }
    }
}

/// The key of a metric, quoted where it has to be (RFC 4180).
enum CSVText {
    static func quote(_ text: String) -> String {
        text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }

    /// The first field of a line, and the rest after its comma.
    static func key(_ line: String) -> (String, Substring)? {
        guard line.first == "\"" else {
            guard let comma = line.firstIndex(of: ",") else { return nil }
            return (String(line[..<comma]), line[line.index(after: comma)...])
        }
        var key = ""
        var rest = line.dropFirst()
        while let quote = rest.firstIndex(of: "\"") {
            key += rest[..<quote]
            rest = rest[rest.index(after: quote)...]
            guard rest.first == "\"" else { return rest.first == "," ? (key, rest.dropFirst()) : nil }
            key += "\""
            rest = rest.dropFirst()
        }
        return nil
    }
}
