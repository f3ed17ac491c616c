import Foundation
import NIOCore
import TernKernel
import TernStore

/// What the exporter asks of a server; reading only.
package protocol ExportSource: Sendable {
    func get(_ path: String) async throws -> JSON
    func post(_ path: String, _ body: JSON) async throws -> JSON
    func list(_ folder: String) async throws -> [(name: String, isFolder: Bool, size: Int64)]
    /// An artifact, by its path in the server's store.
    func download(_ path: String, _ take: (ByteBuffer) throws -> Void) async throws
    /// Any other address of the server.
    func fetch(_ path: String, _ take: (ByteBuffer) throws -> Void) async throws
}

/// Writes everything that a server keeps as plain files; see `TernExport` for what lies where.
package struct Exporter {
    private let source: any ExportSource
    private let folder: String
    private let withFiles: Bool
    private let progress: (ImportProgress) -> Void
    private var done = ImportProgress()
    private var sums: [(path: String, digest: String)] = []
    private var counts: [String: Int64] = [:]
    private let notes = ImportNotes()

    /// - Parameter folder: made when missing; refused when it holds anything.
    package init(_ source: any ExportSource, to folder: String, withFiles: Bool = true, progress: @escaping (ImportProgress) -> Void = { _ in })
        throws
    {
        self.source = source
        self.folder = LocalFiles.absolute(folder)
        self.withFiles = withFiles
        self.progress = progress
        guard LocalFiles.names(self.folder).isEmpty else {
            throw TernError(.alreadyExists, "\(self.folder) is not empty", hint: "name a new folder: tern export DIR")
        }
    }

    /// - Returns: the folder, the counts, and what was left out.
    package mutating func run(at now: Timestamp) async throws -> JSON {
        for stage in ["active", "deleted"] { try await experiments(stage) }
        try await registry()
        try await datasets()
        for name in ["pipelines", "endpoints"] { try write(name + ".json", try await source.get("/api/tern/v1/" + name)) }
        let facts: [String: JSON] = [
            "format": .int(TernExport.format), "exported_at": .string(now.description), "counts": .object(counts.mapValues(JSON.int)),
            "left_out": .object(notes.all.mapValues { JSON($0) }),
        ]
        try write("tern-export.json", .object(facts))
        // Last, so that an export that broke off is not taken for a whole one.
        let list = sums.sorted { $0.path < $1.path }.map { "\($0.digest)  \($0.path)\n" }.joined()
        try DurableFile.replace(folder + "/checksums.sha256", with: Data(list.utf8))
        return .object(facts.merging(["folder": .string(folder), "files": JSON(sums.count)]) { $1 })
    }

    // MARK: Files

    private mutating func write(_ path: String, _ json: JSON) throws {
        let text = json.pretty + "\n"
        let whole = folder + "/" + path
        try makeFolder(of: whole)
        try DurableFile.write(Data(text.utf8), to: whole)
        sums.append((path, Digest(of: text).hex))
    }

    private func makeFolder(of path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make the folder of \(path)")
        }
    }

    private mutating func copy(to path: String, _ fetch: ((ByteBuffer) throws -> Void) async throws -> Void) async throws {
        let whole = folder + "/" + path
        try makeFolder(of: whole)
        guard FileManager.default.createFile(atPath: whole, contents: nil), let handle = FileHandle(forWritingAtPath: whole) else {
            throw DurableFile.failure("cannot write \(whole)")
        }
        defer { try? handle.close() }
        var hash = ContentHash()
        try await fetch { piece in
            hash.add(piece)
            try handle.write(contentsOf: Data(piece.readableBytesView))
        }
        sums.append((path, hash.digest().hex))
        counts["bytes", default: 0] += hash.size
    }

    /// A name as one part of a path.
    private static func part(_ name: String) -> String { SourceServer.encode(name).replacing(".", with: "%2E") }

    // MARK: Tracking

    private func mlflow(_ path: String, _ body: JSON) async throws -> JSON { try await source.post("/api/2.0/mlflow/" + path, body) }

    private mutating func experiments(_ stage: String) async throws {
        var body: [String: JSON] = ["max_results": 1000, "view_type": stage == "active" ? "ACTIVE_ONLY" : "DELETED_ONLY"]
        while true {
            let page = try await mlflow("experiments/search", .object(body))
            for experiment in page["experiments"]?.arrayValue ?? [] {
                guard let id = experiment["experiment_id"]?.stringValue else { continue }
                try write(
                    "experiments/\(id)/experiment.json",
                    [
                        "id": .string(id), "name": experiment["name"] ?? .null, "stage": .string(stage),
                        "created_at": experiment["creation_time"] ?? 0,
                        "updated_at": experiment["last_update_time"] ?? 0, "artifact_location": experiment["artifact_location"] ?? .null,
                        "tags": .object(MLflowServer.pairs(experiment["tags"]).mapValues(JSON.string)),
                    ])
                counts["experiments", default: 0] += 1
                try await runs(of: id)
                try await models(of: id)
            }
            guard let token = page["next_page_token"]?.stringValue, !token.isEmpty else { return }
            body["page_token"] = .string(token)
        }
    }

    private mutating func runs(of experiment: String) async throws {
        var body: [String: JSON] = ["experiment_ids": [.string(experiment)], "run_view_type": "ALL", "max_results": 100]
        while true {
            let page = try await mlflow("runs/search", .object(body))
            let ids = (page["runs"]?.arrayValue ?? []).compactMap { $0["info"]?["run_id"]?.stringValue }
            let checked = ids.isEmpty ? [] : try await source.post("/api/tern/v1/import/check", ["runs": JSON(ids)])["runs"]?.arrayValue ?? []
            for one in checked {
                guard let run = one["run"], let id = run["id"]?.stringValue else { continue }
                let path = "experiments/\(experiment)/runs/\(id)"
                try write(path + "/run.json", run)
                let latest = (page["runs"]?.arrayValue ?? []).first { $0["info"]?["run_id"]?.stringValue == id }
                let tally = try await metrics(of: id, latest?["data"]?["metrics"]?.arrayValue ?? [], to: path + "/metrics.csv")
                if run["status"]?.stringValue != "RUNNING", tally.count != one["points"]?.intValue || tally.hash != one["hash"]?.stringValue {
                    throw TernError(.dataLoss, "run \(id): its exported points differ from those stored", hint: "run tern export again")
                }
                try await artifacts(at: run["artifact_uri"]?.stringValue ?? "", to: path + "/artifacts")
                counts["runs", default: 0] += 1
                counts["points", default: 0] += tally.count
                done.runs += 1
                done.points += tally.count
                progress(done)
            }
            guard let token = page["next_page_token"]?.stringValue, !token.isEmpty else { return }
            body["page_token"] = .string(token)
        }
    }

    private mutating func metrics(of run: String, _ latest: [JSON], to path: String) async throws -> PointTally {
        var tally = PointTally()
        let keys = latest.compactMap { $0["key"]?.stringValue }.sorted()
        if keys.isEmpty { return tally }
        let source = source
        try await copy(to: path) { take in
            try take(ByteBuffer(string: "key,step,timestamp,value\n"))
            for key in keys {
                let name = CSVText.quote(key)
                let hashed = PointTally.hash(key)
                var token: String?
                repeat {
                    var query = [("run_id", run), ("metric_key", key), ("max_results", "25000")]
                    if let token { query.append(("page_token", token)) }
                    let page = try await source.get(SourceServer.address("/api/2.0/mlflow/metrics/get-history", query))
                    var text = ""
                    for point in page["metrics"]?.arrayValue ?? [] {
                        guard let value = point["value"].flatMap(MLflowServer.number), let time = point["timestamp"]?.intValue else { continue }
                        let step = point["step"]?.intValue ?? 0
                        tally.add(hashed, timestamp: time, step: step, value: value)
                        text += "\(name),\(step),\(time),\(value)\n"
                    }
                    try take(ByteBuffer(string: text))
                    token = page["next_page_token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
                } while token != nil
            }
        }
        return tally
    }

    private mutating func models(of experiment: String) async throws {
        var body: [String: JSON] = ["experiment_ids": [.string(experiment)], "max_results": 50]
        while true {
            let page = try await mlflow("logged-models/search", .object(body))
            let ids = (page["models"]?.arrayValue ?? []).compactMap { $0["info"]?["model_id"]?.stringValue }
            let checked = ids.isEmpty ? [] : try await source.post("/api/tern/v1/import/check", ["models": JSON(ids)])["models"]?.arrayValue ?? []
            for model in checked {
                guard let id = model["id"]?.stringValue else { continue }
                let path = "experiments/\(experiment)/models/\(id)"
                try write(path + "/model.json", model)
                try await artifacts(at: model["artifact_uri"]?.stringValue ?? "", to: path + "/artifacts")
                counts["logged_models", default: 0] += 1
            }
            guard let token = page["next_page_token"]?.stringValue, !token.isEmpty else { return }
            body["page_token"] = .string(token)
        }
    }

    private mutating func artifacts(at uri: String, to path: String) async throws {
        guard withFiles else { return notes.add("artifact folders (--no-files)") }
        guard MLflowArtifactPlace.scheme(uri) == "mlflow-artifacts", let root = MLflowArtifactPlace(proxied: "").folder(uri) else {
            return notes.add("artifacts that this server does not keep (\(uri.prefix { $0 != ":" }):)")
        }
        let source = source
        var waiting = [String(root.drop { $0 == "/" })]
        let base = waiting[0]
        while let next = waiting.popLast() {
            for entry in try await source.list(next) {
                let inner = next + "/" + entry.name
                if entry.isFolder {
                    waiting.append(inner)
                    continue
                }
                try await copy(to: path + inner.dropFirst(base.count)) { take in try await source.download(inner, take) }
                counts["files", default: 0] += 1
                done.files += 1
                progress(done)
            }
        }
    }

    // MARK: The rest

    private mutating func registry() async throws {
        let source = source
        for model in try await source.get("/api/tern/v1/models")["models"]?.arrayValue ?? [] {
            guard let name = model["name"]?.stringValue else { continue }
            var whole = try await source.post("/api/tern/v1/import/model/check", ["name": .string(name)])["model"]?.objectValue ?? [:]
            // Beside what an import takes: gates with their evidence, approvals, lineage, the declaration.
            let detail = try await source.get("/api/tern/v1/models/" + SourceServer.encode(name))
            whole["tern"] = detail
            try write("registry/\(Exporter.part(name)).json", .object(whole))
            counts["registered_models", default: 0] += 1
            for version in detail["versions"]?.arrayValue ?? [] {
                guard let number = version["version"]?.intValue else { continue }
                counts["model_versions", default: 0] += 1
                guard withFiles, version["digest"]?.stringValue != nil else { continue }
                try await copy(to: "registry/\(Exporter.part(name))/\(number).onnx") { take in
                    try await source.fetch("/api/tern/v1/models/\(SourceServer.encode(name))/versions/\(number)/file", take)
                }
            }
        }
    }

    private mutating func datasets() async throws {
        let source = source
        let all = try await source.get("/api/tern/v1/datasets")
        try write("datasets.json", all)
        for dataset in all["datasets"]?.arrayValue ?? [] {
            guard let name = dataset["name"]?.stringValue else { continue }
            counts["datasets", default: 0] += 1
            for version in dataset["versions"]?.arrayValue ?? [] {
                guard withFiles, let number = version["version"]?.intValue else { continue }
                let ending = version["format"]?.stringValue ?? "data"
                try await copy(to: "datasets/\(Exporter.part(name))/\(number).\(ending)") { take in
                    try await source.fetch("/api/tern/v1/datasets/\(SourceServer.encode(name))/versions/\(number)/file", take)
                }
            }
        }
    }
}
