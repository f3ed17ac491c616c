import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

extension RegistryRoutes {
    /// What people ask of a version: where it comes from, where it runs, what it says of itself, and how it differs from another.
    func mountAnswers(on router: TernRouterGroup) {
        router.get("models/:name/compare", use: compare)
        router.get("models/:name/deployments") { _, context in
            try Response.json(["deployments": await service.deployments(context.path("name"))])
        }
        router.get("models/:name/card") { _, context in
            let name = try context.path("name")
            return Response.json(["model": .string(name), "card": JSON(try await service.summary(name).card)] as JSON)
        }
        router.get("models/:name/versions/:version/lineage") { _, context in
            let (name, version) = try named(context)
            return try Response.json(await service.lineage(name, version))
        }
        router.get("models/:name/versions/:version/deployments") { _, context in
            let (name, version) = try named(context)
            return try Response.json(["deployments": await service.deployments(name, version)])
        }
        router.get("models/:name/versions/:version/card") { _, context in
            let (name, version) = try named(context)
            return Response.json(["model": .string(name), "version": JSON(version), "card": JSON(try await service.card(name, version))] as JSON)
        }
        router.post("models/:name/versions/:version/card", use: setCard)
    }

    private struct CardBody: Decodable {
        var card: String
    }

    @Sendable private func setCard(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        let body = try await request.value(CardBody.self)
        return try Response.json(await service.setCard(name, version, body.card, by: context.identity))
    }

    @Sendable private func compare(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let first = request.query("a"), let second = request.query("b") else {
            throw TernError.invalid(
                "the address lacks 'a' or 'b', the versions to compare", hint: "?a=3&b=champion; other=MODEL when b is a version of another model")
        }
        return try Response.json(await service.compare(context.path("name"), first, with: request.query("other"), second))
    }
}
