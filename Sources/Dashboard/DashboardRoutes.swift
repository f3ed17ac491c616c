import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// The addresses of the dashboard.
struct DashboardRoutes: Sendable {
    let source: DashboardSource

    func mount(on router: TernRouter) {
        let pages = router.group("").add(middleware: PageErrors())
        mountPages(on: pages)
        mountTracking(on: pages)
        mountEndpoints(on: pages)
        mountVersions(on: pages)
        AssetRoutes().mount(on: router)
        mountCharts(on: router)
        pages.get("**") { request, _ -> Response in
            throw TernError.notFound("there is no page at \(request.uri.path)", hint: "the overview leads to everything there is")
        }
    }

    private func mountPages(on pages: TernRouterGroup) {
        pages.get("") { [source] request, _ in
            try PageFrame(.overview, "Overview", live: "/").response(try await source.overview(), to: request)
        }
        pages.get("models") { [source] request, _ in
            let page = if let after = request.query("after") { try await source.moreModels(after) } else { try await source.models() }
            return try PageFrame(.models, "Models").response(page, to: request)
        }
        pages.get("models/:name") { [source] request, context in
            let page = try await source.model(context.path("name"))
            return try PageFrame(.models, page.title).response(page, to: request)
        }
        pages.get("pipelines") { [source] request, _ in
            try PageFrame(.pipelines, "Pipelines", live: "/pipelines").response(try await source.pipelines(), to: request)
        }
        pages.get("pipeline-runs/:id") { [source] request, context in
            let page = try await source.pipelineRun(context.path("id"))
            let live = page.isOver ? nil : page.address
            return try PageFrame(.pipelines, page.title, live: live).response(page, to: request)
        }
        pages.get("sweeps") { [source] request, _ in
            try PageFrame(.sweeps, "Sweeps", live: "/sweeps").response(try await source.sweeps(), to: request)
        }
        pages.get("sweeps/:id") { [source] request, context in
            let page = try await source.sweep(context.path("id"))
            // Live in one part, so that the chart stays as it is.
            if request.query("part") == "state" { return Response.html(try Templates.render("sweep-state", page)) }
            return try PageFrame(.sweeps, page.title, charts: true).response(page, to: request)
        }
        pages.get("data") { [source] request, _ in
            try PageFrame(.data, "Data").response(try await source.datasets(), to: request)
        }
        pages.get("data/:name") { [source] request, context in
            let page = try await source.dataset(context.path("name"), try request.query("version", in: 1...Int.max))
            return try PageFrame(.data, page.title).response(page, to: request)
        }
        pages.get("ledger") { [source] request, _ in
            try PageFrame(.ledger, "Ledger").response(try await source.ledger(LedgerQuery(request)), to: request)
        }
    }

    /// An endpoint's page is live in two parts, so that its charts and its forms stay as they are.
    private func mountEndpoints(on pages: TernRouterGroup) {
        pages.get("endpoints") { [source] request, _ in
            try PageFrame(.endpoints, "Endpoints", live: "/endpoints").response(try await source.endpoints(), to: request)
        }
        pages.get("endpoints/:name") { [source] request, context in
            let page = try await source.endpoint(context.path("name"))
            switch request.query("part") {
            case "state": return Response.html(try Templates.render("endpoint-state", page))
            case "history": return Response.html(try Templates.render("endpoint-history", page))
            default: return try PageFrame(.endpoints, page.title, charts: true).response(page, to: request)
            }
        }
    }

    private func mountCharts(on router: TernRouter) {
        let data = router.group("dashboard/data")
        data.get("sweeps/:id/trials") { [source] _, context in try Response.json(try await source.sweepChart(context.path("id"))) }
        data.get("endpoints/:name/quality") { [source] _, context in try Response.json(try await source.quality(context.path("name"))) }
        data.get("endpoints/:name/drift") { [source] _, context in try Response.json(try await source.drift(context.path("name"))) }
        data.get("endpoints/:name/latency") { [source] _, context in try Response.json(try await source.latency(context.path("name"))) }
    }
}
