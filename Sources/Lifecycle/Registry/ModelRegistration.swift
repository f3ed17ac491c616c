import Foundation
import TernInference
import TernKernel
import TernStats
import TernStore

/// A model file that asks to become a version.
package struct RegisterRequest: Sendable {
    package var model: String
    package var modelFile: String
    package var holdoutFile: String?
    package var referenceFile: String?
    package var runID: String?
    package var pipelineRun: String?
    package var origin: VersionOrigin
    package var lineage: Lineage
    package var description: String?
    package var by: Identity
    /// The time of the data that made it, for the ledger.
    package var eventTime: Timestamp?
    /// Markdown about this version.
    package var card: String?
    /// What it is said to take, in MLflow's form; the file is held to it.
    package var declaredSignature: JSON?
    /// Texts that pin the environment, by file name: `requirements.txt`.
    package var environment: [String: String]

    package init(
        model: String, modelFile: String, holdoutFile: String? = nil, referenceFile: String? = nil, runID: String? = nil,
        pipelineRun: String? = nil, origin: VersionOrigin = .person, lineage: Lineage = Lineage(), description: String? = nil, by: Identity,
        eventTime: Timestamp? = nil, card: String? = nil, declaredSignature: JSON? = nil, environment: [String: String] = [:]
    ) {
        self.model = model
        self.modelFile = modelFile
        self.holdoutFile = holdoutFile
        self.referenceFile = referenceFile
        self.runID = runID
        self.pipelineRun = pipelineRun
        self.origin = origin
        self.lineage = lineage
        self.description = description
        self.by = by
        self.eventTime = eventTime
        self.card = card
        self.declaredSignature = declaredSignature
        self.environment = environment
    }
}

extension RegistryService {
    /// Stores a model file as the next version, runs its gates, and answers with their verdict.
    ///
    /// A file that is not a whole ONNX model, or a table that lacks one of its inputs, is refused before anything is stored. The same
    /// pipeline run asking again with the same file gets the version that it made, so a step may be repeated after a crash.
    ///
    /// - Throws: `not_found`, `invalid_argument`; `conflict` when the model has no owner.
    package func register(_ request: RegisterRequest) async throws -> ModelVersion {
        try request.by.require(.editor, to: "register a model version")
        let declaration = try await owned(request.model)
        if let card = request.card { try RegisteredModel.check(card: card, of: "the version") }
        let staging = try Staging(in: workFolder)
        defer { staging.remove() }
        let file = try staging.add(request.modelFile, as: "model")
        if let pipelineRun = request.pipelineRun ?? request.lineage.pipelineRun,
            let made = try await database.read({ try ModelVersionStore($0).find(request.model, pipelineRun: pipelineRun, digest: file.digest) })
        {
            return made.status == .gating ? try await gate(made, declaration: declaration, by: request.by, eventTime: request.eventTime) : made
        }
        let runner = try await evaluator.load(file.path, features: request.lineage.features)
        let signature = ModelSignature(runner.model)
        try await require(signature, of: runner, declared: request.declaredSignature, declaration: declaration, model: request.model)
        var lineage = request.lineage
        lineage.run = lineage.run ?? request.runID
        lineage.pipelineRun = lineage.pipelineRun ?? request.pipelineRun
        var holdout: Staging.File?
        if let source = request.holdoutFile {
            let staged = try staging.add(source, as: "holdout")
            let columns = try await evaluator.readTable(staged.path, for: runner, called: "holdout", target: declaration.target)
            lineage.features = try runner.inputs(of: columns.map(\.name), in: "holdout", besides: declaration.target)
            holdout = staged
        }
        var reference: Staging.File?
        var profile: Profile?
        if let source = request.referenceFile {
            let staged = try staging.add(source, as: "reference")
            let columns = try await evaluator.readTable(staged.path, for: runner, called: "reference table", target: nil)
            profile = try await evaluator.profile(of: runner, on: columns, target: declaration.target)
            reference = staged
        }
        for staged in [file, holdout, reference].compactMap(\.self) { _ = try await blobs.put(fileAt: staged.path) }
        lineage.environmentFiles += try await store(request.environment.sorted { $0.key < $1.key }.map { ($0.key, Data($0.value.utf8)) })

        if lineage.features.isEmpty { lineage.features = runner.model.inputs.map(\.name) }
        let draft = ModelVersionDraft(
            model: request.model, status: .gating, origin: request.origin, digest: file.digest, holdout: holdout?.digest,
            holdoutFormat: holdout?.format, reference: reference?.digest, signature: signature,
            approvalsNeeded: declaration.approvals(for: request.origin), lineage: lineage,
            source: "blob:/\(file.digest.hex)", runID: request.runID ?? lineage.run, description: request.description, card: request.card,
            declaredSignature: request.declaredSignature)
        let registered = try await insert(draft, profile: profile, by: request.by, eventTime: request.eventTime)
        return try await gate(registered, declaration: declaration, by: request.by, eventTime: request.eventTime)
    }

