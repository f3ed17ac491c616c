import TernKernel
import TernStore

extension TrackingService {
    /// - Parameter location: where its artifacts go; nil is the server's own store.
    /// - Returns: the new experiment's number.
    package func createExperiment(name: String, location: String? = nil, tags: [String: String] = [:]) async throws -> Int64 {
        try NameRules.checkExperiment(name: name)
        for (key, value) in tags { try NameRules.checkExperimentTag(key: key, value: value) }
        if let location, location.hasPrefix("runs:") {
            throw TernError.invalid("Artifact location cannot be a runs:/ URI. Given: '\(location)'")
        }
        return try await database.write { transaction in
            try TrackingService.create(name, location, tags, transaction)
        }
    }

    private static func create(_ name: String, _ location: String?, _ tags: [String: String], _ transaction: Transaction) throws -> Int64 {
        if let taken = try ExperimentStore.find(named: name, transaction.connection) {
            let state = taken.stage == .deleted ? " It is deleted: restore it, or choose another name." : ""
            throw TernError(.alreadyExists, "Experiment(name=\(name)) already exists.\(state)")
        }
        let id = try ExperimentStore.nextID(transaction.connection)
        let now = transaction.now.milliseconds
        try ExperimentStore.insert(
            Experiment(
                id: id, name: name, artifactLocation: location ?? "mlflow-artifacts:/\(id)", stage: .active, createdAt: now, updatedAt: now,
                tags: tags), transaction.connection)
        return id
    }

    /// The experiment of that name, made when there is none.
    package func ensureExperiment(named name: String) async throws -> Int64 {
        try NameRules.checkExperiment(name: name)
        return try await database.write { transaction in
            try ExperimentStore.find(named: name, transaction.connection)?.id ?? TrackingService.create(name, nil, [:], transaction)
        }
    }

    /// Also a deleted one.
    package func experiment(_ id: Int64) async throws -> Experiment {
        try await database.read { try TrackingService.experiment(id, $0) }
    }

    /// Also a deleted one; nil when there is none.
    package func experiment(named name: String) async throws -> Experiment? {
        try await database.read { try ExperimentStore.find(named: name, $0) }
    }

    package func renameExperiment(_ id: Int64, to name: String) async throws {
        try NameRules.checkExperiment(name: name)
        try await database.write { transaction in
            let experiment = try TrackingService.experiment(id, transaction.connection)
            guard experiment.stage == .active else { throw TernError.invalid("Cannot rename a non-active experiment.") }
            if let taken = try ExperimentStore.find(named: name, transaction.connection), taken.id != id {
                throw TernError(.alreadyExists, "Experiment(name=\(name)) already exists.")
            }
            try ExperimentStore.rename(id, to: name, at: transaction.now.milliseconds, transaction.connection)
        }
    }

    /// Hides the experiment and all of its runs.
    package func deleteExperiment(_ id: Int64, by identity: Identity) async throws {
        try await move(id, from: .active, to: .deleted, by: identity)
    }

    /// Brings the experiment back with all of its runs, also those that were deleted before it.
    package func restoreExperiment(_ id: Int64, by identity: Identity) async throws {
        try await move(id, from: .deleted, to: .active, by: identity)
    }

    private func move(_ id: Int64, from: LifecycleStage, to stage: LifecycleStage, by identity: Identity) async throws {
        try await database.write { transaction in
            let experiment = try TrackingService.experiment(id, transaction.connection)
            guard experiment.stage == from else { throw TrackingService.noExperiment(id) }
            try ExperimentStore.move(id, to: stage, at: transaction.now.milliseconds, transaction.connection)
            try transaction.record(
                LedgerEvent(
                    stage == .deleted ? "experiment.deleted" : "experiment.restored", subject: "experiment/\(id)", by: identity.name,
                    data: ["name": .string(experiment.name)]))
        }
    }

    package func setExperimentTag(_ id: Int64, key: String, value: String) async throws {
        try NameRules.checkExperimentTag(key: key, value: value)
        try await database.write { transaction in
            _ = try TrackingService.requireActiveExperiment(id, transaction.connection)
            try ExperimentStore.setTag(id, key, value, transaction.connection)
        }
    }

    package func deleteExperimentTag(_ id: Int64, key: String) async throws {
        try await database.write { transaction in
            _ = try TrackingService.requireActiveExperiment(id, transaction.connection)
            guard try ExperimentStore.deleteTag(id, key, transaction.connection) else {
                throw TernError.notFound("No tag with name: \(key) in experiment with id \(id)")
            }
        }
    }

    package func searchExperiments(_ search: ExperimentSearch) async throws -> SearchPage<Experiment> {
        try TrackingService.check(limit: search.limit)
        let found = try await database.read { try ExperimentStore.search(search, $0) }
        return SearchPage(found, offset: search.offset, limit: search.limit)
    }

    /// The datasets that runs of these experiments read.
    package func datasets(of experiments: [Int64]) async throws -> [TrackedDataset] {
        try await database.read { try InputStore.datasets(of: experiments, limit: 1000, $0) }
    }
}
