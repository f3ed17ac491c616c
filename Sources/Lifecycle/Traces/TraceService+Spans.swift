import TernKernel
import TernStore

/// Spans: how they come in, and traces with them.
extension TraceService {
    /// Stores spans, making their traces where they are new. All of them or, when one is refused, none.
    ///
    /// - Parameter run: the run that traces whose root is among them are linked to.
    package func log(_ batches: [SpanBatch], experiment: Int64, run: String? = nil) async throws {
        var byTrace: [String: [SpanBatch]] = [:]
        for batch in batches {
            for (trace, spans) in Dictionary(grouping: batch.spans, by: \.trace) {
                byTrace[trace, default: []].append(SpanBatch(resource: batch.resource, spans: spans.map(\.stored)))
            }
        }
        guard !byTrace.isEmpty else { return }
        let location = try await activeExperiment(experiment).artifactLocation
        let arrivals = byTrace.sorted { $0.key < $1.key }.map { SpanIntake(trace: $0.key, batches: $0.value) }
        try await database.write { transaction in
            for arrival in arrivals { try TraceService.take(arrival, experiment, location, transaction) }
            let complete = arrivals.filter { $0.state != nil }.map(\.trace)
            if let run, !complete.isEmpty { try TraceStore(transaction).link(complete, to: run) }
        }
    }

    private static func take(_ arrival: SpanIntake, _ experiment: Int64, _ location: String, _ transaction: Transaction) throws {
        let store = TraceStore(transaction)
        let before = try store.find(arrival.trace)
        var info = before ?? TraceInfo(id: arrival.trace, experiment: experiment, requestedAt: arrival.startedAt, state: .inProgress)
        var tags = arrival.tags
        if info.metadata[TraceKey.finalized] == nil {
            let end = [arrival.endedAt, info.duration.map { info.requestedAt + $0 }].compactMap { $0 }.max()
            info.requestedAt = min(info.requestedAt, arrival.startedAt)
            info.duration = end.map { $0 - info.requestedAt }
        }
        if let state = arrival.state, info.state == .inProgress || info.state == .unspecified { info.state = state }
        info.requestPreview = info.requestPreview ?? arrival.requestPreview
        info.responsePreview = info.responsePreview ?? arrival.responsePreview
        if before == nil { tags[TraceKey.artifactLocation] = artifacts(of: arrival.trace, below: location) }
        // What a client has named, a root does not rename.
        if info.tags[TraceKey.name] != nil { tags[TraceKey.name] = nil }
        tags[TraceKey.spansLocation] = TraceKey.trackingStore

        let spans = SpanStore(transaction)
        try spans.put(arrival.spans)
        var metadata = arrival.metadata.filter { info.metadata[$0.key] == nil }
        for (key, attribute) in [(TraceKey.tokenUsage, "mlflow.chat.tokenUsage"), (TraceKey.cost, "mlflow.llm.cost")]
        where arrival.spans.contains(where: { $0.attributes[attribute] != nil }) {
            // A client's own sum counts; until it has told one, it is the sum of all spans there are.
            if info.metadata[TraceKey.finalized] != nil, info.metadata[key] != nil { continue }
            let all = before == nil ? arrival.spans : try spans.all(of: [arrival.trace])[arrival.trace] ?? []
            if let sum = SpanSums.total(attribute, of: all) { metadata[key] = JSON.object(sum).description }
        }
        info.metadata.merge(metadata) { $1 }
        try store.put(info)
        try store.setTags(info.id, tags)
        try store.setMetadata(info.id, metadata)
    }

    // MARK: Reading

