import Hummingbird
import TernKernel
import TernWeb

/// The wire side of monitoring.
struct MonitoringRoutes: Sendable {
    let service: MonitoringService

    func mount(on router: TernRouterGroup) {
        router.post("endpoints/:name/feedback") { request, context in
            let body = try await request.value(FeedbackBody.self)
            return try Response.json(try await service.feedback(body, endpoint: try context.path("name"), by: context.identity))
        }
        router.get("endpoints/:name/drift") { request, context in
            let name = try context.path("name")
            return try Response.json(["windows": try await service.drift(name, from: try request.queryTime("from"), to: try request.queryTime("to"))])
        }
        router.get("endpoints/:name/health") { request, context in
            let name = try context.path("name")
            return try Response.json(["windows": try await service.health(name, from: try request.queryTime("from"), to: try request.queryTime("to"))]
            )
        }
        router.get("endpoints/:name/quality") { request, context in
            let name = try context.path("name")
            return try Response.json([
                "windows": try await service.quality(name, from: try request.queryTime("from"), to: try request.queryTime("to"))
            ])
        }
        router.get("endpoints/:name/report") { request, context in
            let text = request.query("window") ?? "60d"
            guard let window = Period(text), window > .zero else { throw TernError.invalid("'window' must be a period such as 60d, not '\(text)'") }
            let name = try context.path("name")
            return try Response.json(
                ["windows": try await service.report(name, window: window, from: try request.queryTime("from"), to: try request.queryTime("to"))])
        }
        router.get("endpoints/:name/latency") { _, context in
            try Response.json(try await service.latency(try context.path("name")))
        }
        router.get("alerts") { request, _ in
            try Response.json(["alerts": try await service.alerts(state: try state(request), endpoint: request.query("endpoint"))])
        }
        router.post("alerts/:id/acknowledge") { _, context in
            let text = try context.path("id")
            guard let id = Int64(text) else { throw TernError.invalid("an alert's id is a number, not '\(text)'") }
            return try Response.json(try await service.acknowledge(id, by: context.identity))
        }
    }

    private func state(_ request: Request) throws -> Alert.State? {
        guard let text = request.query("state") else { return nil }
        guard let state = Alert.State(rawValue: text) else { throw TernError.invalid("'state' is 'open' or 'resolved', not '\(text)'") }
        return state
    }
}
