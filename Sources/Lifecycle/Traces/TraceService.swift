import TernKernel
import TernStore

/// What Traces asks of the rooms beside it. The server fills it.
package struct TracePorts: Sendable {
    package struct ExperimentFacts: Sendable {
        package var artifactLocation: String
        package var isActive: Bool

        package init(artifactLocation: String, isActive: Bool) {
            self.artifactLocation = artifactLocation
            self.isActive = isActive
        }
    }

    /// - Throws: `not_found` without such an experiment.
    package var experiment: @Sendable (Int64) async throws -> ExperimentFacts

    package init(experiment: @escaping @Sendable (Int64) async throws -> ExperimentFacts) { self.experiment = experiment }
}

/// Traces: their own data, tags, links to runs, and deletion. Spans, searches and assessments have files of their own.
///
/// The words of refusals are MLflow's, whose client shows them.
package struct TraceService: Sendable {
    let database: Database
    let ports: TracePorts

    static let mostLinks = 100
    static let longestID = 250
    static let longestKey = 250
    static let longestValue = 8000

    /// Stores a trace's data as its client tells it. What spans or an earlier call have said is overwritten where this says something.
    package func start(_ info: TraceInfo) async throws -> TraceInfo {
        guard !info.id.isEmpty, info.id.count <= TraceService.longestID else {
            throw TernError.invalid("A trace ID must have 1 to \(TraceService.longestID) characters.")
        }
        let experiment = try await activeExperiment(info.experiment)
        let info = info.stored
        return try await database.write { transaction in
            let store = TraceStore(transaction)
            var written = info
            if let before = try store.find(info.id) {
                written.requestPreview = info.requestPreview ?? before.requestPreview
                written.responsePreview = info.responsePreview ?? before.responsePreview
                if written.metadata[TraceKey.session] == nil { written.metadata[TraceKey.session] = before.metadata[TraceKey.session] }
            }
            written.tags[TraceKey.artifactLocation] = TraceService.artifacts(of: info.id, below: experiment.artifactLocation)
            written.metadata[TraceKey.finalized] = "true"
            try store.put(written)
            try store.setTags(info.id, written.tags)
            try store.setMetadata(info.id, written.metadata)
            for assessment in info.assessments { try AssessmentStore(transaction).put(assessment.completed(for: info.id, at: transaction.now)) }
            return try store.find(info.id) ?? written
        }
    }

    func activeExperiment(_ id: Int64) async throws -> TracePorts.ExperimentFacts {
        let experiment = try await ports.experiment(id)
        guard experiment.isActive else {
            throw TernError.invalid("The experiment \(id) must be in the 'active' state. \nCurrent state is deleted.")
        }
        return experiment
    }

    static func artifacts(of trace: String, below location: String) -> String {
        (location.hasSuffix("/") ? String(location.dropLast()) : location) + "/traces/\(trace)/artifacts"
    }

    /// - Throws: `not_found`.
    package func info(_ id: String) async throws -> TraceInfo {
        try await database.read { try TraceService.info(id, TraceStore($0)) }
    }

    static func info(_ id: String, _ store: TraceStore) throws -> TraceInfo {
        guard let info = try store.find(id) else { throw TernError.notFound("Trace with ID '\(id)' not found.") }
        return info
    }

    /// In the order asked for; those that are not there are left out, and with `experiments` those of others too.
    package func infos(_ ids: [String], experiments: [Int64]? = nil) async throws -> [TraceInfo] {
        try await database.read { try TraceStore($0).infos(ids, experiments: experiments) }
    }

    /// The runs that a trace is linked to.
    package func runs(of id: String) async throws -> [String] { try await database.read { try TraceStore($0).runs(of: id) } }

    // MARK: Tags

    package func setTag(_ id: String, key: String, value: String) async throws {
        try TraceService.checkMutable(key, "set")
        try TraceService.checkKey(key)
        let value = String(value.prefix(TraceService.longestValue))
        try await database.write { transaction in
            let store = TraceStore(transaction)
            _ = try TraceService.info(id, store)
            try store.setTags(id, [key: value])
        }
    }

    package func deleteTag(_ id: String, key: String) async throws {
        try TraceService.checkMutable(key, "deleted")
        try await database.write { transaction in
            guard try TraceStore(transaction).deleteTag(id, key) else {
                throw TernError.notFound("No trace tag with key '\(key)' for trace with ID '\(id)'")
            }
        }
    }

    private static func checkMutable(_ key: String, _ change: String) throws {
        let fixed: Set<String> = [TraceKey.spansLocation, TraceKey.archiveLocation, TraceKey.archivalFailure]
        guard fixed.contains(key), !(key == TraceKey.archivalFailure && change == "deleted") else { return }
        throw TernError.invalid("Tag '\(key)' is immutable and cannot be \(change) on a trace.")
    }

    private static func checkKey(_ key: String) throws {
        guard key.count <= longestKey else { throw TernError.invalid("'key' exceeds the maximum length of \(longestKey) characters") }
        let isPlain = key.allSatisfy { $0.isLetter || $0.isNumber || "_-. :/".contains($0) }
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard isPlain, !key.hasPrefix("/"), !parts.contains(where: { [".", "..", ""].contains($0) }) else {
            throw TernError.invalid(
                "Invalid value \(JSON.string(key)) for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), "
                    + "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).")
        }
    }

    // MARK: Links and deletion

    package func link(_ ids: [String], to run: String) async throws {
        guard ids.count <= TraceService.mostLinks else {
            throw TernError.invalid(
                "Cannot link more than \(TraceService.mostLinks) traces to a run in a single request. Provided \(ids.count) traces.")
        }
        if ids.isEmpty { return }
        try await database.write { try TraceStore($0).link(ids, to: run) }
    }

    /// How many traces an experiment has.
    package func count(of experiment: Int64) async throws -> Int { try await database.read { try TraceStore($0).count(of: experiment) } }

    /// Removes all traces of an experiment that is to be no more, some hundreds in each transaction.
    ///
    /// - Returns: how many there were.
    package func purge(of experiment: Int64) async throws -> Int {
        var total = 0
        while true {
            let count = try await database.write { transaction in
                let store = TraceStore(transaction)
                return try store.delete(try store.ids(of: experiment, until: .max, most: 500), of: experiment)
            }
            if count == 0 { return total }
            total += count
        }
    }

    /// Deletes traces by id, or those of a time and before, the oldest first.
    ///
    /// - Returns: how many there were.
    package func delete(
        of experiment: Int64, ids: [String] = [], until time: Int64? = nil, most: Int? = nil, by identity: Identity
    ) async throws -> Int {
        guard time != nil || !ids.isEmpty else {
            throw TernError.invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.")
        }
        guard time == nil || ids.isEmpty else { throw TernError.invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.") }
        guard ids.isEmpty || most == nil else { throw TernError.invalid("`max_traces` can't be specified if `trace_ids` is specified.") }
        if let most, most <= 0 { throw TernError.invalid("`max_traces` must be a positive integer, received \(most).") }
        return try await database.write { transaction in
            let store = TraceStore(transaction)
            let chosen = try time.map { try store.ids(of: experiment, until: $0, most: most) } ?? ids
            let count = try store.delete(chosen, of: experiment)
            if count > 0 {
                try transaction.record(
                    LedgerEvent("traces.deleted", subject: "experiment/\(experiment)", by: identity.name, data: ["count": JSON(count)]))
            }
            return count
        }
    }
}

extension TraceInfo {
    /// Cut to the lengths that are kept.
    fileprivate var stored: TraceInfo {
        func cut(_ values: [String: String]) -> [String: String] {
            Dictionary(
                values.map { (String($0.key.prefix(TraceService.longestKey)).storable, String($0.value.prefix(TraceService.longestValue)).storable) },
                uniquingKeysWith: { $1 })
        }
        var info = self
        info.tags = cut(tags)
        info.metadata = cut(metadata)
        info.clientRequest = clientRequest?.storable
        info.requestPreview = requestPreview?.storable
        info.responsePreview = responsePreview?.storable
        return info
    }
}

extension Assessment {
    /// With what the server gives it: an id and times, where it has none.
    func completed(for trace: String, at now: Timestamp) -> Assessment {
        var assessment = self
        assessment.trace = trace
        if id.isEmpty { assessment.id = "a-" + Identifier.random() }
        if createdAt == 0 { assessment.createdAt = now.milliseconds }
        if updatedAt == 0 { assessment.updatedAt = assessment.createdAt }
        return assessment
    }
}
