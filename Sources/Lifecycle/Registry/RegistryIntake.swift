import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernInference
import TernKernel
import TernStore
import TernWeb

/// A registered model of another store, with all of its versions: numbers, times, stages and aliases are kept.
struct ModelIntake: Sendable {
    struct Version: Sendable {
        var draft: ModelVersionDraft
        var number: Int
        var createdAt: Timestamp
        var updatedAt: Timestamp
        var user: String
        var stage: ModelStage
    }

    var name: String
    var description: String?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var tags: [String: String]
    var aliases: [String: Int]
    /// No later version gets a number up to this one, even where its versions were deleted.
    var lastVersion: Int
    var versions: [Version]
}

extension ModelIntake {
    init(_ json: JSON) throws {
        let name = try json.field("name")
        self.init(
            name: name, description: json["description"]?.stringValue, createdAt: try json.time("created_at"), updatedAt: try json.time("updated_at"),
            tags: json.pairs("tags"), aliases: (json["aliases"]?.objectValue ?? [:]).compactMapValues { $0.intValue.flatMap(Int.init(exactly:)) },
            lastVersion: Int(clamping: json["last_version"]?.intValue ?? 0),
            versions: try (json["versions"]?.arrayValue ?? []).map { version in
                guard let number = version["version"]?.intValue.flatMap(Int.init(exactly:)), number > 0 else {
                    throw TernError.invalid("model \(name): a version has no number")
                }
                var draft = ModelVersionDraft(model: name, status: .registered, source: try version.field("source"))
                draft.location = version["location"]?.stringValue
                draft.runID = version["run_id"]?.stringValue
                draft.runLink = version["run_link"]?.stringValue
                draft.modelID = version["model_id"]?.stringValue
                draft.tags = version.pairs("tags")
                draft.description = version["description"]?.stringValue
                draft.lineage = Lineage(run: draft.runID)
                return Version(
                    draft: draft, number: number, createdAt: try version.time("created_at"), updatedAt: try version.time("updated_at"),
                    user: version["user"]?.stringValue ?? "", stage: version["stage"]?.stringValue.flatMap(ModelStage.init(anyCase:)) ?? .none)
            })
    }
}

extension JSON {
    fileprivate func field(_ key: String) throws -> String {
        guard let text = self[key]?.stringValue else { throw TernError.invalid("missing field '\(key)'") }
        return text
    }

    fileprivate func time(_ key: String) throws -> Timestamp {
        guard let number = self[key]?.intValue else { throw TernError.invalid("'\(key)' must be milliseconds since 1970") }
        return Timestamp(milliseconds: number)
    }

    fileprivate func pairs(_ key: String) -> [String: String] { (self[key]?.objectValue ?? [:]).compactMapValues(\.stringValue) }
}

/// What came of it; `refused` says of a version why it was not taken over.
struct ModelTaken: Sendable {
    var created: Bool
    var added: Int
    var refused: [String]
}

extension RegistryService {
    /// Takes over a model of another store. Doing it again changes nothing; versions that are here already from elsewhere are left alone and named.
    ///
    /// An imported version has passed no gate here, so it is `registered`, never `approved`. Its ONNX file, where its artifacts hold one, is stored,
    /// so that gates can be run on it later.
    func take(_ intake: ModelIntake, from source: String, by identity: Identity) async throws -> ModelTaken {
        try identity.require(.editor, to: "import models")
        try RegisteredModel.check(name: intake.name)
        for alias in intake.aliases.keys { try RegisteredModel.check(alias: alias) }
        for tags in [intake.tags] + intake.versions.map(\.draft.tags) {
            for (key, value) in tags { try RegisteredModel.check(tag: key, value: value) }
        }
        let known = Set(try await database.read { try ModelVersionStore($0).all(of: intake.name) }.map(\.version))
        var intake = intake
        for index in intake.versions.indices where !known.contains(intake.versions[index].number) {
            await findModel(&intake.versions[index].draft)
        }
        let whole = intake
        return try await database.write { try RegistryService.write(whole, from: source, by: identity, $0) }
    }

