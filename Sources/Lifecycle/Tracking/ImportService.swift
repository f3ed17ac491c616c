import TernKernel
import TernStore

/// Takes over what was tracked elsewhere: with its own ids, times and states, as often as it is sent.
///
/// A run is opened (`partial`, with a tag that says so), filled, compared by the importer with what `check` answers, and only then finished.
/// Every step may be repeated, so an import that broke off goes on where it was.
package struct ImportService: Sendable {
    let database: Database
    let tracking: TrackingService

    package init(tracking: TrackingService) {
        self.tracking = tracking
        database = tracking.database
    }

    /// Marks a run that is not whole yet.
    package static let stateTag = "tern.import.state"
    /// How many points go into one write, so that other writers are not kept waiting.
    private static let pointsPerWrite = 10_000

    // MARK: Experiments

    struct Placed: Sendable {
        var sourceID: String
        var id: Int64
        var name: String
        var created: Bool
    }

    /// An experiment of the same name is the same experiment: it gets the tags that it lacks.
    func place(_ intakes: [ExperimentIntake], from source: String, by identity: Identity) async throws -> [Placed] {
        for intake in intakes {
            try NameRules.checkExperiment(name: intake.name)
            for (key, value) in intake.tags { try NameRules.checkExperimentTag(key: key, value: value) }
        }
        return try await database.write { transaction in
            try intakes.map { intake in
                if let known = try ExperimentStore.find(named: intake.name, transaction.connection) {
                    for (key, value) in intake.tags where known.tags[key] == nil {
                        try ExperimentStore.setTag(known.id, key, value, transaction.connection)
                    }
                    return Placed(sourceID: intake.sourceID, id: known.id, name: known.name, created: false)
                }
                let id = try ImportStore.freeID(like: intake.sourceID, transaction.connection)
                try ExperimentStore.insert(
                    Experiment(
                        id: id, name: intake.name, artifactLocation: "mlflow-artifacts:/\(id)", stage: intake.stage, createdAt: intake.createdAt,
                        updatedAt: intake.updatedAt, tags: intake.tags), transaction.connection)
                try transaction.record(
                    LedgerEvent(
                        "experiment.imported", subject: "experiment/\(id)", by: identity.name,
                        data: ["name": .string(intake.name), "source": .string(source)]))
                return Placed(sourceID: intake.sourceID, id: id, name: intake.name, created: true)
            }
        }
    }

    // MARK: Runs

    struct Opened: Sendable {
        var id: String
        /// `complete` and `native` want nothing more.
        var state: ImportState
        var points: Int64
    }

    /// Writes everything of these runs but their points and files.
    func open(_ runs: [RunIntake], from source: String) async throws -> [Opened] {
        for run in runs { try ImportService.check(run) }
        return try await database.write { transaction in try runs.map { try ImportService.open($0, from: source, transaction) } }
    }

    private static func check(_ run: RunIntake) throws {
        do {
            try NameRules.checkRun(id: run.info.id)
            for key in run.params.keys { _ = try NameRules.param(key: key, value: "") }
            for key in run.tags.keys { _ = try NameRules.runTag(key: key, value: "") }
            for (index, dataset) in run.datasets.enumerated() { try dataset.check(at: index) }
            for (what, values, limit) in [("param", run.params, paramLength), ("tag", run.tags, tagLength)] {
                for (key, value) in values where value.utf8.count > limit {
                    throw TernError.invalid("\(what) '\(key)' has \(value.utf8.count) bytes, more than \(limit)")
                }
            }
        } catch let error as TernError {
            throw TernError(error.code, "run \(run.info.id): \(error.message)", details: ["run": .string(run.info.id)])
        }
    }

    /// Longer than what clients may log, because older servers kept longer ones; what was kept is not cut.
    package static let paramLength = 65_536
    package static let tagLength = 65_536

    private static func open(_ run: RunIntake, from source: String, _ transaction: Transaction) throws -> Opened {
        let connection = transaction.connection
        let id = run.info.id
        let subject = "run/\(id)"
        let known = try RunStore.info(id, connection)
        let before = try ImportStore.find(subject, connection)
        if known != nil, before == nil { return Opened(id: id, state: .native, points: 0) }
        if known != nil, let before, before.state == .complete, before.fingerprint == run.fingerprint {
            return Opened(id: id, state: .complete, points: before.points)
        }
        guard try ExperimentStore.stageAndLocation(run.info.experiment, connection) != nil else {
            throw TrackingService.noExperiment(run.info.experiment)
        }
        if known == nil { try RunStore.insert(run.info, connection) } else { try ImportStore.overwrite(run.info, connection) }
        if run.info.stage == .deleted || known?.stage == .deleted {
            try RunStore.move(id, to: run.info.stage, at: run.deletedAt ?? transaction.now.milliseconds, connection)
        }
        try ImportStore.set(params: run.params, of: id, in: run.info.experiment, connection)
        let tags = run.tags.map { (key: $0.key, value: $0.value) } + [(key: stateTag, value: ImportState.partial.rawValue)]
        try RunStore.set(tags: tags, on: id, in: run.info.experiment, connection)
        for dataset in run.datasets { try InputStore.add(dataset, to: id, in: run.info.experiment, connection) }
        for model in run.modelInputs { try InputStore.addModelInput(model, to: id, connection) }
        for output in run.modelOutputs { try InputStore.addModelOutput(output, to: id, connection) }
        try ImportStore.set(subject, .init(source: source, fingerprint: run.fingerprint, state: .partial, points: 0), transaction)
        return Opened(id: id, state: .partial, points: 0)
    }

    /// Adds points to runs that are open. A point that is there already changes nothing.
    ///
    /// - Returns: how many were sent.
    func append(_ blocks: [PointBlock]) async throws -> Int {
        for block in blocks {
            // One key for all of them, and of their times only the least can be a wrong one.
            guard let point = block.points.min(by: { $0.timestamp < $1.timestamp }) else { continue }
            try NameRules.check(MetricPoint(key: block.key, value: point.value, timestamp: point.timestamp, step: point.step))
        }
        var waiting: [(run: String, points: [MetricPoint])] = []
        var count = 0
        var total = 0
        for block in blocks {
            for start in stride(from: 0, to: block.points.count, by: ImportService.pointsPerWrite) {
                let part = block.points[start..<min(start + ImportService.pointsPerWrite, block.points.count)]
                let points = part.map { MetricPoint(key: block.key, value: $0.value, timestamp: $0.timestamp, step: $0.step) }
                if waiting.last?.run == block.run { waiting[waiting.count - 1].points += points } else { waiting.append((block.run, points)) }
                count += points.count
                total += points.count
                if count >= ImportService.pointsPerWrite {
                    try await write(waiting)
                    (waiting, count) = ([], 0)
                }
            }
        }
        if !waiting.isEmpty { try await write(waiting) }
        return total
    }

    private func write(_ parts: [(run: String, points: [MetricPoint])]) async throws {
        try await database.write { transaction in
            for part in parts {
                guard let entry = try ImportStore.find("run/\(part.run)", transaction.connection), entry.state == .partial else {
                    throw TernError(.conflict, "run \(part.run) is not being imported", hint: "open it first: POST import/runs")
                }
                guard let run = try RunStore.stageAndExperiment(part.run, transaction.connection) else { throw TrackingService.noRun(part.run) }
                try MetricStore.append(part.points, to: part.run, in: run.experiment, transaction.connection)
            }
        }
    }

    /// What is stored of a run, and the tally of its points.
    func check(_ id: String) async throws -> (run: Run, tally: PointTally) {
        try await database.read { connection in
            guard let info = try RunStore.info(id, connection), let run = try RunStore.complete([info], connection).first else {
                throw TrackingService.noRun(id)
            }
            var tally = PointTally()
            for series in try MetricSeries.all(of: id, connection) {
                let key = PointTally.hash(series.key)
                try MetricHistoryStore.each(series, connection) { points in
                    for point in points { tally.add(key, timestamp: point.timestamp, step: point.step, value: point.value) }
                }
            }
            return (run, tally)
        }
    }

    /// Ends the import of runs that were compared.
    ///
    /// - Parameter filesMissing: some files could not be read at the source.
    func finish(_ runs: [(id: String, points: Int64, filesMissing: Bool)], from source: String, by identity: Identity) async throws {
        try await database.write { transaction in
            for run in runs {
                let subject = "run/\(run.id)"
                guard var entry = try ImportStore.find(subject, transaction.connection) else { throw TrackingService.noRun(run.id) }
                entry.state = run.filesMissing ? .filesMissing : .complete
                entry.points = run.points
                try ImportStore.set(subject, entry, transaction)
                _ = try RunStore.deleteTag(run.id, ImportService.stateTag, transaction.connection)
            }
            if !runs.isEmpty {
                try transaction.record(
                    LedgerEvent(
                        "runs.imported", subject: "import/\(source)", by: identity.name,
                        data: ["runs": JSON(runs.count), "points": .int(runs.reduce(0) { $0 &+ $1.points })]))
            }
        }
    }

    // MARK: Logged models

    /// A model that was here before from elsewhere is left alone.
    func add(_ models: [LoggedModelIntake], from source: String) async throws -> [(id: String, state: ImportState)] {
        try await database.write { transaction in
            try models.map { intake in
                let connection = transaction.connection
                let (id, subject) = (intake.model.id, "model/\(intake.model.id)")
                let exists = try LoggedModelStore.exists(id, connection)
                let before = try ImportStore.find(subject, connection)
                if exists, before == nil { return (id, .native) }
                if exists, let before, before.state == .complete, before.fingerprint == intake.fingerprint { return (id, .complete) }
                guard try ExperimentStore.stageAndLocation(intake.model.experiment, connection) != nil else {
                    throw TrackingService.noExperiment(intake.model.experiment)
                }
                if exists { try ImportStore.overwrite(intake.model, connection) } else { try LoggedModelStore.insert(intake.model, connection) }
                for metric in intake.model.metrics { try LoggedModelStore.append(metric, connection) }
                try ImportStore.set(
                    subject, .init(source: source, fingerprint: intake.fingerprint, state: .partial, points: Int64(intake.model.metrics.count)),
                    transaction)
                return (id, .partial)
            }
        }
    }

    func finishModel(_ id: String, filesMissing: Bool) async throws {
        try await database.write { transaction in
            guard var entry = try ImportStore.find("model/\(id)", transaction.connection) else { throw TrackingService.noModel(id) }
            entry.state = filesMissing ? .filesMissing : .complete
            try ImportStore.set("model/\(id)", entry, transaction)
        }
    }
}
