import Foundation
import TernInference
import TernKernel
import TernStore
import TernTables

/// What a plain MLflow client says when it registers a version: a source, and where that came from.
package struct ImportRequest: Sendable {
    package var model: String
    package var source: String
    package var runID: String?
    package var modelID: String?
    package var runLink: String?
    package var description: String?
    package var tags: [String: String]
    package var by: Identity

    package init(
        model: String, source: String, runID: String? = nil, modelID: String? = nil, runLink: String? = nil, description: String? = nil,
        tags: [String: String] = [:], by: Identity
    ) {
        self.model = model
        self.source = source
        self.runID = runID
        self.modelID = modelID
        self.runLink = runLink
        self.description = description
        self.tags = tags
        self.by = by
    }

    /// MLflow keeps its prompts as models with this tag; they have no files.
    var isPrompt: Bool { tags[RegistryQuery.promptTag]?.lowercased() == "true" }
}

extension RegistryService {
    /// Registers what lies at a source as the next version. An ONNX file among its artifacts makes it a version that can be gated and served;
    /// anything else is kept as a record, and refused where the model declares gates.
    ///
    /// - Throws: `not_found` when there is no such model; `invalid_argument` for a source that does not belong to the run or model it names.
    package func importVersion(_ request: ImportRequest) async throws -> ModelVersion {
        try request.by.require(.editor, to: "register a model version")
        try RegisteredModel.check(name: request.model)
        for (key, value) in request.tags { try RegisteredModel.check(tag: key, value: value) }
        let declaration = try await model(request.model).declaration
        let origin = try await resolve(request)
        let facts = try await facts(of: origin.runID)
        var draft = ModelVersionDraft(
            model: request.model, status: .gating, lineage: facts, source: origin.source, location: origin.location, runID: origin.runID,
            runLink: request.runLink, modelID: origin.modelID, tags: request.tags, description: request.description)
        if let declaration { draft.approvalsNeeded = declaration.approvals(for: .person) }
        if request.isPrompt {
            draft.status = .registered
        } else {
            try await readModel(at: origin, declaration: declaration, into: &draft)
        }
        let registered = try await insert(draft, profile: nil, by: request.by, eventTime: nil)
        if let modelID = origin.modelID { try await ports.loggedModelRegistered(modelID, registered.model, registered.version) }
        return request.isPrompt ? registered : try await gate(registered, declaration: declaration, by: request.by, eventTime: nil)
    }

    private struct Origin {
        var source: String
        var location: String?
        var runID: String?
        var modelID: String?
    }

    /// Checks that the source belongs to what the request names, and finds where it really lies.
    private func resolve(_ request: ImportRequest) async throws -> Origin {
        var origin = Origin(source: request.source, location: nil, runID: request.runID, modelID: request.modelID)
        if request.isPrompt { return origin }
        var uri = SourceURI(request.source)
        if uri.scheme == "models", uri.authority.isEmpty, let reference = uri.reference {
            let referenced = try await version(named: reference)
            let mismatch =
                (request.runID.map { $0 != referenced.runID ?? "" } ?? false) || (request.modelID.map { $0 != referenced.modelID ?? "" } ?? false)
            if mismatch {
                throw TernError.invalid(
                    "Invalid model version source: '\(request.source)'. The run_id and model_id request parameters must match the referenced "
                        + "model version.")
            }
            origin.source = "models:/\(referenced.model)/\(referenced.version)"
            origin.location = referenced.location ?? referenced.source
            origin.runID = request.runID ?? referenced.runID
            return origin
        }
        uri.text = request.source
        if let modelID = request.modelID, !modelID.isEmpty {
            try await check(uri, belongsToModel: modelID)
        } else {
            try await check(uri, belongsToRun: request.runID ?? "")
        }
        if let id = uri.loggedModel ?? request.modelID.flatMap({ $0.isEmpty ? nil : $0 }), let logged = try await ports.loggedModel(id) {
            if uri.loggedModel != nil { origin.location = logged.location }
            origin.runID = (origin.runID.flatMap { $0.isEmpty ? nil : $0 }) ?? logged.runID
        } else if uri.loggedModel != nil {
            throw uri.refuse(naming: "model_id")
        }
        if let (id, path) = uri.run, let run = try await ports.run(id) {
            origin.location = path.isEmpty ? run.artifactURI : "\(run.artifactURI)/\(path)"
        }
        return origin
    }

    private func check(_ uri: SourceURI, belongsToRun runID: String) async throws {
        if uri.isLocal {
            if let run = runID.isEmpty ? nil : try await ports.run(runID), contains(SourceURI(run.artifactURI), uri) { return }
            throw TernError.invalid(
                "Invalid model version source: '\(uri.text)'. To use a local path as a model version source, the run_id request parameter has to "
                    + "be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.")
        }
        try uri.checkPath()
        if uri.scheme == "runs", !uri.authority.isEmpty || uri.run?.id != runID || runID.isEmpty { throw uri.refuse(naming: "run_id") }
        if uri.scheme == "models" { throw uri.refuse(naming: "model_id") }
        if uri.isProxied {
            guard !runID.isEmpty, let run = try await ports.run(runID), uri.lies(below: SourceURI(run.artifactURI)) else {
                throw uri.refuse(naming: "run_id")
            }
        }
    }

