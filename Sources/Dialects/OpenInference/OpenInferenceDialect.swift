import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import TernInference
import TernKernel
import TernWeb

/// The Open Inference Protocol, version 2, over REST, as `tritonclient[http]` speaks it. Every endpoint is a model here.
package struct OpenInferenceDialect: Sendable {
    let service: PredictionService
    private let version: String

    /// - Parameter version: the product's.
    package init(service: PredictionService, version: String = "0.1.0") {
        self.service = service
        self.version = version
    }

    /// The protocol's errors: `{"error": "…"}`.
    private static func render(_ error: TernError) -> Response {
        let text = error.hint.map { "\(error.message) (\($0))" } ?? error.message
        return reply(["error": .string(error.message == "Not Found" ? "Not Found" : text)], status: error.code.status)
    }

    static func reply(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response { Response.json(json, status: status) }

    package func mount(on router: TernRouter) {
        let group = router.group("v2").add(middleware: ErrorMiddleware(render: OpenInferenceDialect.render))
        mountServer(on: group)
        mountModels(on: group)
        mountRepository(on: group)
        for method in [HTTPRequest.Method.get, .post, .put, .delete] {
            group.on("**", method: method) { _, _ -> Response in throw TernError.notFound("Not Found") }
        }
    }

    /// A route, and the right answer to the wrong verb.
    private func on(
        _ group: TernRouterGroup, _ path: RouterPath, _ method: HTTPRequest.Method,
        _ body: @escaping @Sendable (Request, TernContext) async throws -> Response
    ) {
        group.on(path, method: method, use: body)
        for other in [HTTPRequest.Method.get, .post, .put, .delete] where other != method {
            group.on(path, method: other) { _, _ in OpenInferenceDialect.reply(["error": "Method Not Allowed"], status: .methodNotAllowed) }
        }
    }

    private func mountServer(on group: TernRouterGroup) {
        on(group, "", .get) { [version] _, _ in
            let extensions = ["classification", "model_configuration", "binary_tensor_data", "parameters", "statistics"]
            return OpenInferenceDialect.reply(["name": "tern", "version": .string(version), "extensions": JSON(extensions)])
        }
        on(group, "health/live", .get) { _, _ in OpenInferenceDialect.reply(["live": true]) }
        on(group, "health/ready", .get) { _, _ in OpenInferenceDialect.reply(["ready": true]) }
    }

    private func mountModels(on group: TernRouterGroup) {
        on(group, "models", .get) { [service] _, _ in OpenInferenceDialect.reply(["models": JSON(service.endpointNames)]) }
        on(group, "models/stats", .get) { [service] _, _ in
            let all = try service.endpointNames.flatMap { try OpenInferenceDialect.statistics(service, $0, version: nil) }
            return OpenInferenceDialect.reply(["model_stats": .array(all)])
        }
        for prefix in ["models/:model", "models/:model/versions/:version"] {
            on(group, RouterPath(prefix), .get) { [service] _, context in
                OpenInferenceDialect.reply(
                    ModelDescription.metadata(try await service.describe(context.path("model"), version: OpenInferenceDialect.version(context))))
            }
            on(group, RouterPath(prefix + "/ready"), .get) { [service] _, context in
                do {
                    _ = try await service.describe(context.path("model"), version: OpenInferenceDialect.version(context))
                    return OpenInferenceDialect.reply(["ready": true])
                } catch {
                    throw TernError.invalid("Model version not ready")
                }
            }
            on(group, RouterPath(prefix + "/config"), .get) { [service] _, context in
                OpenInferenceDialect.reply(
                    ModelDescription.config(try await service.describe(context.path("model"), version: OpenInferenceDialect.version(context))))
            }
            on(group, RouterPath(prefix + "/stats"), .get) { [service] _, context in
                let name = try context.path("model")
                let all = try OpenInferenceDialect.statistics(service, name, version: OpenInferenceDialect.version(context))
                guard !all.isEmpty else { throw TernError.invalid("requested model '\(name)' is not available") }
                return OpenInferenceDialect.reply(["model_stats": .array(all)])
            }
            on(group, RouterPath(prefix + "/infer"), .post) { request, context in try await infer(request, context) }
        }
    }

    private static func version(_ context: TernContext) throws -> Int? {
        guard let text = context.parameters.get("version") else { return nil }
        guard let version = Int(text), version > 0 else {
            throw TernError.notFound("Request for unknown model: '\(try context.path("model"))' version \(text) is not found")
        }
        return version
    }

    private static func statistics(_ service: PredictionService, _ name: String, version: Int?) throws -> [JSON] {
        let versions = service.index().filter { $0.name == name && (version == nil || $0.version == version) }.map(\.version)
        guard !versions.isEmpty else { return [] }
        return ModelDescription.statistics(try service.metrics(name), versions: versions)
    }

    private func infer(_ request: Request, _ context: TernContext) async throws -> Response {
        let name = try context.path("model")
        let version = try OpenInferenceDialect.version(context)
        if let encoding = request.headers[.contentEncoding], encoding != "identity" {
            throw TernError(.notImplemented, "a request body in \(encoding) is not supported", hint: "send it uncompressed")
        }
        let headerLength = try InferHeader.get(request.headers, InferHeader.jsonLength).map { text in
            guard let length = Int(text), length >= 0 else {
                throw TernError.invalid("Inference-Header-Content-Length must be a whole number, not '\(text)'")
            }
            return length
        }
        let body = try await request.bytes()
        var infer: InferRequest
        if headerLength == 0 || body.readableBytes == 0 {
            infer = try InferRequest(raw: body, for: await service.describe(name, version: version))
        } else {
            infer = try InferRequest(body: body, headerLength: headerLength)
        }
        let answer = try await service.predict(
            PredictionRequest(
                endpoint: name, version: version, inputs: infer.inputs, outputs: infer.outputs?.map(\.name),
                routingKey: infer.routingKey ?? InferHeader.get(request.headers, InferHeader.routingKey), requestID: infer.id))
        return try InferResponse(answer, to: infer, model: name).response(answer)
    }
}
