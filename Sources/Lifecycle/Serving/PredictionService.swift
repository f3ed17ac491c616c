import Dispatch
import Logging
import Synchronization
import TernInference
import TernKernel
import TernLog

/// Answers requests: finds the variant, runs its model, logs, answers; then lets the shadows look at the same request.
package final class PredictionService: Sendable {
    let ports: ServingPorts
    let pool: ModelPool
    let log: InferenceLog
    let metrics = ServingMetrics()
    private let clock: WallClock
    private let logger: Logger
    private let shadows: ShadowQueue
    /// Models that were asked directly, the last used behind.
    private let direct = Mutex<[ModelPool.Key]>([])
    private static let directKept = 2

    package init(
        ports: ServingPorts, pool: ModelPool, log: InferenceLog, clock: WallClock = .system, shadowCapacity: Int = 1024,
        logger: Logger = Logger(label: "tern.serving")
    ) {
        self.ports = ports
        self.pool = pool
        self.log = log
        self.clock = clock
        self.logger = logger
        shadows = ShadowQueue(capacity: shadowCapacity)
    }

    /// - Throws: `not_found` for an unknown endpoint or version, `invalid_argument` for inputs the model cannot take, `internal` when the model
    ///   fails.
    package func predict(_ request: PredictionRequest) async throws -> PredictionAnswer {
        guard let endpoint = ports.endpoint(request.endpoint) else { return try await predictDirectly(request) }
        let number = try log.nextPrediction(endpoint: endpoint.name)
        let route = try route(request, to: endpoint, number: number)
        let id = PredictionID(endpoint: endpoint.name, prediction: number)
        do {
            return try await answer(request, Call(request: request, route: route, id: id, log: log))
        } catch let error as TernError where error.code == .invalidArgument {
            metrics.countRefused(endpoint.name)
            throw error
        }
    }

    private func route(_ request: PredictionRequest, to endpoint: ServedEndpoint, number: Int64) throws -> Route {
        guard let version = request.version else {
            return try ports.route(endpoint.name, request.routingKey ?? String(number))
        }
        guard let variant = (endpoint.variants + endpoint.standby).first(where: { $0.version == version }) else {
            throw PredictionService.unknown(endpoint.name, version: version)
        }
        return Route(answering: variant, eventTime: endpoint.eventTime)
    }

    private func answer(_ request: PredictionRequest, _ call: Call) async throws -> PredictionAnswer {
        let first = call.route.answering
        do {
            return try await answer(call, by: first, request.outputs)
        } catch {
            guard first.role == .canary, let fallback = call.route.fallback else { throw error }
            // The canary's trouble is not the caller's: whether it could not take these inputs or broke over them, the primary answers.
            let started = DispatchTime.now()
            let answer = try await answer(call, by: fallback, request.outputs)
            if (error as? TernError)?.code == .invalidArgument {
                logFailure(error, of: first, call, started, rows: answer.outputs.first?.rows ?? 1, inputs: [])
            }
            return answer
        }
    }

    private func answer(_ call: Call, by variant: VariantReference, _ outputs: [String]?) async throws -> PredictionAnswer {
        let run = try await run(call, variant)
        try InputValidation(name: call.id.endpoint, model: run.model).checkOutputs(outputs)
        var id: PredictionID? = variant.role == .shadow ? nil : call.id
        metrics.count(run.record)
        if variant.role != .shadow {
            do {
                try log.append(run.record)
                look(call, run.record)
            } catch {
                log.noteDropped(endpoint: call.id.endpoint)
                logger.warning("an answer of \(call.id.endpoint) is not in the inference log and has no prediction id: \(error)")
                id = nil
            }
        }
        let chosen = outputs.map { names in names.compactMap { name in run.outputs.first { $0.name == name } } } ?? run.outputs
        return PredictionAnswer(outputs: chosen, variant: variant, prediction: id)
    }

    /// Runs one variant on the call's inputs. A model's failure is logged here, a refusal of the inputs is the caller's matter.
    private func run(_ call: Call, _ variant: VariantReference) async throws -> (model: InferenceModel, outputs: [Tensor], record: PredictionRecord) {
        let model = try await loaded(variant, call)
        let rows = try InputValidation(name: call.id.endpoint, model: model).rows(of: call.inputs)
        let eventTimes = try call.eventTimes(rows: rows)
        let started = DispatchTime.now()
        do {
            let outputs = try model.run(call.inputs, outputs: nil)
            let latency = started.microsecondsSince
            let record = PredictionRecord(
                prediction: call.id.prediction, endpoint: call.id.endpoint, variant: variant, at: clock.now(), eventTimes: eventTimes, rows: rows,
                latencyMicroseconds: latency, inputs: LoggedColumns.inputs(call.inputs, of: model),
                outputs: LoggedColumns.outputs(outputs, rows: rows))
            return (model, outputs, record)
        } catch {
            logFailure(error, of: variant, call, started, rows: rows, inputs: LoggedColumns.inputs(call.inputs, of: model))
            // Whatever the runtime calls it: the inputs were as the model declares them, so it is the model that failed.
            throw TernError(
                .internal, "\(variant.model) version \(variant.version) failed on this request: \(TernError.wrap(error).message)", cause: error)
        }
    }

    private func loaded(_ variant: VariantReference, _ call: Call) async throws -> InferenceModel {
        let key = ModelPool.Key(variant)
        if let loaded = pool.loaded(key) { return loaded }
        do { return try await pool.model(key) } catch {
            logFailure(error, of: variant, call, .now(), rows: call.inputs.first?.rows ?? 1, inputs: [])
            throw TernError(
                .unavailable, "\(variant.model) version \(variant.version) cannot be loaded: \(TernError.wrap(error).message)", cause: error)
        }
    }

    private func logFailure(_ error: any Error, of variant: VariantReference, _ call: Call, _ started: DispatchTime, rows: Int, inputs: [Column]) {
        let record = PredictionRecord(
            prediction: call.id.prediction, endpoint: call.id.endpoint, variant: variant, at: clock.now(),
            eventTimes: (try? call.eventTimes(rows: rows)) ?? [],
            rows: rows, latencyMicroseconds: started.microsecondsSince, error: TernError.wrap(error).message, inputs: inputs, outputs: [])
        metrics.count(record)
        do { try log.append(record) } catch {
            log.noteDropped(endpoint: call.id.endpoint)
            logger.warning("a failure of \(call.id.endpoint) is not in the inference log: \(error)")
        }
    }

    /// Lets the shadows answer too, off the caller's path.
    private func look(_ call: Call, _ answered: PredictionRecord) {
        for shadow in call.route.shadows {
            let taken = shadows.add { [self] in
                do {
                    let run = try await run(call, shadow)
                    metrics.count(run.record)
                    try log.append(run.record)
                } catch let error as TernError where error.code == .invalidArgument {
                    logFailure(error, of: shadow, call, .now(), rows: answered.rows, inputs: [])
                } catch {
                    logger.warning("shadow \(shadow.name) of \(call.id.endpoint): \(error)")
                }
            }
            if !taken { metrics.countDroppedShadow(call.id.endpoint) }
        }
    }

    /// Returns when every shadow has answered what was asked before this call.
    package func drainShadows() async { await shadows.drain() }
}