    /// Gives a draft its number and writes it, with its first ledger entry.
    func insert(_ draft: ModelVersionDraft, profile: Profile?, by identity: Identity, eventTime: Timestamp?) async throws -> ModelVersion {
        try await database.write { transaction in
            let models = ModelStore(transaction)
            let owner = try models.get(draft.model)
            let version = draft.version(try models.takeNumber(for: draft.model), at: transaction.now, by: identity)
            try ModelVersionStore(transaction).insert(version)
            if let profile { try EvaluationStore(transaction).setProfile(profile, of: version.model, version.version) }
            try models.touch(version.model, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.registered", subject: version.subject, by: identity.name, reason: version.description, eventTime: eventTime,
                    data: JSON.facts(version.description, version.tags, of: owner.tags).adding([
                        "digest": JSON(version.digest?.hex), "holdout": JSON(version.holdout?.hex), "reference": JSON(version.reference?.hex),
                        "origin": .string(version.origin.rawValue), "source": .string(version.source), "run": JSON(version.runID),
                        "lineage": try JSON(encoding: version.lineage),
                    ])))
            return version
        }
    }

    /// Holds a model's inputs to what is said of them, and to those that callers of its endpoint already send.
    ///
    /// - Throws: `invalid_argument` naming each input that differs.
    func require(
        _ signature: ModelSignature, of runner: ModelRunner, declared: JSON?, declaration: ModelDeclaration?, model: String
    ) async throws {
        if let declared {
            let features = try? runner.model.metadata["tern.features"].map { try JSON(parsing: $0).decode([String].self) }
            try SignatureCheck(model: signature.inputs, features: features).require(DeclaredSignature(declared), of: "the model file")
        }
        guard declaration?.inputs == .unchanged, let before = try await established(model), let known = before.signature else { return }
        let differences = SchemaDifference.between(known, signature).filter { $0.side == .input }
        guard !differences.isEmpty else { return }
        let words = differences.map { "'\($0.name)' was \($0.from ?? "not there") and is \($0.to ?? "gone")" }.joined(separator: "; ")
        throw TernError.invalid(
            "the inputs of \(model) must stay unchanged, and differ from those of version \(before.version): \(words)",
            hint: "export it with the same inputs, or declare inputs: any for the model in tern.yaml",
            details: [
                "inputs": .array(differences.map { ["name": .string($0.name), "expected": JSON($0.from), "found": JSON($0.to)] })
            ])
    }

    /// The champion, else the newest version that is an ONNX model.
    private func established(_ model: String) async throws -> ModelVersion? {
        try await database.read { connection in
            let versions = ModelVersionStore(connection)
            if let champion = try ModelStore(connection).version(alias: RegistryService.champion, of: model) {
                return try versions.find(model, champion)
            }
            return try versions.newestServable(of: model)
        }
    }

    /// Stores the files that pin an environment.
    func store(_ files: [(name: String, bytes: Data)]) async throws -> [Lineage.EnvironmentFile] {
        var stored: [Lineage.EnvironmentFile] = []
        for file in files {
            stored.append(Lineage.EnvironmentFile(name: file.name, digest: try await blobs.put(file.bytes).hex, bytes: file.bytes.count))
        }
        return stored
    }

    /// - Throws: `not_found` when there is no such model; `conflict` when nobody owns it.
    private func owned(_ name: String) async throws -> ModelDeclaration {
        let model = try await database.read { try ModelStore($0).find(name) }
        guard let declaration = model?.declaration else {
            throw TernError(
                model == nil ? .notFound : .conflict, model == nil ? "no model '\(name)' is declared" : "model '\(name)' has no owner",
                hint: "declare it under models: in tern.yaml, with an owner, then tern apply")
        }
        return declaration
    }
}

extension ModelDeclaration {
    func approvals(for origin: VersionOrigin) -> Int { origin == .policy ? approvalsRetrained : approvals }
}

/// A version without its number.
struct ModelVersionDraft: Sendable {
    var model: String
    var status: ModelVersionStatus
    var statusReason: String?
    var origin = VersionOrigin.person
    var digest: Digest?
    var holdout: Digest?
    var holdoutFormat: String?
    var reference: Digest?
    var signature: ModelSignature?
    var approvalsNeeded = 0
    var lineage = Lineage()
    var source: String
    var location: String?
    var runID: String?
    var runLink: String?
    var modelID: String?
    var tags: [String: String] = [:]
    var description: String?
    var card: String?
    var declaredSignature: JSON?
    var sample: Digest?

    func version(_ number: Int, at now: Timestamp, by identity: Identity) -> ModelVersion {
        ModelVersion(
            model: model, version: number, status: status, statusReason: statusReason, origin: origin, digest: digest, holdout: holdout,
            holdoutFormat: holdoutFormat, reference: reference, signature: signature, metrics: [:], gates: [], approvals: [],
            approvalsNeeded: approvalsNeeded, lineage: lineage, createdAt: now, updatedAt: now, createdBy: identity.name, source: source,
            location: location, runID: runID, runLink: runLink, modelID: modelID, aliases: [], tags: tags, description: description, stage: .none,
            card: card, declaredSignature: declaredSignature, sample: sample)
    }
}
