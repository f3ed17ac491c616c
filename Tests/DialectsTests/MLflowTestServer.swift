import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import TernKernel
import TernStore
import TernTestSupport
import TernWeb
import Testing
import Tracking

@testable import Dialects

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The MLflow dialect on a port of its own, with a fresh database and artifact folder.
struct MLflowTestServer: Sendable {
    let base: String
    let room: TrackingRoom
    let registry: RegistryRoom

    struct Answer {
        var status: Int
        var body: Data
        var headers: [String: String]

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        var errorCode: String? { json["error_code"]?.stringValue }
        var message: String { json["message"]?.stringValue ?? "" }
    }

    /// Runs `body` against a server; a request's role is the header `x-role`, an editor without one.
    static func with(port: Int = 0, _ body: @escaping @Sendable (MLflowTestServer) async throws -> Void) async throws {
        try await withDatabase(TrackingRoom.migrations + RegistryRoom.migrations) { database in
            try await withTemporaryFolder { folder in try await serve(database, folder, port: port, body) }
        }
    }

    private static func serve(
        _ database: Database, _ folder: String, port: Int, _ body: @escaping @Sendable (MLflowTestServer) async throws -> Void
    ) async throws {
        let room = try TrackingRoom(database: database, artifactFolder: folder + "/artifacts")
        let registry = RegistryRoom(
            database: database, blobs: try BlobStore(folder: folder + "/blobs"), folder: folder + "/work",
            ports: RegistryPorts(tracking: room.service, artifacts: room.artifacts))
        let router = TernRouter(context: TernContext.self)
        router.add(middleware: RoleMiddleware())
        MLflowDialect(tracking: room.service, artifacts: room.artifacts, registry: registry.service).mount(on: router)
        registry.mount(on: router.group("/api/tern/v1").add(middleware: ErrorMiddleware()))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            var iterator = ports.makeAsyncIterator()
            let actual = try #require(await iterator.next())
            try await body(MLflowTestServer(base: "http://127.0.0.1:\(actual)", room: room, registry: registry))
            group.cancelAll()
        }
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer { try await send("GET", path, nil, headers) }

    func post(_ path: String, _ body: JSON, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, Data(body.bytes), ["Content-Type": "application/json"].merging(headers) { $1 })
    }

    func patch(_ path: String, _ body: JSON) async throws -> Answer {
        try await send("PATCH", path, Data(body.bytes), ["Content-Type": "application/json"])
    }

    func send(_ method: String, _ path: String, _ body: Data?, _ headers: [String: String] = [:]) async throws -> Answer {
        let full = path.hasPrefix("/") ? path : "/api/2.0/mlflow/" + path
        var request = URLRequest(url: try #require(URL(string: base + full)))
        request.httpMethod = method
        request.httpBody = body
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let session = URLSession(configuration: .ephemeral)
        defer { session.finishTasksAndInvalidate() }
        let (data, response) = try await session.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        var fields: [String: String] = [:]
        for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        return Answer(status: http.statusCode, body: data, headers: fields)
    }

    /// A new run in the default experiment.
    func newRun(_ fields: [String: JSON] = [:]) async throws -> String {
        let answer = try await post("runs/create", .object(["start_time": 1000].merging(fields) { $1 }))
        return try #require(answer.json["run"]?["info"]?["run_id"]?.stringValue)
    }
}

private struct RoleMiddleware: RouterMiddleware {
    typealias Context = TernContext

    func handle(_ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response) async throws -> Response {
        var context = context
        let named = HTTPField.Name("x-role").flatMap { request.headers[$0] }.flatMap(Role.init(rawValue:))
        context.identity = Identity(name: "tester", role: named ?? .editor)
        return try await next(request, context)
    }
}

/// `TERN_MLFLOW_TRIAL=5055 swift test --filter MLflowTrial` keeps a server up for trials with the real client, until the file
/// `/tmp/tern-mlflow-trial-stop` exists.
@Suite struct MLflowTrial {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["TERN_MLFLOW_TRIAL"] != nil))
    func `serves the real client until told to stop`() async throws {
        let port = Int(ProcessInfo.processInfo.environment["TERN_MLFLOW_TRIAL"] ?? "") ?? 5055
        try await MLflowTestServer.with(port: port) { _ in
            while !FileManager.default.fileExists(atPath: "/tmp/tern-mlflow-trial-stop") { try await Task.sleep(for: .milliseconds(300)) }
        }
    }
}