// MARK: Models without an endpoint

extension PredictionService {
    /// A registered model, asked by version: answered, not logged.
    private func predictDirectly(_ request: PredictionRequest) async throws -> PredictionAnswer {
        let model = try await directModel(request.endpoint, request.version)
        let validation = InputValidation(name: request.endpoint, model: model)
        _ = try validation.rows(of: request.inputs)
        try validation.checkOutputs(request.outputs)
        let outputs = try model.run(request.inputs, outputs: nil)
        let variant = VariantReference(name: "v\(request.version ?? 0)", role: .primary, model: request.endpoint, version: request.version ?? 0)
        let chosen = request.outputs.map { names in names.compactMap { name in outputs.first { $0.name == name } } } ?? outputs
        return PredictionAnswer(outputs: chosen, variant: variant, prediction: nil)
    }

    func directModel(_ name: String, _ version: Int?) async throws -> InferenceModel {
        guard let version else { throw PredictionService.unknown(name) }
        let key = ModelPool.Key(model: name, version: version)
        do {
            let model = try await pool.model(key)
            let tooMany = direct.withLock { direct in
                direct.removeAll { $0 == key }
                direct.append(key)
                if direct.count > PredictionService.directKept { direct.removeFirst() }
                return pool.loadedKeys.count > PredictionService.directKept
            }
            if tooMany { releaseUnused() }
            return model
        } catch let error as TernError where error.code == .notFound {
            throw PredictionService.unknown(name, version: version)
        }
    }

    /// Unloads the models that no endpoint needs, not even to roll back to. Called when routes have changed.
    package func releaseUnused() {
        let used = ports.endpoints().flatMap { $0.variants + $0.standby }.map(ModelPool.Key.init)
        pool.keep(only: Set(used + direct.withLock { $0 }))
    }

    static func unknown(_ name: String, version: Int? = nil) -> TernError {
        let version = version.map { " version \($0)" } ?? ""
        return TernError.notFound("Request for unknown model: '\(name)'\(version) is not found", hint: "tern endpoints shows what is served")
    }
}

/// One request on its way: what every variant that sees it shares.
private struct Call: Sendable {
    let route: Route
    let id: PredictionID
    /// Without the event times.
    let inputs: [Tensor]
    private let times: [Timestamp]?
    private let clock: Timestamp?

    init(request: PredictionRequest, route: Route, id: PredictionID, log: InferenceLog) throws {
        var inputs = request.inputs
        times = try EventTimeInput.take(route.eventTime, from: &inputs)
        // A request without its time is about now, and now is what the endpoint's clock says: a stray one must not move it to today.
        clock = route.eventTime != nil && times == nil ? log.clock(endpoint: id.endpoint) : nil
        self.inputs = inputs
        self.route = route
        self.id = id
    }

    func eventTimes(rows: Int) throws -> [Timestamp] {
        if let times { return try EventTimeInput.spread(times, over: rows, named: route.eventTime ?? "") }
        return clock.map { Array(repeating: $0, count: rows) } ?? []
    }
}

extension DispatchTime {
    fileprivate var microsecondsSince: Int64 { Int64((DispatchTime.now().uptimeNanoseconds &- uptimeNanoseconds) / 1000) }
}
