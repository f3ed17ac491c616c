import TernKernel
import TernStore

/// Names, descriptions, tags, aliases and stages: what MLflow's clients change.
extension RegistryService {
    // MARK: Models

    package func createModel(
        _ name: String, description: String? = nil, tags: [String: String] = [:], by identity: Identity
    ) async throws -> RegisteredModel {
        try identity.require(.editor, to: "create a model")
        try RegisteredModel.check(name: name)
        for (key, value) in tags { try RegisteredModel.check(tag: key, value: value) }
        return try await database.write { transaction in
            let store = ModelStore(transaction)
            if let existing = try store.find(name) { throw RegistryService.taken(name, by: existing, wanted: tags) }
            try store.insert(name, description: description, tags: tags, declaration: nil, now: transaction.now)
            try transaction.record(
                LedgerEvent("model.created", subject: "model/\(name)", by: identity.name, data: .facts(description, tags, of: tags)))
            return try store.get(name)
        }
    }

    private static func taken(_ name: String, by existing: RegisteredModel, wanted tags: [String: String]) -> TernError {
        func kind(_ tags: [String: String]) -> String { tags[RegistryQuery.promptTag] == "true" ? "Prompt" : "Registered Model" }
        let old = kind(existing.tags)
        let new = kind(tags)
        guard old == new else {
            return TernError(
                .alreadyExists,
                "Tried to create a \(new.lowercased()) with name '\(name)', but the name is already taken by a \(old.lowercased()). "
                    + "MLflow does not allow creating a model and a prompt with the same name.")
        }
        return TernError(.alreadyExists, "\(new) (name=\(name)) already exists.")
    }

    package func describeModel(_ name: String, _ description: String?, by identity: Identity) async throws -> RegisteredModel {
        try identity.require(.editor, to: "describe a model")
        return try await database.write { transaction in
            let store = ModelStore(transaction)
            _ = try store.get(name)
            try store.describe(name, description, now: transaction.now)
            return try store.get(name)
        }
    }

    /// Its versions keep their numbers under the new name.
    package func renameModel(_ name: String, to new: String, by identity: Identity) async throws -> RegisteredModel {
        try identity.require(.editor, to: "rename a model")
        try RegisteredModel.check(name: new)
        try await checkUnused(name, "renamed")
        return try await database.write { transaction in
            let store = ModelStore(transaction)
            let model = try store.get(name)
            guard model.declaration == nil else {
                throw TernError(
                    .conflict, "model '\(name)' is declared in tern.yaml, so it is not renamed here",
                    hint: "declare the new name there, then tern apply")
            }
            guard try name == new || store.find(new) == nil else {
                throw TernError(.alreadyExists, "Registered Model (name=\(new)) already exists.")
            }
            if name != new {
                try store.rename(name, to: new, now: transaction.now)
                try transaction.record(LedgerEvent("model.renamed", subject: "model/\(new)", by: identity.name, data: ["from": .string(name)]))
            }
            return try store.get(new)
        }
    }

