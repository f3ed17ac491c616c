import Foundation
import TernInference
import TernKernel
import TernStats
import TernStore
import TernTables

/// The registry's verbs. Reading stands here; each kind of change has a file of its own.
package struct RegistryService: Sendable {
    let database: Database
    let blobs: BlobStore
    let evaluator: ModelEvaluator
    let ports: RegistryPorts
    /// Where files are checked before they are stored.
    let workFolder: String

    /// The alias whose version candidates are compared with.
    package static let champion = "champion"

    // MARK: Models

    /// By name.
    package func models() async throws -> [ModelSummary] {
        try await database.read { connection in
            let store = ModelStore(connection)
            let counts = try store.counts()
            return try store.all().map { ModelSummary($0, counts[$0.name] ?? VersionCounts()) }
        }
    }

    /// By name, some of those after a name; "" for the first.
    package func models(after name: String, limit: Int) async throws -> [ModelSummary] {
        try await database.read { connection in
            let store = ModelStore(connection)
            let models = try store.all(after: name, limit: max(0, limit))
            let counts = try models.isEmpty ? [:] : store.counts(of: models.map(\.name))
            return models.map { ModelSummary($0, counts[$0.name] ?? VersionCounts()) }
        }
    }

    /// - Throws: `not_found`.
    package func model(_ name: String) async throws -> RegisteredModel {
        try await database.read { try ModelStore($0).get(name) }
    }

    package func summary(_ name: String) async throws -> ModelSummary {
        try await database.read { connection in
            let store = ModelStore(connection)
            let model = try store.get(name)
            var summary = ModelSummary(model, try store.counts(of: [name])[name] ?? VersionCounts())
            summary.card = model.card
            return summary
        }
    }

    // MARK: Versions

    /// - Throws: `not_found`.
    package func version(_ model: String, _ version: Int) async throws -> ModelVersion {
        try await database.read { try ModelVersionStore($0).get(model, version) }
    }

    /// Where a version stands, for whoever wants to put it before clients.
    ///
    /// - Throws: `not_found`; `conflict` for a model that nobody owns, such as one that only an MLflow client made.
    package func releasable(_ model: String, _ version: Int) async throws -> ModelVersionStatus {
        let status = try await self.version(model, version).status
        guard try await self.model(model).declaration != nil else {
            throw TernError(
                .conflict, "model '\(model)' has no owner, so no version of it is released",
                hint: "declare it under models: in tern.yaml, with an owner, then tern apply")
        }
        return status
    }

    /// Newest first.
    ///
    /// - Throws: `not_found` when there is no such model.
    package func versions(_ model: String) async throws -> [ModelVersion] {
        try await database.read { connection in
            _ = try ModelStore(connection).get(model)
            return try ModelVersionStore(connection).all(of: model)
        }
    }

    /// Those that a tracking run made.
    package func versions(run: String) async throws -> [ModelVersion] {
        try await database.read { try ModelVersionStore($0).all(run: run) }
    }

    /// The highest number that is approved.
    package func latestApproved(_ model: String) async throws -> Int? {
        try await database.read { try ModelVersionStore($0).latest(of: model, status: .approved) }
    }

    /// The highest number that is approved, of a model that somebody owns; nil for any other.
    package func latestReleasable(_ model: String) async throws -> Int? {
        try await database.read { connection in
            guard try ModelStore(connection).find(model)?.declaration != nil else { return nil }
            return try ModelVersionStore(connection).latest(of: model, status: .approved)
        }
    }

    /// The version under an alias, nil when there is none.
    package func alias(_ alias: String, of model: String) async throws -> Int? {
        try await database.read { try ModelStore($0).version(alias: alias, of: model) }
    }

    /// What the version's features and answers looked like on its reference table; nil when it was registered without one.
    package func profile(_ model: String, _ version: Int) async throws -> Profile? {
        try await database.read { try EvaluationStore($0).profile(of: model, version) }
    }

    /// The ONNX file of a version.
    ///
    /// - Throws: `not_found` when there is no such version, `conflict` when it has no ONNX file, `data_loss` when the blob is gone.
    package func file(model: String, version: Int) async throws -> String {
        let found = try await self.version(model, version)
        guard let digest = found.digest else {
            throw TernError(
                .conflict, "version \(version) of \(model) cannot be served: \(found.statusReason ?? "it has no ONNX file")",
                hint: "register an ONNX export of it")
        }
        do {
            return try await blobs.localFile(of: digest)
        } catch let error as TernError where error.code == .notFound {
            throw TernError(
                .dataLoss, "the file of \(found.subject) (\(digest.short)) is gone from \(blobs.place)", hint: "restore it from a backup")
        }
    }

    // MARK: Evaluation

    /// A model's metrics on a table with known truth; nothing is stored.
    package func evaluate(modelAt model: String, tableAt table: String, target: String, task: String) async throws -> [String: Double] {
        let kind = try ModelTask(named: task)
        let runner = try await evaluator.load(model)
        let columns = try await evaluator.readTable(table, for: runner, called: "table", target: target)
        return try await evaluator.answers(of: runner, on: columns, target: target, task: kind).metrics()
    }

    // MARK: Declarations

    /// Makes the registry's models match what a project declares. Models that are no longer declared stay as they are.
    ///
    /// - Throws: `invalid_argument` for a declaration that could never be met.
    package func apply(_ declarations: [ModelDeclaration], by identity: Identity) async throws {
        try identity.require(.editor, to: "declare models")
        for declaration in declarations { try RegistryService.check(declaration) }
        try await database.write { transaction in
            let store = ModelStore(transaction)
            for declaration in declarations {
                let existing = try store.find(declaration.name)
                if existing?.declaration == declaration { continue }
                if existing == nil {
                    try store.insert(declaration.name, description: declaration.purpose, tags: [:], declaration: declaration, now: transaction.now)
                } else {
                    try store.declare(declaration, now: transaction.now)
                }
                try transaction.record(
                    LedgerEvent("model.declared", subject: "model/\(declaration.name)", by: identity.name, data: try JSON(encoding: declaration)))
            }
        }
    }

    private static func check(_ declaration: ModelDeclaration) throws {
        try RegisteredModel.check(name: declaration.name)
        if let card = declaration.card { try RegisteredModel.check(card: card, of: "model '\(declaration.name)'") }
        _ = try ModelTask(named: declaration.task)
        if declaration.owner.allSatisfy(\.isWhitespace) {
            throw TernError.invalid("model '\(declaration.name)' has no owner", hint: "add owner: NAME to the model or to the project in tern.yaml")
        }
        if declaration.approvals < 0 || declaration.approvalsRetrained < 0 {
            throw TernError.invalid("model '\(declaration.name)': approvals cannot be negative")
        }
        for gate in declaration.gates {
            switch gate {
            case .floor(let metric, let atLeast):
                if ModelTask.lowerIsBetter.contains(metric) {
                    throw TernError.invalid(
                        "model '\(declaration.name)': \(metric) is better when it is lower, so at_least would keep the worse ones",
                        hint: "compare it with the champion: {metric: \(metric), against: champion, drop_at_most: 5%}")
                }
                if atLeast.isNaN { throw TernError.invalid("model '\(declaration.name)': at_least is not a number") }
            case .champion(_, let drop, _):
                if !(drop >= 0) { throw TernError.invalid("model '\(declaration.name)': drop_at_most must be zero or more") }
            case .churn(let atMost):
                if !(0...1).contains(atMost) { throw TernError.invalid("model '\(declaration.name)': churn must be from 0 % to 100 %") }
            case .latency(let p99):
                if p99 <= .zero { throw TernError.invalid("model '\(declaration.name)': latency_p99 must be more than zero") }
            }
        }
    }
}

extension ModelSummary {
    init(_ model: RegisteredModel, _ counts: VersionCounts) {
        self.init(
            name: model.name, purpose: model.declaration?.purpose, owner: model.declaration?.owner, task: model.declaration?.task,
            target: model.declaration?.target, description: model.description, gates: model.declaration?.gates.map(\.label) ?? [],
            approvals: model.declaration?.approvals, approvalsRetrained: model.declaration?.approvalsRetrained, versions: counts.versions,
            card: nil, latest: counts.latest, latestApproved: counts.latestApproved, champion: model.aliases[RegistryService.champion],
            aliases: model.aliases, tags: model.tags, createdAt: model.createdAt, updatedAt: model.updatedAt)
    }
}