    private func check(_ uri: SourceURI, belongsToModel modelID: String) async throws {
        if uri.isLocal {
            if let logged = try await ports.loggedModel(modelID), contains(SourceURI(logged.location), uri) { return }
            throw TernError.invalid(
                "Invalid model version source: '\(uri.text)'. To use a local path as a model version source, the model_id request parameter has "
                    + "to be specified and the local path has to be contained within the artifact directory of the run specified by the model_id.")
        }
        try uri.checkPath()
        if uri.scheme == "models", !uri.authority.isEmpty || uri.loggedModel != modelID { throw uri.refuse(naming: "model_id") }
        if uri.scheme == "runs" { throw uri.refuse(naming: "model_id") }
        if uri.isProxied {
            guard let logged = try await ports.loggedModel(modelID), uri.lies(below: SourceURI(logged.location)) else {
                throw uri.refuse(naming: "model_id")
            }
        }
    }

    /// Whether a local path lies in a local folder, links followed.
    private func contains(_ root: SourceURI, _ inner: SourceURI) -> Bool {
        guard root.isLocal else { return false }
        let folder = (root.path as NSString).resolvingSymlinksInPath
        let path = (inner.path as NSString).resolvingSymlinksInPath
        return path.hasPrefix("/") && !path.split(separator: "/").contains("..") && (path == folder || path.hasPrefix(folder + "/"))
    }

    private func version(named reference: SourceURI.Reference) async throws -> ModelVersion {
        switch reference {
        case .alias(let model, let alias): return try await version(model, alias: alias)
        case .version(let model, let text):
            if let number = Int(text) { return try await version(model, number) }
            let latest = try await latestVersions(model, stages: [text])
            guard let found = latest.first else {
                throw TernError.notFound("No versions of model with name '\(model)' and stage '\(text)' found")
            }
            return found
        }
    }

    /// What the run says about where the model comes from.
    private func facts(of runID: String?) async throws -> Lineage {
        guard let runID, !runID.isEmpty else { return Lineage() }
        guard let run = try await ports.run(runID) else { return Lineage(run: runID) }
        // Tern's own pipelines say whether the folder was clean; MLflow's client says whether it was dirty.
        let clean =
            run.tags["tern.code_clean"].flatMap(Bool.init) ?? run.tags["mlflow.source.git.dirty"].flatMap { Bool($0.lowercased()) }.map { !$0 }
        return Lineage(
            run: runID, pipelineRun: run.tags["tern.pipeline_run"], codeCommit: run.tags["mlflow.source.git.commit"], codeClean: clean,
            environment: run.tags["tern.environment"].map { "sha256 \($0)" }, datasets: run.datasets, params: run.params.mapValues(JSON.string),
            codeRepository: run.tags["mlflow.source.git.repoURL"].map(SourceURI.withoutPassword), codeSource: run.tags["mlflow.source.name"])
    }

    /// Looks for an ONNX file among the artifacts. Whatever it finds there, the version is registered; the draft says why it cannot be served.
    ///
    /// - Throws: `invalid_argument` when an ONNX file does not take what its signature declares, or what the model's versions must take.
    private func readModel(at origin: Origin, declaration: ModelDeclaration?, into draft: inout ModelVersionDraft) async throws {
        let staging = try Staging(in: workFolder)
        defer { staging.remove() }
        let files = try await LoggedModelFiles(
            try await ports.artifactFile(origin.location ?? origin.source, origin.runID), scratch: staging.folder)
        draft.declaredSignature = files.description?.signature
        draft.lineage.environmentFiles = try await store(files.environment())
        guard let onnx = files.onnx else {
            draft.statusReason = files.files.isEmpty ? "its artifacts are not on this server." : "it is not an ONNX model."
            return
        }
        let file: Staging.File
        let runner: ModelRunner
        do {
            file = try staging.add(try await onnx.local(staging.folder), as: "model")
            runner = try await evaluator.load(file.path)
        } catch let error as TernError where error.code == .invalidArgument {
            draft.statusReason = error.message + "."
            return
        }
        let signature = ModelSignature(runner.model)
        try await require(signature, of: runner, declared: draft.declaredSignature, declaration: declaration, model: draft.model)
        draft.digest = try await blobs.put(fileAt: file.path).digest
        draft.signature = signature
        draft.lineage.features = runner.model.inputs.map(\.name)
        draft.sample = await sample(files, for: runner, in: staging)
    }

    /// The example that its maker logged, as a table; nil when there is none that the model could be asked about.
    private func sample(_ files: LoggedModelFiles, for runner: ModelRunner, in staging: Staging) async -> Digest? {
        guard let path = try? await files.example?.local(staging.folder), let data = FileManager.default.contents(atPath: path),
            data.count <= InputExample.mostBytes,
            let json = try? JSON(parsing: data),
            let example = InputExample(json, input: runner.model.inputs.count == 1 ? runner.model.inputs.first?.name : nil),
            (try? runner.inputs(of: example.columns, in: "example", besides: nil)) != nil
        else { return nil }
        let table = staging.folder + "/sample.parquet"
        // Without the table engine a version is registered all the same, with nothing to compare its answers on.
        guard (try? await evaluator.tables.write(example.columns, toParquet: table)) != nil else { return nil }
        return try? await blobs.put(fileAt: table).digest
    }
}