    /// Its versions go with it; their numbers are not given out again.
    package func deleteModel(_ name: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "delete a model")
        try await checkUnused(name, "deleted")
        try await database.write { transaction in
            let store = ModelStore(transaction)
            _ = try store.get(name)
            let versions = try ModelVersionStore(transaction).all(of: name).map(\.version)
            try store.delete(name)
            try transaction.record(
                LedgerEvent(
                    "model.deleted", subject: "model/\(name)", by: identity.name, data: ["versions": .array(versions.map { JSON($0) })]))
        }
    }

    private func checkUnused(_ name: String, _ change: String) async throws {
        for version in try await versions(name) { try await checkUnused(name, version.version, change) }
    }

    private func checkUnused(_ name: String, _ version: Int, _ change: String) async throws {
        guard let user = try await ports.user(name, version) else { return }
        throw TernError(
            .conflict, "version \(version) of \(name) cannot be \(change): \(user) serves it", hint: "release another version there first")
    }

    package func setModelTag(_ name: String, _ key: String, _ value: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "tag a model")
        try RegisteredModel.check(name: name)
        try RegisteredModel.check(tag: key, value: value)
        try await database.write { transaction in
            let store = ModelStore(transaction)
            let model = try store.get(name)
            try store.setTag(of: name, key: key, value: value)
            try transaction.record(.tagSet("model.tag.set", key, value, on: "model/\(name)", of: model, by: identity))
        }
    }

    package func removeModelTag(_ name: String, _ key: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "tag a model")
        try await database.write { transaction in
            let store = ModelStore(transaction)
            let model = try store.get(name)
            try store.removeTag(of: name, key: key)
            try transaction.record(.tagRemoved("model.tag.removed", key, on: "model/\(name)", of: model, by: identity))
        }
    }

    // MARK: Aliases

    /// Points an alias at a version. Where gates compare with the champion, moving that alias takes an approver.
    package func setAlias(
        _ alias: String, of model: String, to version: Int, by identity: Identity, eventTime: Timestamp? = nil
    ) async throws {
        try identity.require(.editor, to: "set an alias")
        try RegisteredModel.check(alias: alias)
        try RegisteredModel.check(reserved: alias)
        try await database.write { transaction in
            let store = ModelStore(transaction)
            let found = try ModelVersionStore(transaction).get(model, version)
            if alias == RegistryService.champion, try store.get(model).declaration?.gates.isEmpty == false {
                try identity.require(.approver, to: "name the champion that gates compare with")
            }
            let before = try store.version(alias: alias, of: model)
            if before == version { return }
            try store.setAlias(alias, of: model, to: version)
            try transaction.record(
                LedgerEvent(
                    "model.alias.set", subject: found.subject, by: identity.name, eventTime: eventTime,
                    data: JSON(["alias": .string(alias), "version": JSON(version), "before": JSON(before)], about: try store.get(model))))
        }
    }

    package func removeAlias(_ alias: String, of model: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "remove an alias")
        try RegisteredModel.check(alias: alias)
        try await database.write { transaction in
            let store = ModelStore(transaction)
            let found = try store.get(model)
            if alias == RegistryService.champion, found.declaration?.gates.isEmpty == false {
                try identity.require(.approver, to: "remove the champion that gates compare with")
            }
            guard try store.removeAlias(alias, of: model) else { return }
            try transaction.record(
                LedgerEvent(
                    "model.alias.removed", subject: "model/\(model)", by: identity.name, data: JSON(["alias": .string(alias)], about: found)))
        }
    }

    /// The version under an alias; `latest` is the highest number.
    ///
    /// - Throws: `not_found` without such a model, `invalid_argument` without such an alias: MLflow tells these apart.
    package func version(_ model: String, alias: String) async throws -> ModelVersion {
        try RegisteredModel.check(alias: alias)
        return try await database.read { connection in
            let store = ModelStore(connection)
            let versions = ModelVersionStore(connection)
            _ = try store.get(model)
            if alias.lowercased() == "latest" {
                guard let latest = try versions.all(of: model).first else { throw TernError.notFound("Latest version not found for model \(model).") }
                return latest
            }
            guard let number = try store.version(alias: alias, of: model) else {
                throw TernError.invalid("Registered model alias \(alias) not found.")
            }
            return try versions.get(model, number)
        }
    }

    // MARK: Versions

    package func describeVersion(_ model: String, _ version: Int, _ description: String?, by identity: Identity) async throws -> ModelVersion {
        try identity.require(.editor, to: "describe a version")
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            _ = try versions.get(model, version)
            try versions.describe(model, version, description, now: transaction.now)
            return try versions.get(model, version)
        }
    }

    package func deleteVersion(_ model: String, _ version: Int, by identity: Identity) async throws {
        try identity.require(.editor, to: "delete a version")
        _ = try await self.version(model, version)
        try await checkUnused(model, version, "deleted")
        try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let found = try versions.get(model, version)
            try versions.delete(model, version)
            try ModelStore(transaction).touch(model, now: transaction.now)
            try transaction.record(
                LedgerEvent("model.version.deleted", subject: found.subject, by: identity.name, data: ["digest": JSON(found.digest?.hex)]))
        }
    }

    package func setVersionTag(_ model: String, _ version: Int, _ key: String, _ value: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "tag a version")
        try RegisteredModel.check(tag: key, value: value)
        try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let found = try versions.get(model, version)
            try versions.setTag(of: model, version, key: key, value: value)
            let owner = try ModelStore(transaction).get(model)
            try transaction.record(.tagSet("model.version.tag.set", key, value, on: found.subject, of: owner, by: identity))
        }
    }

    package func removeVersionTag(_ model: String, _ version: Int, _ key: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "tag a version")
        try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let found = try versions.get(model, version)
            try versions.removeTag(of: model, version, key: key)
            let owner = try ModelStore(transaction).get(model)
            try transaction.record(.tagRemoved("model.version.tag.removed", key, on: found.subject, of: owner, by: identity))
        }
    }

    /// Moves a version to a stage; with `archiveOthers`, those that stand there go to the archive.
    package func moveVersion(
        _ model: String, _ version: Int, to stageName: String, archiveOthers: Bool, by identity: Identity
    ) async throws -> ModelVersion {
        try identity.require(.editor, to: "move a version to another stage")
        let stage = try RegistryService.stage(stageName)
        if archiveOthers, stage != .staging, stage != .production {
            throw TernError.invalid(
                "Model version transition cannot archive existing model versions because '\(stageName)' is not an Active stage. "
                    + "Valid stages are ['Staging', 'Production']")
        }
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let found = try versions.get(model, version)
            let archived = archiveOthers ? try versions.archive(model, in: stage, except: version, now: transaction.now) : []
            try versions.move(model, version, to: stage, now: transaction.now)
            try ModelStore(transaction).touch(model, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.staged", subject: found.subject, by: identity.name,
                    data: ["from": .string(found.stage.rawValue), "to": .string(stage.rawValue), "archived": .array(archived.map { JSON($0) })]))
            return try versions.get(model, version)
        }
    }

    /// The newest version of each stage asked for; all stages when none is.
    package func latestVersions(_ model: String, stages names: [String]) async throws -> [ModelVersion] {
        let stages = try names.isEmpty ? Set(ModelStage.allCases) : Set(names.map(RegistryService.stage))
        return try await modelWithLatest(model).latest.filter { stages.contains($0.stage) }
    }

    private static func stage(_ name: String) throws -> ModelStage {
        guard let stage = ModelStage(anyCase: name) else {
            throw TernError.invalid(
                "Invalid Model Version stage: \(name). Value must be one of \(ModelStage.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return stage
    }
}
