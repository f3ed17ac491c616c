import TernKernel
import TernStore

/// A run to be made.
package struct RunDraft: Sendable {
    package var experiment: Int64
    package var name: String?
    package var user: String
    /// Milliseconds since 1970.
    package var startTime: Int64
    package var tags: [String: String]

    package init(experiment: Int64 = Experiment.defaultID, name: String? = nil, user: String = "", startTime: Int64 = 0, tags: [String: String] = [:])
    {
        self.experiment = experiment
        self.name = name
        self.user = user
        self.startTime = startTime
        self.tags = tags
    }
}

extension TrackingService {
    package func createRun(_ draft: RunDraft) async throws -> Run {
        let tags = try TrackingService.checked(draft.tags)
        return try await database.write { try TrackingService.create(draft, tags, $0) }
    }

    private static func checked(_ tags: [String: String]) throws -> [String: String] {
        var checked: [String: String] = [:]
        for (key, value) in tags { checked[key] = try NameRules.runTag(key: key, value: value) }
        return checked
    }

    private static func create(_ draft: RunDraft, _ tags: [String: String], _ transaction: Transaction) throws -> Run {
        let location = try requireActiveExperiment(draft.experiment, transaction.connection)
        let id = Identifier.random()
        let tagged = tags[ReservedTag.runName].flatMap { $0.isEmpty ? nil : $0 }
        let named = draft.name.flatMap { $0.isEmpty ? nil : $0 }
        if let named, let tagged, named != tagged {
            throw TernError.invalid(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
                    + "(run_name='\(named)', mlflow.runName='\(tagged)').")
        }
        let name = named ?? tagged ?? RandomName.make()
        var tags = tags
        tags[ReservedTag.runName] = name
        let info = RunInfo(
            id: id, experiment: draft.experiment, name: name, user: draft.user, status: .running, stage: .active, startTime: draft.startTime,
            endTime: nil, artifactURI: join(location, id, "artifacts"))
        try RunStore.insert(info, transaction.connection)
        try RunStore.set(tags: tags.map { ($0.key, $0.value) }, on: id, in: draft.experiment, transaction.connection)
        return Run(info: info, metrics: [], params: [:], tags: tags, datasets: [], modelInputs: [], modelOutputs: [])
    }

    /// Also a deleted one.
    package func run(_ id: String) async throws -> Run {
        try await database.read { connection in
            guard let info = try RunStore.info(id, connection), let run = try RunStore.complete([info], connection).first else {
                throw TrackingService.noRun(id)
            }
            return run
        }
    }

    /// Nil leaves a field as it is.
    package func updateRun(_ id: String, status: RunStatus? = nil, endTime: Int64? = nil, name: String? = nil) async throws -> RunInfo {
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(id, transaction.connection)
            guard var info = try RunStore.info(id, transaction.connection) else { throw TrackingService.noRun(id) }
            if let status { info.status = status }
            if let endTime { info.endTime = endTime }
            var renamed = false
            if let name, !name.isEmpty {
                renamed = name != info.name
                info.name = name
                try RunStore.set(tags: [(ReservedTag.runName, name)], on: id, in: experiment, transaction.connection)
            }
            try RunStore.update(info, renamed: renamed, transaction.connection)
            return info
        }
    }

    /// Hides a run; deleting a deleted one changes nothing.
    package func deleteRun(_ id: String, by identity: Identity) async throws { try await moveRun(id, to: .deleted, by: identity) }

    package func restoreRun(_ id: String, by identity: Identity) async throws { try await moveRun(id, to: .active, by: identity) }

    private func moveRun(_ id: String, to stage: LifecycleStage, by identity: Identity) async throws {
        try await database.write { _ = try TrackingService.move(id, to: stage, by: identity, $0) }
    }

    /// Answers whether that changed anything.
    static func move(_ id: String, to stage: LifecycleStage, by identity: Identity, _ transaction: Transaction) throws -> Bool {
        guard let found = try RunStore.stageAndExperiment(id, transaction.connection) else { throw noRun(id) }
        if found.stage == stage { return false }
        try RunStore.move(id, to: stage, at: transaction.now.milliseconds, transaction.connection)
        try transaction.record(LedgerEvent(stage == .deleted ? "run.deleted" : "run.restored", subject: "run/\(id)", by: identity.name))
        return true
    }

    /// A page of runs, each in full.
    package func searchRuns(_ search: RunSearch) async throws -> SearchPage<Run> {
        try TrackingService.check(limit: search.limit)
        return try await database.read { connection in
            let page = try TrackingService.page(search, connection)
            return SearchPage(elements: try RunStore.complete(page.elements, connection), nextOffset: page.nextOffset, next: page.next)
        }
    }

    static func page(_ search: RunSearch, _ connection: Connection) throws -> SearchPage<RunInfo> {
        let found = try RunSearchStore.search(search, connection)
        let isCut = found.count > search.limit
        let page = found.prefix(search.limit)
        return SearchPage(
            elements: page.map(\.info), nextOffset: isCut ? search.offset + search.limit : nil, next: isCut ? page.last?.cursor : nil)
    }
}

// MARK: Runs of pipelines

extension TrackingService {
    /// A run made by Tern itself, in an experiment that is made when missing. It is in the ledger.
    package func startRun(experimentNamed experiment: String, name: String?, tags: [String: String], by identity: Identity) async throws -> String {
        let number = try await ensureExperiment(named: experiment)
        let tags = try TrackingService.checked(tags)
        return try await database.write { transaction in
            let draft = RunDraft(experiment: number, name: name, user: identity.name, startTime: transaction.now.milliseconds, tags: tags)
            let run = try TrackingService.create(draft, tags, transaction)
            try transaction.record(
                LedgerEvent("run.started", subject: "run/\(run.info.id)", by: identity.name, data: ["experiment": .string(experiment)]))
            return run.info.id
        }
    }

    /// Ends a run made by `startRun`; ending an ended one changes nothing.
    package func finishRun(_ id: String, succeeded: Bool, by identity: Identity) async throws {
        try await database.write { transaction in
            guard var info = try RunStore.info(id, transaction.connection) else { throw TrackingService.noRun(id) }
            let status: RunStatus = succeeded ? .finished : .failed
            if info.status == status, info.endTime != nil { return }
            info.status = status
            info.endTime = transaction.now.milliseconds
            try RunStore.update(info, renamed: false, transaction.connection)
            try transaction.record(
                LedgerEvent("run.finished", subject: "run/\(id)", by: identity.name, data: ["status": .string(status.rawValue)]))
        }
    }

    /// Logs each value at this moment, step 0.
    package func logMetrics(_ values: [String: Double], to run: String) async throws {
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            let points = try values.sorted { $0.key < $1.key }.map { key, value in
                let point = MetricPoint(key: key, value: value, timestamp: transaction.now.milliseconds)
                try NameRules.check(point)
                return point
            }
            try MetricStore.append(points, to: run, in: experiment, transaction.connection)
        }
    }
}
