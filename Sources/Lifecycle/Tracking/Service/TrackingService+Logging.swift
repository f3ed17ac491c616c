import TernKernel
import TernStore

/// What one `log-batch` carries.
package struct LogBatch: Sendable {
    package var metrics: [LoggedPoint]
    package var params: [(key: String, value: String)]
    package var tags: [(key: String, value: String)]

    package init(metrics: [LoggedPoint] = [], params: [(key: String, value: String)] = [], tags: [(key: String, value: String)] = []) {
        self.metrics = metrics
        self.params = params
        self.tags = tags
    }

    /// What one batch may hold: 1000 metrics, 100 params, 100 tags, and 1000 in all. For whoever reads a batch: before its parts are read.
    package static func checkCounts(metrics: Int, params: Int, tags: Int) throws {
        let counts = [
            ("metrics", 1000, metrics), ("params", 100, params), ("tags", 100, tags),
            ("metrics, params, and tags", 1000, metrics + params + tags),
        ]
        for (what, limit, count) in counts where count > limit {
            throw TernError.invalid(
                "A batch logging request can contain at most \(limit) \(what). Got \(count) \(what). "
                    + "Please split up \(what) across multiple requests and try again.")
        }
    }
}

extension TrackingService {
    /// Logging a point that is there already changes nothing.
    package func log(_ metric: LoggedPoint, to run: String) async throws {
        try NameRules.check(metric.point)
        try await database.write { try TrackingService.append([metric], to: run, $0) }
    }

    private static func append(_ metrics: [LoggedPoint], to run: String, _ transaction: Transaction) throws {
        let experiment = try requireActiveRun(run, transaction.connection)
        try append(metrics, to: run, in: experiment, transaction)
    }

    private static func append(_ metrics: [LoggedPoint], to run: String, in experiment: Int64, _ transaction: Transaction) throws {
        try MetricStore.append(metrics.map(\.point), to: run, in: experiment, transaction.connection)
        for metric in metrics {
            guard let model = metric.model else { continue }
            try LoggedModelStore.append(
                ModelMetric(point: metric.point, model: model, run: run, datasetName: metric.datasetName, datasetDigest: metric.datasetDigest),
                transaction.connection)
        }
    }

