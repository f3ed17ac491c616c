import Hummingbird
import TernKernel
import TernWeb

/// The room over HTTP.
struct PolicyRoutes: Sendable {
    let service: PolicyService

    private struct RetrainingList: Encodable { var retrainings: [Retraining] }

    func mount(on router: TernRouterGroup) {
        router.get("endpoints/:name/retrainings") { _, context in
            try Response.json(RetrainingList(retrainings: try await service.retrainings(context.path("name"))))
        }
        router.get("endpoints/:name/policy") { _, context in
            let endpoint = try context.path("name")
            guard let policy = try await service.policy(endpoint) else {
                throw TernError.notFound("endpoint '\(endpoint)' has no policy", hint: "give it an `on:` in tern.yaml and `tern apply`")
            }
            return try Response.json(policy)
        }
    }
}
