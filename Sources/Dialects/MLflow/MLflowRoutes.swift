import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// The dialect's table of contents: each endpoint once, mounted under every prefix that MLflow's own server has.
struct MLflowRoutes {
    typealias Handler = @Sendable (MLflowRequest) async throws -> JSON
    typealias Writer = @Sendable (MLflowRequest) async throws -> JSONText

    struct Endpoint: Sendable {
        var method: HTTPRequest.Method
        /// Below `…/mlflow/`, such as `runs/create` or `logged-models/:model_id`.
        var path: String
        var role: Role
        var handle: Handler
        /// Instead of `handle`, for answers too long to be made as values first.
        var write: Writer?
    }

    static let prefixes = ["/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/2.0/mlflow", "/ajax-api/3.0/mlflow"]

    private(set) var endpoints: [Endpoint] = []

    /// Reads need the role viewer, unless said otherwise.
    mutating func get(_ path: String, needs role: Role = .viewer, _ handle: @escaping Handler) { add(.get, path, role, handle) }

    /// Changes need the role editor; a search that is sent as a POST says `needs: .viewer`.
    mutating func post(_ path: String, needs role: Role = .editor, _ handle: @escaping Handler) { add(.post, path, role, handle) }
    mutating func patch(_ path: String, needs role: Role = .editor, _ handle: @escaping Handler) { add(.patch, path, role, handle) }
    mutating func delete(_ path: String, needs role: Role = .editor, _ handle: @escaping Handler) { add(.delete, path, role, handle) }

    mutating func get(_ path: String, writing: @escaping Writer) {
        endpoints.append(Endpoint(method: .get, path: path, role: .viewer, handle: { _ in [:] }, write: writing))
    }

    mutating func post(_ path: String, needs role: Role, writing: @escaping Writer) {
        endpoints.append(Endpoint(method: .post, path: path, role: role, handle: { _ in [:] }, write: writing))
    }

    private mutating func add(_ method: HTTPRequest.Method, _ path: String, _ role: Role, _ handle: @escaping Handler) {
        endpoints.append(Endpoint(method: method, path: path, role: role, handle: handle))
    }

    func mount(on router: TernRouter) {
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]
        let paths = Dictionary(grouping: endpoints, by: \.path)
        for prefix in MLflowRoutes.prefixes {
            let group = router.group(RouterPath(prefix)).add(middleware: ErrorMiddleware(render: MLflowError.render))
            for (path, endpoints) in paths {
                for endpoint in endpoints {
                    group.on(RouterPath(path), method: endpoint.method) { request, context in
                        try MLflowRoutes.refuseWorkspace(request)
                        try context.identity.require(endpoint.role, to: "\(endpoint.method) \(endpoint.path)")
                        let asked = try await MLflowRequest(request, context)
                        guard let write = endpoint.write else { return Response.json(try await endpoint.handle(asked)) }
                        return Response(
                            status: .ok, headers: [.contentType: "application/json"],
                            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await write(asked).bytes)))
                    }
                }
                for method in methods where !endpoints.contains(where: { $0.method == method }) {
                    group.on(RouterPath(path), method: method, use: MLflowRoutes.unknown)
                }
            }
            for method in methods { group.on("**", method: method, use: MLflowRoutes.unknown) }
        }
    }

    /// A client that works in a workspace would see other people's runs here and take them for its own.
    private static func refuseWorkspace(_ request: Request) throws {
        if let name = HTTPField.Name("X-MLFLOW-WORKSPACE"), request.headers[name] != nil {
            throw TernError(.featureDisabled, "Workspace APIs are not available: workspaces are not enabled on this server")
        }
    }

    /// Parts of MLflow's API that Tern knows of and does not have.
    private static let absent: Set<String> = [
        "traces", "unified-traces", "get-online-trace-details", "workspaces", "issues", "label-schemas", "datasets", "scorers", "gateway",
        "prompt-optimization", "review-queues", "webhooks", "skills", "artifacts", "graphql", "assessments",
    ]

    private static let unknown: @Sendable (Request, TernContext) async throws -> Response = { request, _ in
        let path = request.uri.path
        let part = path.split(separator: "/").dropFirst(3).first.map(String.init) ?? ""
        let error =
            absent.contains(part)
            ? TernError(.notImplemented, "\(request.method) \(path) is not implemented by this server")
            : TernError(.endpointNotFound, "No endpoint \(request.method) \(path)")
        // Rendered here, not thrown: a client that probes is no fault of the server, and is not logged as one.
        return MLflowError.render(error)
    }
}