    /// A parameter is written once: the same value again is accepted, another one refused.
    package func logParam(_ key: String, _ value: String, to run: String) async throws {
        let value = try NameRules.param(key: key, value: value)
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            guard let old = try RunStore.param(run, key, transaction.connection) else {
                return try RunStore.insert(params: [(key, value)], into: run, in: experiment, transaction.connection)
            }
            if old != value {
                throw TernError.invalid(
                    "Changing param values is not allowed. Param with key='\(key)' was already logged with value='\(old)' "
                        + "for run ID='\(run)'. Attempted logging new value '\(value)'.")
            }
        }
    }

    /// Logs all of it or, when anything is wrong, none of it.
    package func log(_ batch: LogBatch, to run: String) async throws {
        try LogBatch.checkCounts(metrics: batch.metrics.count, params: batch.params.count, tags: batch.tags.count)
        try NameRules.checkRun(id: run)
        for (index, metric) in batch.metrics.enumerated() { try NameRules.check(metric.point, at: "metrics[\(index)]") }
        let params = try batch.params.enumerated().map { index, param in
            (key: param.key, value: try NameRules.param(key: param.key, value: param.value, at: "params[\(index)]"))
        }
        let tags = try batch.tags.enumerated().map { index, tag in
            (key: tag.key, value: try NameRules.runTag(key: tag.key, value: tag.value, at: "tags[\(index)]"))
        }
        try TrackingService.checkRepetitions(batch)
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            try TrackingService.insert(params, into: run, in: experiment, transaction)
            if !batch.metrics.isEmpty { try TrackingService.append(batch.metrics, to: run, in: experiment, transaction) }
            if !tags.isEmpty { try TrackingService.set(tags, on: run, in: experiment, transaction) }
        }
    }

    private static func checkRepetitions(_ batch: LogBatch) throws {
        var seen: Set<String> = []
        let repeated = batch.params.map(\.key).filter { !seen.insert($0).inserted }
        if !repeated.isEmpty {
            throw TernError.invalid(
                "Duplicate parameter keys have been submitted: [\(repeated.map { "'\($0)'" }.joined(separator: ", "))]. "
                    + "Please ensure the request contains only one param value per param key.")
        }
    }

    private static func insert(
        _ params: [(key: String, value: String)], into run: String, in experiment: Int64, _ transaction: Transaction
    ) throws {
        if params.isEmpty { return }
        let old = try RunStore.params(run, params.map(\.key), transaction.connection)
        let changed = params.compactMap { param in
            old[param.key].flatMap {
                $0 == param.value ? nil : "{'key': '\(param.key)', 'old_value': '\($0)', 'new_value': '\(param.value)'}"
            }
        }
        if !changed.isEmpty {
            throw TernError.invalid(
                "Changing param values is not allowed. Params were already logged='[\(changed.joined(separator: ", "))]' for run ID='\(run)'.")
        }
        try RunStore.insert(params: params.filter { old[$0.key] == nil }, into: run, in: experiment, transaction.connection)
    }

    package func setTag(_ key: String, _ value: String, on run: String) async throws {
        let value = try NameRules.runTag(key: key, value: value)
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            try TrackingService.set([(key, value)], on: run, in: experiment, transaction)
        }
    }

    /// The tag of the run's name is the run's name, and is not emptied.
    static func set(_ tags: [(key: String, value: String)], on run: String, in experiment: Int64, _ transaction: Transaction) throws {
        let tags = tags.filter { $0.key != ReservedTag.runName || !$0.value.isEmpty }
        if let name = tags.last(where: { $0.key == ReservedTag.runName })?.value {
            guard var info = try RunStore.info(run, transaction.connection) else { throw noRun(run) }
            info.name = name
            try RunStore.update(info, renamed: true, transaction.connection)
        }
        try RunStore.set(tags: tags, on: run, in: experiment, transaction.connection)
    }

    package func deleteTag(_ key: String, of run: String) async throws {
        try await database.write { transaction in
            try TrackingService.requireActiveRun(run, transaction.connection)
            guard try RunStore.deleteTag(run, key, transaction.connection) else {
                throw TernError.notFound("No tag with name: \(key) in run with id \(run)")
            }
        }
    }

    /// Remembers a model that an old client logged, in the tag where MLflow keeps them.
    package func recordModel(_ model: JSON, of run: String) async throws {
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            let before = try RunStore.tag(run, ReservedTag.loggedModels, transaction.connection).map { try JSON(parsing: $0).arrayValue ?? [] } ?? []
            let text = JSON.array(before + [model]).description
            let value = try NameRules.runTag(key: ReservedTag.loggedModels, value: text)
            try RunStore.set(tags: [(ReservedTag.loggedModels, value)], on: run, in: experiment, transaction.connection)
        }
    }

    /// What a run read. The same dataset twice is one input.
    package func logInputs(datasets: [DatasetInput], models: [String], to run: String) async throws {
        try NameRules.checkRun(id: run)
        for (index, dataset) in datasets.enumerated() { try dataset.check(at: index) }
        try await database.write { transaction in
            let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
            for dataset in datasets { try InputStore.add(dataset, to: run, in: experiment, transaction.connection) }
            for model in models { try InputStore.addModelInput(model, to: run, transaction.connection) }
        }
    }

    /// The models that a run made.
    package func logOutputs(_ models: [ModelOutput], of run: String) async throws {
        try await database.write { transaction in
            try TrackingService.requireActiveRun(run, transaction.connection)
            for model in models { try InputStore.addModelOutput(model, to: run, transaction.connection) }
        }
    }
}
