import Hummingbird
import Registry
import TernKernel
import TernWeb
import Tracking

/// MLflow's REST API as its own Python client speaks it: it translates the wire into the rooms' verbs and decides nothing itself.
package struct MLflowDialect: Sendable {
    let tracking: TrackingService
    let artifacts: ArtifactStore
    let registry: RegistryService?

    package init(tracking: TrackingService, artifacts: ArtifactStore, registry: RegistryService? = nil) {
        self.tracking = tracking
        self.artifacts = artifacts
        self.registry = registry
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
        routes.mount(on: router)
        mountArtifacts(on: router)
        if probes { mountProbes(on: router) }
    }
}
