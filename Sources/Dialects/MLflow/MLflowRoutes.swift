import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// The dialect's table of contents: each endpoint once, mounted under every prefix that MLflow's own server has.
struct MLflowRoutes {
    typealias Handler = @Sendable (MLflowRequest) async throws -> JSON
    typealias Writer = @Sendable (MLflowRequest) async throws -> JSONText
    typealias Responder = @Sendable (Request, TernContext) async throws -> Response

    /// The part of the path that says which generation of the API is meant.
    enum Version: String, CaseIterable {
        case v2 = "2.0"
        case v3 = "3.0"
    }

    struct Endpoint: Sendable {
        var method: HTTPRequest.Method
        /// Below `…/mlflow/`, such as `runs/create` or `logged-models/:model_id`.
        var path: String
        /// Nil is both: MLflow has most endpoints under one of them only, and nothing is lost by answering under the other.
        var version: Version?
        var role: Role
        var handle: Handler
        /// Instead of `handle`, for answers too long to be made as values first.
        var write: Writer?
        /// Instead of both, for what is not JSON.
        var respond: Responder?
    }

    private(set) var endpoints: [Endpoint] = []

    /// Reads need the role viewer, unless said otherwise.
    mutating func get(_ path: String, in version: Version? = nil, needs role: Role = .viewer, _ handle: @escaping Handler) {
        endpoints.append(Endpoint(method: .get, path: path, version: version, role: role, handle: handle))
    }

    /// Changes need the role editor; a search that is sent as a POST says `needs: .viewer`.
    mutating func post(_ path: String, in version: Version? = nil, needs role: Role = .editor, _ handle: @escaping Handler) {
        endpoints.append(Endpoint(method: .post, path: path, version: version, role: role, handle: handle))
    }

    mutating func get(_ path: String, writing: @escaping Writer) {
        endpoints.append(Endpoint(method: .get, path: path, version: nil, role: .viewer, handle: { _ in [:] }, write: writing))
    }

    mutating func post(_ path: String, needs role: Role, writing: @escaping Writer) {
        endpoints.append(Endpoint(method: .post, path: path, version: nil, role: role, handle: { _ in [:] }, write: writing))
    }

    mutating func get(_ path: String, responding: @escaping Responder) {
        endpoints.append(Endpoint(method: .get, path: path, version: nil, role: .viewer, handle: { _ in [:] }, respond: responding))
    }

    mutating func post(_ path: String, responding: @escaping Responder) {
        endpoints.append(Endpoint(method: .post, path: path, version: nil, role: .editor, handle: { _ in [:] }, respond: responding))
    }

    mutating func patch(_ path: String, in version: Version? = nil, needs role: Role = .editor, _ handle: @escaping Handler) {
        endpoints.append(Endpoint(method: .patch, path: path, version: version, role: role, handle: handle))
    }

    mutating func delete(_ path: String, in version: Version? = nil, needs role: Role = .editor, _ handle: @escaping Handler) {
        endpoints.append(Endpoint(method: .delete, path: path, version: version, role: role, handle: handle))
    }

    func mount(on router: TernRouter) {
        for version in Version.allCases {
            for door in ["/api/", "/ajax-api/"] { mount(version, on: router.group(RouterPath(door + version.rawValue + "/mlflow"))) }
        }
    }

    private func mount(_ version: Version, on router: TernRouterGroup) {
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]
        let group = router.add(middleware: ErrorMiddleware(render: MLflowError.render))
        let present = Dictionary(grouping: endpoints.filter { $0.version ?? version == version }, by: \.path)
        let absent = Dictionary(grouping: AbsentRoutes.all.filter { $0.version == version }, by: \.path)
        for path in Set(present.keys).union(absent.keys) {
            let endpoints = present[path] ?? []
            for endpoint in endpoints {
                group.on(RouterPath(path), method: endpoint.method) { request, context in
                    try MLflowRoutes.refuseWorkspace(request)
                    try context.identity.require(endpoint.role, to: "\(endpoint.method) \(endpoint.path)")
                    if let respond = endpoint.respond { return try await respond(request, context) }
                    let asked = try await MLflowRequest(request, context)
                    guard let write = endpoint.write else { return Response.json(try await endpoint.handle(asked)) }
                    return Response(
                        status: .ok, headers: [.contentType: "application/json"],
                        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await write(asked).bytes)))
                }
            }
            for method in methods where !endpoints.contains(where: { $0.method == method }) {
                let isAbsent = absent[path]?.contains { $0.method == method } ?? false
                group.on(RouterPath(path), method: method, use: isAbsent ? MLflowRoutes.notImplemented : MLflowRoutes.unknown)
            }
        }
        for method in methods { group.on("**", method: method, use: MLflowRoutes.unknown) }
    }

    /// A client that works in a workspace would see other people's runs here and take them for its own.
    private static func refuseWorkspace(_ request: Request) throws {
        if let name = HTTPField.Name("X-MLFLOW-WORKSPACE"), request.headers[name] != nil {
            throw TernError(.featureDisabled, "Workspace APIs are not available: workspaces are not enabled on this server")
        }
    }

    // Rendered here, not thrown: a client that probes is no fault of the server, and is not logged as one.

    private static let notImplemented: @Sendable (Request, TernContext) async throws -> Response = { request, _ in
        MLflowError.render(TernError(.notImplemented, "\(request.method) \(request.uri.path) is not implemented by this server"))
    }

    private static let unknown: @Sendable (Request, TernContext) async throws -> Response = { request, _ in
        MLflowError.render(TernError(.endpointNotFound, "No endpoint \(request.method) \(request.uri.path)"))
    }
}
