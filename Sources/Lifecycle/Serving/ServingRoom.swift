import Hummingbird
import Logging
import TernInference
import TernKernel
import TernLog
import TernWeb

/// What the server sees of this room.
package struct ServingRoom: Sendable {
    package let service: PredictionService
    package let pool: ModelPool

    package init(
        ports: ServingPorts, log: InferenceLog, engine: InferenceEngine, clock: WallClock = .system, logger: Logger = Logger(label: "tern.serving")
    ) {
        pool = ModelPool(engine: engine, modelFile: ports.modelFile)
        service = PredictionService(ports: ports, pool: pool, log: log, clock: clock, logger: logger)
    }

    /// Below `/api/tern/v1`.
    package func mount(on router: TernRouterGroup) {
        router.get("endpoints/:name/metrics") { [service] _, context in
            try Response.json(service.metrics(context.path("name")))
        }
    }

    /// `/metrics`, for Prometheus.
    package func mountMetrics(on router: TernRouter) {
        router.get("metrics") { [service] _, _ in
            Response.text(service.prometheusText(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
