import HTTPTypes
import Hummingbird
import Serving
import TernKernel
import TernWeb

/// The model repository's verbs. What is loaded follows from releases, so loading is answered and unloading is refused.
extension OpenInferenceDialect {
    func mountRepository(on group: TernRouterGroup) {
        group.post("repository/index") { [service] request, _ in
            let onlyReady = try await request.json()["ready"]?.boolValue ?? false
            let versions = service.index().filter { $0.isReady || !onlyReady }
            return OpenInferenceDialect.reply(
                .array(
                    versions.map {
                        ["name": .string($0.name), "version": .string(String($0.version)), "state": .string($0.isReady ? "READY" : "UNAVAILABLE")]
                    }))
        }
        group.post("repository/models/:model/load") { [service] request, context in
            let name = try context.path("model")
            guard service.endpointNames.contains(name) else {
                throw TernError.invalid("failed to load '\(name)', failed to poll from model repository")
            }
            guard try await request.json()["parameters"]?.objectValue?.isEmpty ?? true else { throw OpenInferenceDialect.managed(name) }
            _ = try await service.describe(name)
            return Response(status: .ok)
        }
        group.post("repository/models/:model/unload") { _, context -> Response in throw OpenInferenceDialect.managed(try context.path("model")) }
        for path in ["trace/setting", "models/:model/trace/setting", "logging"] {
            for method in [HTTPRequest.Method.get, .post] { group.on(RouterPath(path), method: method, use: OpenInferenceDialect.unsupported) }
        }
        for kind in ["systemsharedmemory", "cudasharedmemory"] {
            group.get(RouterPath(kind + "/status")) { _, _ in OpenInferenceDialect.reply([]) }
            group.post(RouterPath(kind + "/**"), use: OpenInferenceDialect.unsupported)
        }
    }

    @Sendable private static func unsupported(_ request: Request, _ context: TernContext) async throws -> Response {
        throw TernError(.notImplemented, "\(request.uri.path) is not supported")
    }

    private static func managed(_ name: String) -> TernError {
        TernError(.invalidArgument, "what '\(name)' serves is decided by releases, not by load and unload", hint: "tern release \(name) VERSION")
    }
}
