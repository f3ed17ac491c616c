import TernKernel
import Webhooks

/// `webhooks/…`: who is told of changes in the registry.
struct WebhookRoutes: Sendable {
    let webhooks: WebhookService

    func mount(on routes: inout MLflowRoutes) {
        routes.post("webhooks", in: .v2, needs: .admin, create)
        routes.get("webhooks", in: .v2, needs: .admin, list)
        routes.get("webhooks/:webhook_id", in: .v2, needs: .admin, get)
        routes.patch("webhooks/:webhook_id", in: .v2, needs: .admin, update)
        routes.delete("webhooks/:webhook_id", in: .v2, needs: .admin, delete)
        routes.post("webhooks/:webhook_id/test", in: .v2, needs: .admin, test)
    }

    @Sendable private func create(_ request: MLflowRequest) async throws -> JSON {
        let body = request.parameters
        let (name, url) = (try body.required("name"), try body.required("url"))
        guard body.has("events") else { throw body.missing("events") }
        let webhook = try await webhooks.create(
            WebhookDraft(
                name: name, url: url, description: try body.present("description"), events: try body.objects("events").map(WebhookEvent.init),
                status: try body.webhookStatus() ?? .active, secret: try body.present("secret")), by: request.identity)
        return ["webhook": webhook.mlflow]
    }

    @Sendable private func list(_ request: MLflowRequest) async throws -> JSON {
        let query = request.parameters
        let limit = try query.integer("max_results") ?? 100
        let page = try await webhooks.webhooks(
            offset: try PageToken.offset(try query.string("page_token")), limit: limit == 0 ? 100 : Int(clamping: limit), by: request.identity)
        return .fields(["webhooks": .list(page.elements.map(\.mlflow)), "next_page_token": PageToken.make(page.nextOffset)])
    }

    @Sendable private func get(_ request: MLflowRequest) async throws -> JSON {
        ["webhook": try await webhooks.webhook(try request.path("webhook_id"), by: request.identity).mlflow]
    }

    @Sendable private func update(_ request: MLflowRequest) async throws -> JSON {
        let body = request.parameters
        var change = WebhookChange()
        change.name = try body.present("name")
        change.url = try body.present("url")
        change.description = try body.string("description")
        let events = try body.objects("events").map(WebhookEvent.init)
        change.events = events.isEmpty ? nil : events
        change.status = try body.webhookStatus()
        change.secret = try body.string("secret")
        return ["webhook": try await webhooks.update(try request.path("webhook_id"), change, by: request.identity).mlflow]
    }

    @Sendable private func delete(_ request: MLflowRequest) async throws -> JSON {
        try await webhooks.delete(try request.path("webhook_id"), by: request.identity)
        return [:]
    }

    @Sendable private func test(_ request: MLflowRequest) async throws -> JSON {
        let event = try request.parameters.object("event").map(WebhookEvent.init)
        let result = try await webhooks.test(try request.path("webhook_id"), event, by: request.identity)
        return [
            "result": .fields([
                "success": .bool(result.succeeded), "response_status": result.status.map { JSON($0) }, "response_body": result.body.map(JSON.string),
                "error_message": result.problem.map(JSON.string),
            ])
        ]
    }
}

extension Webhook {
    /// Without the secret: it goes in and never out.
    fileprivate var mlflow: JSON {
        .fields([
            "webhook_id": .string(id), "name": .string(name), "url": .string(url),
            "description": description.flatMap { $0.isEmpty ? nil : .string($0) }, "events": .list(events.map(\.mlflow)),
            "status": .string(status.rawValue), "creation_timestamp": .int(createdAt.milliseconds),
            "last_updated_timestamp": .int(updatedAt.milliseconds),
        ])
    }
}

extension WebhookEvent {
    fileprivate var mlflow: JSON { ["entity": .string(entity.rawValue.uppercased()), "action": .string(action.rawValue.uppercased())] }

    /// Protobuf's names in capitals, or its numbers.
    fileprivate init(_ body: MLflowParameters) throws {
        let numbered: [Entity] = Entity.allCases
        let entity: Entity? =
            switch body["entity"] {
            case .string(let name)?: name == name.uppercased() ? Entity(rawValue: name.lowercased()) : nil
            case .int(let number)?: number >= 1 && number <= Int64(numbered.count) ? numbered[Int(number) - 1] : nil
            default: nil
            }
        guard let entity else { throw body.has("entity") ? body.wrongType("entity", body["entity"] ?? .null) : body.missing("entity") }
        let action: Action? =
            switch body["action"] {
            case .string(let name)?: name == name.uppercased() ? Action(rawValue: name.lowercased()) : nil
            case .int(let number)?: number >= 1 && number <= Int64(Action.allCases.count) ? Action.allCases[Int(number) - 1] : nil
            default: nil
            }
        guard let action else { throw body.has("action") ? body.wrongType("action", body["action"] ?? .null) : body.missing("action") }
        try self.init(entity, action)
    }
}

extension MLflowParameters {
    /// A status that nobody knows is none, as protobuf reads it.
    fileprivate func webhookStatus() throws -> Webhook.Status? {
        switch self["status"] {
        case .string(let name)?: Webhook.Status(rawValue: name)
        case .int(1)?: .active
        case .int(2)?: .disabled
        case nil: nil
        case let other?: throw wrongType("status", other)
        }
    }
}
