import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// The registry's own routes: wire to values and back.
struct RegistryRoutes: Sendable {
    let service: RegistryService

    func mount(on router: TernRouterGroup) {
        router.get("models", use: models)
        router.get("models/:name", use: model)
        router.get("models/:name/versions") { _, context in try Response.json(["versions": await service.versions(context.path("name"))]) }
        router.post("models/:name/versions", use: register)
        router.get("models/:name/versions/:version", use: version)
        router.get("models/:name/versions/:version/profile", use: profile)
        router.post("models/:name/versions/:version/approve", use: approve)
        router.post("models/:name/versions/:version/reject", use: reject)
        router.post("models/:name/versions/:version/withdraw", use: withdraw)
        router.post("models/:name/versions/:version/gates", use: gates)
        mountAnswers(on: router)
    }

    /// All of them, or with `limit` (and `after`, the last name seen) a page.
    @Sendable private func models(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let limit = try request.query("limit", in: 1...10_000) else { return try Response.json(["models": await service.models()]) }
        return try Response.json(["models": await service.models(after: request.query("after") ?? "", limit: limit)])
    }

    private struct ModelAnswer: Encodable {
        var model: ModelSummary
        var versions: [ModelVersion]
        /// Where they answer now.
        var deployments: [VersionDeployment]
    }

    @Sendable private func model(_ request: Request, _ context: TernContext) async throws -> Response {
        let name = try context.path("name")
        let now = try await service.deployments(name).filter { $0.to == nil }
        return try Response.json(ModelAnswer(model: await service.summary(name), versions: await service.versions(name), deployments: now))
    }

    @Sendable private func version(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        var answer = try JSON(encoding: await service.version(name, version)).objectValue ?? [:]
        answer["deployments"] = try JSON(encoding: await service.deployments(name, version))
        return Response.json(.object(answer))
    }

    @Sendable private func profile(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        _ = try await service.version(name, version)
        guard let profile = try await service.profile(name, version) else {
            throw TernError.notFound(
                "version \(version) of \(name) has no profile", hint: "register it with a reference table, such as the one it was trained on")
        }
        return try Response.json(profile)
    }

    private struct RegisterBody: Decodable {
        var path: String
        var holdout: String?
        var reference: String?
        var run: String?
        var description: String?
        var lineage: Lineage?
        var card: String?
        var signature: JSON?
        var environment: [String: String]?
    }

    @Sendable private func register(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await request.value(RegisterBody.self)
        let version = try await service.register(
            RegisterRequest(
                model: try context.path("name"), modelFile: body.path, holdoutFile: body.holdout, referenceFile: body.reference, runID: body.run,
                lineage: body.lineage ?? Lineage(), description: body.description, by: context.identity, card: body.card,
                declaredSignature: body.signature,
                environment: body.environment ?? [:]))
        return try Response.json(version, status: .created)
    }

    private struct ReviewBody: Decodable {
        var reason: String?
    }

    @Sendable private func approve(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        let body = try await request.value(ReviewBody.self)
        return try Response.json(await service.approve(name, version, reason: body.reason, by: context.identity))
    }

    @Sendable private func reject(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        let body = try await request.value(ReviewBody.self)
        return try Response.json(await service.reject(name, version, reason: body.reason, by: context.identity))
    }

    @Sendable private func withdraw(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        let body = try await request.value(ReviewBody.self)
        return try Response.json(await service.withdraw(name, version, reason: body.reason, by: context.identity))
    }

    private struct GatesBody: Decodable {
        var holdout: String?
    }

    @Sendable private func gates(_ request: Request, _ context: TernContext) async throws -> Response {
        let (name, version) = try named(context)
        let body = try await request.value(GatesBody.self)
        return try Response.json(await service.runGates(name, version, holdoutFile: body.holdout, by: context.identity))
    }

    func named(_ context: TernContext) throws -> (name: String, version: Int) {
        let text = try context.path("version")
        guard let version = Int(text), version > 0 else { throw TernError.invalid("'\(text)' is not a version number") }
        return (try context.path("name"), version)
    }
}
