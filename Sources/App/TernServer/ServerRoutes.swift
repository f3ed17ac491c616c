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
import TernKernel
import TernWeb
import Tracking

extension Assembly {
    /// Everything that the server answers.
    func router() -> TernRouter {
        let router = TernRouter(context: TernContext.self)
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: OriginMiddleware(isLoopback: configuration.isLoopback))
        router.add(middleware: AuthenticationMiddleware(access.authentication))

        MLflowDialect(tracking: tracking.service, artifacts: tracking.artifacts, registry: registry.service).mount(on: router)
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
        access.mount(on: api)
        projects.mount(on: api)
        LedgerRoutes(ledger: ledger).mount(on: api)
        WhyService(registry: registry.service, releases: releases.service, ledger: ledger).mount(on: api)
        retention.mount(on: api)
        mountLoop(on: api)
        DashboardRoom(
            tracking: tracking.service, artifacts: tracking.artifacts, datasets: datasets.service, pipelines: pipelines.service,
            registry: registry.service,
            releases: releases.service, serving: serving.service, monitoring: monitoring.service, policies: policies.service, ledger: ledger
        ).mount(on: router)
        return router
    }

    private func mountLoop(on router: TernRouterGroup) {
        router.post("endpoints/:name/settle") { [loop, releases] _, context in
            try context.identity.require(.editor, to: "settle an endpoint")
            let name = try context.path("name")
            _ = try await releases.service.endpoint(name)
            try await loop.settle(name)
            return Response.json(["settled": true] as JSON)
        }
    }
}
