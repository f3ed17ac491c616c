import Synchronization
import TernKernel
import TernStats
import TernStore
import TernTables

/// Watches endpoints: what comes in, what goes out, and whether it was right.
package final class MonitoringService: Sendable {
    private let store: MonitorStore
    private let alertStore: AlertStore
    private let feedbackStore: FeedbackStore
    private let history: LogTableStore
    private let ports: MonitoringPorts
    private let clock: WallClock
    private let monitors = Mutex<[String: EndpointMonitor]>([:])

    /// - Parameter folder: for temporary files.
    package init(database: Database, tables: TableEngine, ports: MonitoringPorts, folder: String, clock: WallClock = .system) {
        store = MonitorStore(database: database)
        alertStore = AlertStore(database: database)
        feedbackStore = FeedbackStore(database: database)
        history = LogTableStore(tables: tables, ports: ports, feedback: feedbackStore, folder: folder)
        self.ports = ports
        self.clock = clock
    }

    private func monitor(_ endpoint: String) -> EndpointMonitor {
        monitors.withLock { monitors in
            if let known = monitors[endpoint] { return known }
            let new = EndpointMonitor(endpoint: endpoint, store: store, feedback: feedbackStore, ports: ports, clock: clock)
            monitors[endpoint] = new
            return new
        }
    }

    // MARK: Declarations

    /// Makes these the monitors, and no others.
    package func apply(_ declarations: [MonitorDeclaration], by identity: Identity) async throws {
        try identity.require(.editor, to: "change monitors")
        for declaration in declarations { try MonitoringService.check(declaration) }
        guard try await store.replace(declarations, by: identity.name) else { return }
        await reload()
    }

    /// Has every monitor read its declaration and its progress again before it goes on: another server may have changed them.
    package func reload() async {
        for monitor in monitors.withLock({ Array($0.values) }) { await monitor.reload() }
    }

    package func declarations() async throws -> [MonitorDeclaration] { try await store.declarations() }

    private static func check(_ declaration: MonitorDeclaration) throws {
        let place = "the monitors of endpoint '\(declaration.endpoint)'"
        if let drift = declaration.drift {
            guard drift.window > .zero, drift.windows > 0 else {
                throw TernError.invalid("\(place): drift needs a window such as 7d, and windows of at least 1")
            }
            if let method = drift.method, DriftMethod(rawValue: method) == nil {
                throw TernError.invalid(
                    "\(place): there is no drift method '\(method)'", hint: "one of \(DriftMethod.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        if let quality = declaration.quality {
            guard quality.window > .zero, quality.windows > 0 else {
                throw TernError.invalid("\(place): quality needs a window such as 7d, and windows of at least 1")
            }
            guard QualityTally.floors.contains(quality.metric) else {
                throw TernError.invalid(
                    "\(place): quality cannot be watched by '\(quality.metric)'", hint: "one of \(QualityTally.floors.joined(separator: ", "))")
            }
        }
        if let missing = declaration.health?.missing, !(0...1).contains(missing) {
            throw TernError.invalid("\(place): missing must be a share from 0% to 100%")
        }
    }

    // MARK: The loop

    /// Takes in everything that is new at an endpoint; answers whether there was anything.
    package func advance(_ endpoint: String) async throws -> Bool { try await monitor(endpoint).advance() }

    /// The endpoint's clock as of the last advance.
    package func clock(_ endpoint: String) async throws -> Timestamp { try await monitor(endpoint).clock() }

    /// The greatest event time of the endpoint's requests as of the last advance; nil before there is one.
    package func eventClock(_ endpoint: String) async throws -> Timestamp? { try await monitor(endpoint).eventClock() }

    /// What each variant did with rows about times after `since`, as of the last advance.
    package func observe(_ endpoint: String, since: Timestamp, latencyLimit: Period? = nil) async throws -> [VariantObservation] {
        try await monitor(endpoint).observe(since: since, latencyLimit: latencyLimit)
    }

    // MARK: Feedback

    /// Stores the truth about predicted rows. A batch with an id that is not known is refused whole.
    ///
    /// - Parameter endpoint: when given, every id has to be one of this endpoint.
    package func feedback(_ items: [FeedbackItem], endpoint: String? = nil, by identity: Identity) async throws -> FeedbackReceipt {
        try identity.require(.editor, to: "post feedback")
        var intake = FeedbackIntake(find: ports.find, endpoint: endpoint)
        for item in items { try await intake.add(item) }
        return try await save(intake, by: identity)
    }

    /// Stores the truth about all rows of one request, in their order; null leaves a row out.
    package func feedback(prediction: String, values: [JSON], at: Timestamp? = nil, endpoint: String? = nil, by identity: Identity) async throws
        -> FeedbackReceipt
    {
        try identity.require(.editor, to: "post feedback")
        var intake = FeedbackIntake(find: ports.find, endpoint: endpoint)
        try await intake.add(prediction: prediction, values: values, at: at)
        return try await save(intake, by: identity)
    }

    func save(_ intake: FeedbackIntake, by identity: Identity) async throws -> FeedbackReceipt {
        let labels = try intake.checked()
        let batches = labels.sorted { $0.key < $1.key }.map { (endpoint: $0.key, position: ports.lastPosition($0.key), labels: $0.value) }
        return try await feedbackStore.save(batches, by: identity.name)
    }

    /// For a body that holds both forms.
    func feedback(_ body: FeedbackBody, endpoint: String, by identity: Identity) async throws -> FeedbackReceipt {
        try identity.require(.editor, to: "post feedback")
        var intake = FeedbackIntake(find: ports.find, endpoint: endpoint)
        guard body.items != nil || body.prediction != nil else {
            throw TernError.invalid(
                "feedback needs 'items' or 'prediction'",
                hint: #"{"items": [{"id": "price-41.7", "value": 1}]} or {"prediction": "price-41", "values": [1, 0]}"#)
        }
        for item in body.items ?? [] { try await intake.add(item) }
        if let prediction = body.prediction { try await intake.add(prediction: prediction, values: body.values ?? [], at: body.at) }
        return try await save(intake, by: identity)
    }

    // MARK: Findings

    package func alerts(state: Alert.State? = nil, endpoint: String? = nil) async throws -> [Alert] {
        try await alertStore.alerts(state: state, endpoint: endpoint)
    }

    package func acknowledge(_ id: Int64, by identity: Identity) async throws -> Alert {
        try identity.require(.editor, to: "acknowledge an alert")
        return try await alertStore.acknowledge(id, by: identity.name)
    }

    /// Drift and prediction drift, oldest window first.
    package func drift(_ endpoint: String, from: Timestamp? = nil, to: Timestamp? = nil) async throws -> [WindowScore] {
        try await store.scores(endpoint, [.drift, .predictionDrift], from: from, to: to)
    }

    /// Feature health, oldest window first.
    package func health(_ endpoint: String, from: Timestamp? = nil, to: Timestamp? = nil) async throws -> [WindowScore] {
        try await store.scores(endpoint, [.health], from: from, to: to)
    }

    package func quality(_ endpoint: String, from: Timestamp? = nil, to: Timestamp? = nil) async throws -> [QualityWindow] {
        try await store.quality(endpoint, from: from, to: to)
    }

    // MARK: History

    package func latency(_ endpoint: String) async throws -> EndpointLatency { try await history.latency(endpoint) }

    /// The endpoint's history from its log and its feedback, in windows counted from `from`.
    package func report(_ endpoint: String, window: Period, from: Timestamp? = nil, to: Timestamp? = nil) async throws -> [ReportWindow] {
        guard window > .zero else { throw TernError.invalid("the report's window must be a period such as 60d") }
        guard let span = try await history.span(endpoint) else { return [] }
        let start = from ?? span.first.floor(to: .days(1))
        let end = to ?? span.last + Period(milliseconds: 1)
        guard start < end else { return [] }
        let (outcomes, requests) = try await history.outcomes(endpoint, window: window, from: start, to: end)
        return ReportWindow.windows(outcomes, requests, window: window, from: start, to: end, last: span.last)
    }

    /// Writes the labelled rows that clients got answers for, as training data.
    ///
    /// - Returns: how many rows.
    /// - Throws: `not_found` when there is none.
    package func labelledTable(
        _ endpoint: String, from: Timestamp, to: Timestamp, target: String, timeColumn: String?, to path: String
    ) async throws -> Int64 {
        try await history.exportLabelled(endpoint, from: from, to: to, target: target, timeColumn: timeColumn, toParquet: path)
    }
}
