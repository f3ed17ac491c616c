import Dashboard
import Datasets
import Dialects
import Hummingbird
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import Serving
import Sweeps
import TernJobs
import TernKernel
import TernWeb
import Traces
import Tracking
import Webhooks

extension Assembly {
    /// Everything that the server answers.
    func router() -> TernRouter {
        let router = TernRouter(context: TernContext.self)
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: MLflowErrorMiddleware())
        router.add(middleware: OriginMiddleware(isLoopback: configuration.isLoopback))
        router.add(middleware: AuthenticationMiddleware(access.authentication))

        MLflowDialect(
            tracking: tracking.service, artifacts: tracking.artifacts, registry: registry.service, traces: traces.service, webhooks: webhooks.service
        ).mount(on: router)
        OpenTelemetryDialect(traces: traces.service).mount(on: router)
        OpenInferenceDialect(service: serving.service).mount(on: router)
        InvocationsDialect(service: serving.service).mount(on: router)
        serving.mountMetrics(on: router)

        let api = router.group("api/tern/v1")
        datasets.mount(on: api)
        tracking.mount(on: api)
        pipelines.mount(on: api)
        registry.mount(on: api)
        serving.mount(on: api)
        releases.mount(on: api)
        monitoring.mount(on: api)
        policies.mount(on: api)
        sweeps.mount(on: api)
        webhooks.mount(on: api)
        access.mount(on: api)
        projects.mount(on: api)
        LedgerRoutes(ledger: ledger).mount(on: api)
        WhyService(registry: registry.service, releases: releases.service, ledger: ledger).mount(on: api)
        retention.mount(on: api)
        mountLoop(on: api)
        DashboardRoom(
            tracking: tracking.service, artifacts: tracking.artifacts, datasets: datasets.service, pipelines: pipelines.service,
            registry: registry.service,
            releases: releases.service, serving: serving.service, monitoring: monitoring.service, policies: policies.service, ledger: ledger,
            sweeps: sweeps.service
        ).mount(on: router)
        return router
    }

    private func mountLoop(on router: TernRouterGroup) {
        router.post("endpoints/:name/settle") { [loop, releases, lease] _, context in
            try context.identity.require(.editor, to: "settle an endpoint")
            guard lease.isHeld else {
                throw TernError(
                    .unavailable, "another server on this database moves the endpoints on, or this one is about to",
                    hint: "ask that server, or repeat the request in some seconds")
            }
            let name = try context.path("name")
            _ = try await releases.service.endpoint(name)
            try await loop.settle(name)
            return Response.json(["settled": true] as JSON)
        }
    }
}
