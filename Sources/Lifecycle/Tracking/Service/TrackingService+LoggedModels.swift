import TernKernel
import TernStore

extension TrackingService {
    package func createLoggedModel(_ draft: LoggedModelDraft) async throws -> LoggedModel {
        if let name = draft.name, !name.isEmpty { try TrackingService.checkModel(name: name) }
        return try await database.write { transaction in
            let location = try TrackingService.requireActiveExperiment(draft.experiment, transaction.connection)
            let id = "m-" + Identifier.random()
            let now = transaction.now.milliseconds
            let model = LoggedModel(
                id: id, experiment: draft.experiment, name: draft.name.flatMap { $0.isEmpty ? nil : $0 } ?? RandomName.make(), type: draft.type,
                sourceRun: draft.sourceRun, artifactURI: TrackingService.join(location, "models", id, "artifacts"), status: .pending, stage: .active,
                createdAt: now, updatedAt: now, params: draft.params, tags: draft.tags, metrics: [])
            try LoggedModelStore.insert(model, transaction.connection)
            return model
        }
    }

    private static func checkModel(name: String) throws {
        let bad: Set<Character> = ["/", ":", ".", "%", "\"", "'"]
        guard !name.contains(where: bad.contains) else {
            throw TernError.invalid(
                "Invalid model name ('\(name)') provided. Model name must be a non-empty string and cannot contain the following characters: "
                    + "('/', ':', '.', '%', '\"', \"'\")")
        }
    }

    package func loggedModel(_ id: String, orDeleted: Bool = false) async throws -> LoggedModel {
        try await database.read { try TrackingService.loggedModel(id, orDeleted: orDeleted, $0) }
    }

    private static func loggedModel(_ id: String, orDeleted: Bool, _ connection: Connection) throws -> LoggedModel {
        guard let model = try LoggedModelStore.find(id, connection), orDeleted || model.stage == .active else { throw noModel(id) }
        return model
    }

    /// Says that the upload of the model's files ended, well or not.
    package func finalizeLoggedModel(_ id: String, _ status: LoggedModelStatus) async throws -> LoggedModel {
        try await change(id) { try LoggedModelStore.setStatus(id, status, at: $0.now.milliseconds, $0.connection) }
        return try await loggedModel(id, orDeleted: true)
    }

    package func deleteLoggedModel(_ id: String, by identity: Identity) async throws {
        try await change(id) { transaction in
            try LoggedModelStore.delete(id, at: transaction.now.milliseconds, transaction.connection)
            try transaction.record(LedgerEvent("logged_model.deleted", subject: "logged_model/\(id)", by: identity.name))
        }
    }

    package func setLoggedModelTags(_ id: String, _ tags: [String: String]) async throws {
        try await change(id) { for (key, value) in tags { try LoggedModelStore.setTag(id, key, value, $0.connection) } }
    }

    package func deleteLoggedModelTag(_ id: String, key: String) async throws {
        try await change(id) { transaction in
            guard try LoggedModelStore.deleteTag(id, key, transaction.connection) else {
                throw TernError.notFound("No tag with key '\(key)' found for model with ID '\(id)'.")
            }
        }
    }

    package func logLoggedModelParams(_ id: String, _ params: [String: String]) async throws {
        try await change(id) { for (key, value) in params { try LoggedModelStore.setParam(id, key, value, $0.connection) } }
    }

    private func change(_ id: String, _ body: @escaping @Sendable (Transaction) throws -> Void) async throws {
        try await database.write { transaction in
            guard try LoggedModelStore.exists(id, transaction.connection) else { throw TrackingService.noModel(id) }
            try body(transaction)
        }
    }

    package func searchLoggedModels(_ search: LoggedModelSearch) async throws -> SearchPage<LoggedModel> {
        try TrackingService.check(limit: search.limit)
        let found = try await database.read { try LoggedModelStore.search(search, $0) }
        return SearchPage(found, offset: search.offset, limit: search.limit)
    }
}
