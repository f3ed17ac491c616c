import Hummingbird
import Registry
import TernKernel
import TernWeb
import Traces
import Tracking
import Webhooks

/// MLflow's REST API as its own Python client speaks it: it translates the wire into the rooms' verbs and decides nothing itself.
package struct MLflowDialect: Sendable {
    let tracking: TrackingService
    let artifacts: ArtifactStore
    let registry: RegistryService?
    let traces: TraceService?
    let webhooks: WebhookService?

    /// Without a room, its part of the API is not there.
    package init(
        tracking: TrackingService, artifacts: ArtifactStore, registry: RegistryService? = nil, traces: TraceService? = nil,
        webhooks: WebhookService? = nil
    ) {
        self.tracking = tracking
        self.artifacts = artifacts
        self.registry = registry
        self.traces = traces
        self.webhooks = webhooks
    }

    /// The version of MLflow whose answers these are.
    static let version = "3.17.2"

    /// Puts the dialect's routes on the server's root.
    /// - Parameter probes: whether `GET /version` and `/health` are this dialect's to answer.
    package func mount(on router: TernRouter, probes: Bool = true) {
        var routes = MLflowRoutes()
        mountServer(on: &routes)
        mountExperiments(on: &routes)
        mountRuns(on: &routes)
        mountMetrics(on: &routes)
        mountLoggedModels(on: &routes)
        mountRegistry(on: &routes)
        if let traces { TraceRoutes(traces: traces).mount(on: &routes) }
        if let webhooks { WebhookRoutes(webhooks: webhooks).mount(on: &routes) }
        routes.mount(on: router)
        mountArtifacts(on: router)
        if probes { mountProbes(on: router) }
    }
}
