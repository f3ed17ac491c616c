import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// The room over HTTP.
struct ReleaseRoutes: Sendable {
    let service: ReleaseService

    private struct EndpointList: Encodable { var endpoints: [EndpointStatus] }

    private struct ReleaseBody: Decodable {
        /// The newest approved one when left out.
        var version: Int?
        var strategy: String?
        var override: String?
    }

    private struct ReasonBody: Decodable { var reason: String? }

    private struct ShadowBody: Decodable {
        var name: String
        var version: Int
    }

    func mount(on router: TernRouterGroup) {
        router.get("endpoints") { _, _ in try Response.json(EndpointList(endpoints: try await service.endpoints())) }
        router.get("endpoints/:name") { _, context in try Response.json(try await service.endpoint(context.path("name"))) }
        router.get("endpoints/:name/state") { request, context in try await state(request, context) }
        router.post("endpoints/:name/release") { request, context in try await release(request, context) }
        router.post("endpoints/:name/rollback") { request, context in
            let reason = try await request.value(ReasonBody.self).reason ?? ""
            return try Response.json(try await service.rollback(context.path("name"), reason: reason, by: context.identity))
        }
        order("promote", on: router) { try await service.promote($0, reason: $1, by: $2) }
        order("abort", on: router) { try await service.abort($0, reason: $1, by: $2) }
        order("pause", on: router) { try await service.pause($0, reason: $1, by: $2) }
        order("resume", on: router) { try await service.resume($0, reason: $1, by: $2) }
        router.post("endpoints/:name/shadows") { request, context in
            let body = try await request.value(ShadowBody.self)
            let endpoint = try context.path("name")
            let reference = try await service.addShadow(endpoint, name: body.name, version: body.version, by: context.identity)
            return try Response.json(reference, status: .created)
        }
        router.delete("endpoints/:name/shadows/:variant") { _, context in
            try await service.removeShadow(context.path("name"), name: context.path("variant"), by: context.identity)
            return Response.json([:])
        }
    }

    private func order(
        _ verb: String, on router: TernRouterGroup, _ action: @Sendable @escaping (String, String, Identity) async throws -> Release
    ) {
        router.post("endpoints/:name/\(verb)") { request, context in
            let reason = try await request.value(ReasonBody.self).reason ?? ""
            return try Response.json(try await action(try context.path("name"), reason, context.identity))
        }
    }

    private func release(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await request.value(ReleaseBody.self)
        let strategy = try body.strategy.map { text in
            guard let strategy = ReleasePlan.Strategy(rawValue: text) else {
                let known = ReleasePlan.Strategy.allCases.map(\.rawValue).joined(separator: ", ")
                throw TernError.invalid("'\(text)' is not a release strategy", hint: "one of \(known)")
            }
            return strategy
        }
        let endpoint = try context.path("name")
        let version = if let version = body.version { version } else { try await service.newestApproved(for: endpoint) }
        let release = try await service.release(
            endpoint, version: version, strategy: strategy, override: body.override, by: context.identity)
        return try Response.json(release, status: .created)
    }

    private func state(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let moment = try request.queryTime("at") else {
            throw TernError.invalid("'at' is missing", hint: "?at=1997-09-01T00:00:00Z, with &clock=event for the time of the data")
        }
        let word = request.query("clock") ?? PastClock.ledger.rawValue
        guard let clock = PastClock(rawValue: word) else { throw TernError.invalid("'clock' is 'ledger' or 'event', not '\(word)'") }
        let endpoint = try context.path("name")
        guard let state = try await service.state(endpoint, at: moment, by: clock) else {
            throw TernError.notFound("endpoint '\(endpoint)' ran nothing at \(moment)")
        }
        return try Response.json(state)
    }
}
