import Hummingbird
import TernKernel
import TernWeb

/// Tern's own view of webhooks: which there are, and what became of their messages. They are made and changed by MLflow's API.
struct WebhookRoutes: Sendable {
    let service: WebhookService

    func mount(on router: TernRouterGroup) {
        router.get("webhooks") { _, context in
            let page = try await service.webhooks(limit: 1000, by: context.identity)
            var webhooks: [JSON] = []
            for webhook in page.elements {
                let last = try await service.deliveries(of: webhook.id, limit: 1, by: context.identity).first
                webhooks.append(WebhookRoutes.json(webhook, last: last))
            }
            return Response.json(["webhooks": .array(webhooks)])
        }
        router.get("webhooks/:id/deliveries") { request, context in
            let limit = try request.query("limit", in: 1...1000) ?? 100
            let deliveries = try await service.deliveries(of: try context.path("id"), limit: limit, by: context.identity)
            return Response.json(["deliveries": .array(deliveries.map(WebhookRoutes.json))])
        }
    }

    private static func json(_ webhook: Webhook, last: WebhookDelivery?) -> JSON {
        [
            "id": .string(webhook.id), "name": .string(webhook.name), "url": .string(webhook.url), "description": JSON(webhook.description),
            "events": JSON(webhook.events.map(\.description)), "status": .string(webhook.status.rawValue.lowercased()),
            "signed": .bool(webhook.secret?.isEmpty == false), "created_at": .string(webhook.createdAt.description),
            "last_delivery": last.map(json) ?? .null,
        ]
    }

    private static func json(_ delivery: WebhookDelivery) -> JSON {
        [
            "id": .string(delivery.id), "event": .string(delivery.event), "state": .string(delivery.state.rawValue),
            "attempts": JSON(delivery.attempts), "status": JSON(delivery.status), "problem": JSON(delivery.problem),
            "created_at": .string(delivery.createdAt.description), "ended_at": JSON(delivery.endedAt?.description),
        ]
    }
}