    /// A trace with its spans. Where the client said how many there are, waits a moment for those that are still on their way.
    ///
    /// - Parameter isPartial: whether to answer with what there is.
    /// - Throws: `not_found` when there is no such trace, or its spans have not all come.
    package func trace(_ id: String, isPartial: Bool = false) async throws -> Trace {
        for attempt in 0...TraceService.mostWaits {
            guard let info = try await infos([id]).first else { throw TernError.notFound("Trace with ID \(id) is not found.") }
            let spans = try await database.read { try SpanStore($0).all(of: [id])[id] ?? [] }
            guard info.tags[TraceKey.spansLocation] == TraceKey.trackingStore else {
                throw TernError(.internal, "Trace data not stored in tracking store")
            }
            if isPartial || TraceService.isComplete(info, spans) { return Trace(info: info, spans: spans) }
            if attempt < TraceService.mostWaits { try await Task.sleep(for: TraceService.wait) }
        }
        throw TernError.notFound("Trace with ID \(id) is not fully exported yet, please try again later.")
    }

    private static let mostWaits = 15
    private static let wait = Duration.milliseconds(200)

    /// Those that are there and complete, in the order asked for.
    package func traces(_ ids: [String], experiments: [Int64]? = nil) async throws -> [Trace] {
        try await database.read { connection in
            let infos = try TraceStore(connection).infos(ids, experiments: experiments)
            let spans = try SpanStore(connection).all(of: infos.map(\.id))
            return infos.compactMap { info in
                let own = spans[info.id] ?? []
                guard info.tags[TraceKey.spansLocation] == TraceKey.trackingStore, !own.isEmpty, TraceService.isComplete(info, own) else {
                    return nil
                }
                return Trace(info: info, spans: own)
            }
        }
    }

    private static func isComplete(_ info: TraceInfo, _ spans: [Span]) -> Bool {
        guard let statistics = info.metadata[TraceKey.sizeStatistics], let count = (try? JSON(parsing: statistics))?["num_spans"]?.intValue else {
            return true
        }
        return Int64(spans.count) >= count
    }

    // MARK: Searching

    /// How many traces a search may look at one by one, for what the database cannot decide.
    static let mostLookedAt = 50_000
    private static let lookedAtOnce = 500

    /// - Throws: `invalid_argument` when a regular expression or a span's attribute would have to be looked for in too many traces.
    package func search(_ search: TraceSearch) async throws -> TracePage {
        guard search.limit >= 1 else {
            throw TernError.invalid("Invalid value \(search.limit) for parameter 'max_results' supplied. It must be a positive integer")
        }
        return try await database.read { connection in
            let store = TraceSearchStore(connection)
            let remainder = TraceRemainder(search.conditions)
            guard remainder.isEmpty else { return try TraceService.sift(search, remainder, store) }
            let ids = try store.ids(search, offset: search.offset, limit: search.limit + 1)
            let infos = try TraceStore(connection).infos(Array(ids.prefix(search.limit)))
            return TracePage(elements: infos, nextOffset: ids.count > search.limit ? search.offset + search.limit : nil)
        }
    }

    private static func sift(_ search: TraceSearch, _ remainder: TraceRemainder, _ store: TraceSearchStore) throws -> TracePage {
        var found: [TraceInfo] = []
        var skipped = 0
        for offset in stride(from: 0, to: mostLookedAt, by: lookedAtOnce) {
            let ids = try store.ids(search, offset: offset, limit: lookedAtOnce)
            let spans = remainder.needsSpans ? try SpanStore(store.connection).all(of: ids) : [:]
            for info in try TraceStore(store.connection).infos(ids) where remainder.holds(for: info, spans[info.id] ?? []) {
                if skipped < search.offset {
                    skipped += 1
                } else if found.count < search.limit {
                    found.append(info)
                } else {
                    return TracePage(elements: found, nextOffset: search.offset + search.limit)
                }
            }
            if ids.count < lookedAtOnce { return TracePage(elements: found, nextOffset: nil) }
        }
        throw TernError.invalid(
            "this search would look into more than \(mostLookedAt) traces one by one", hint: "add a condition on timestamp_ms, status or a tag")
    }
}

extension Span {
    /// Without characters that a database's text cannot hold.
    fileprivate var stored: Span {
        var span = self
        span.name = name.storable
        return span
    }
}