    private static func write(_ intake: ModelIntake, from source: String, by identity: Identity, _ transaction: Transaction) throws -> ModelTaken {
        let models = ModelStore(transaction)
        let versions = ModelVersionStore(transaction)
        var taken = ModelTaken(created: false, added: 0, refused: [])
        let known = try models.find(intake.name)
        if known == nil {
            try models.insert(intake.name, description: intake.description, tags: intake.tags, declaration: nil, now: intake.createdAt)
            taken.created = true
        } else {
            for (key, value) in intake.tags where known?.tags[key] == nil { try models.setTag(of: intake.name, key: key, value: value) }
        }
        for version in intake.versions {
            if let here = try versions.find(intake.name, version.number) {
                if here.createdAt != version.createdAt || here.source != version.draft.source {
                    taken.refused.append("version \(version.number) of \(intake.name) is here already, from \(here.source)")
                }
                continue
            }
            var row = version.draft.version(version.number, at: version.createdAt, by: identity)
            row.updatedAt = version.updatedAt
            row.createdBy = version.user
            row.stage = version.stage
            try versions.insert(row)
            taken.added += 1
            try transaction.record(
                LedgerEvent(
                    "model.version.imported", subject: row.subject, by: identity.name,
                    data: ["source": .string(source), "digest": JSON(row.digest?.hex), "run": JSON(row.runID)]))
        }
        for (alias, version) in intake.aliases where known?.aliases[alias] == nil {
            try models.setAlias(alias, of: intake.name, to: version)
        }
        try models.raiseNumber(of: intake.name, to: max(intake.lastVersion, intake.versions.map(\.number).max() ?? 0))
        if taken.created { try models.touch(intake.name, now: intake.updatedAt) }
        return taken
    }

    /// Stores the version's ONNX file; without one the version is a record, and says why.
    private func findModel(_ draft: inout ModelVersionDraft) async {
        do {
            let staging = try Staging(in: workFolder)
            defer { staging.remove() }
            let files = try await LoggedModelFiles(
                try await ports.artifactFile(draft.location ?? draft.source, draft.runID), scratch: staging.folder)
            draft.declaredSignature = files.description?.signature
            draft.lineage.environmentFiles = try await store(files.environment())
            guard let onnx = files.onnx else {
                draft.statusReason = files.files.isEmpty ? "its artifacts are not on this server." : "it is not an ONNX model."
                return
            }
            let file = try staging.add(try await onnx.local(staging.folder), as: "model")
            let runner = try await evaluator.load(file.path)
            draft.digest = try await blobs.put(fileAt: file.path).digest
            draft.signature = ModelSignature(runner.model)
            draft.lineage.features = runner.model.inputs.map(\.name)
        } catch {
            draft.statusReason = TernError.wrap(error).message + "."
        }
    }

    /// Gives an imported version the ONNX file that its artifacts do not hold, as versions that Tern registered itself have one. Doing it again
    /// changes nothing.
    func attach(fileAt path: String, to model: String, _ number: Int, by identity: Identity) async throws -> Digest {
        try identity.require(.editor, to: "import models")
        let digest = try Digest.ofFile(at: path).digest
        if try await version(model, number).holds(digest) { return digest }
        let runner = try await evaluator.load(path)
        try await blobs.put(fileAt: path)
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            var version = try versions.get(model, number)
            if try version.holds(digest) { return digest }
            version.digest = digest
            version.signature = ModelSignature(runner.model)
            version.lineage.features = runner.model.inputs.map(\.name)
            version.statusReason = nil
            try versions.attach(version)
            try transaction.record(
                LedgerEvent("model.version.file.imported", subject: version.subject, by: identity.name, data: ["digest": .string(digest.hex)]))
            return digest
        }
    }
}

extension ModelVersion {
    /// - Throws: `conflict` when it has another file.
    fileprivate func holds(_ digest: Digest) throws -> Bool {
        guard let known = self.digest else { return false }
        guard known == digest else { throw TernError(.conflict, "\(subject) has another ONNX file, \(known.short)") }
        return true
    }

    fileprivate var intake: JSON {
        [
            "version": JSON(version), "created_at": .int(createdAt.milliseconds), "updated_at": .int(updatedAt.milliseconds),
            "user": .string(createdBy), "description": JSON(description), "stage": .string(stage.rawValue), "source": .string(source),
            "location": JSON(location), "run_id": JSON(runID), "run_link": JSON(runLink), "model_id": JSON(modelID),
            "tags": .object(tags.mapValues(JSON.string)),
        ]
    }
}

/// `POST import/model`: the receiving end of `tern import` for the registry.
struct RegistryIntakeRoutes: Sendable {
    let service: RegistryService

    func mount(on router: TernRouterGroup) {
        router.post("import/model", use: model)
        router.post("import/model/check", use: check)
        router.post("import/model/file", use: attach)
        router.get("models/:name/versions/:version/file", use: file)
    }

    @Sendable private func model(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await request.json()
        guard let source = body["source"]?.stringValue, let model = body["model"] else {
            throw TernError.invalid("missing field 'source' or 'model'")
        }
        let taken = try await service.take(ModelIntake(model), from: source, by: context.identity)
        return Response.json(["created": .bool(taken.created), "added": JSON(taken.added), "refused": JSON(taken.refused)] as JSON)
    }

    /// What stands here of a model, as an import hands it over; null when there is none.
    @Sendable private func check(_ request: Request, _ context: TernContext) async throws -> Response {
        let name = try (try await request.json()).field("name")
        do {
            let model = try await service.model(name)
            let versions = try await service.versions(name).sorted { $0.version < $1.version }.map(\.intake)
            return Response.json(
                [
                    "model": [
                        "name": .string(name), "description": JSON(model.description), "created_at": .int(model.createdAt.milliseconds),
                        "updated_at": .int(model.updatedAt.milliseconds), "tags": .object(model.tags.mapValues(JSON.string)),
                        "aliases": .object(model.aliases.mapValues { JSON($0) }), "versions": .array(versions),
                    ]
                ] as JSON)
        } catch let error as TernError where error.code == .notFound {
            return Response.json(["model": .null] as JSON)
        }
    }

    /// Protocol buffers, and so ONNX files, end at 2 GiB.
    private static let fileLimit = 2 << 30

    @Sendable private func attach(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let name = request.query("name"), let version = try request.query("version", in: 1...Int(Int32.max)) else {
            throw TernError.invalid("missing parameter 'name' or 'version'")
        }
        try context.identity.require(.editor, to: "import models")
        let staging = try Staging(in: service.workFolder)
        defer { staging.remove() }
        let path = staging.folder + "/model.onnx"
        guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
            throw DurableFile.failure("cannot write \(path)")
        }
        defer { try? handle.close() }
        var size = 0
        for try await piece in request.body {
            size += piece.readableBytes
            guard size <= RegistryIntakeRoutes.fileLimit else {
                throw TernError(.tooLarge, "an ONNX file has at most \(RegistryIntakeRoutes.fileLimit) bytes")
            }
            try handle.write(contentsOf: Data(piece.readableBytesView))
        }
        let digest = try await service.attach(fileAt: path, to: name, version, by: context.identity)
        return Response.json(["digest": .string(digest.hex)] as JSON)
    }

    /// The ONNX file of a version, for `tern export`.
    @Sendable private func file(_ request: Request, _ context: TernContext) async throws -> Response {
        let text = try context.path("version")
        guard let version = Int(text) else { throw TernError.invalid("'\(text)' is not a version number") }
        let path = try await service.file(model: try context.path("name"), version: version)
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError(.dataLoss, "cannot read \(path)") }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody { writer in
                defer { try? handle.close() }
                while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
    }
}
