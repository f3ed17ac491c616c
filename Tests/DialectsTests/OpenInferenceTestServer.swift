import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import Synchronization
import TernInference
import TernKernel
import TernLog
import TernTestSupport
import TernWeb
import Testing

@testable import Dialects

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The serving dialects on a port of their own, over real models from the fixtures of ServingTests.
struct OpenInferenceTestServer: Sendable {
    let port: Int
    let log: InferenceLog
    let room: ServingRoom

    struct Answer {
        var status: Int
        var body: Data
        var headers: [String: String]

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        var error: String { json["error"]?.stringValue ?? "" }
    }

    private static let engine = InferenceEngine()

    /// - Parameters:
    ///   - endpoints: their names and the fixture behind each.
    ///   - eventTime: the event-time input of all of them.
    static func with(
        _ endpoints: [String: String] = ["price": "columns"], eventTime: String? = nil, port: Int = 0,
        _ body: @escaping @Sendable (OpenInferenceTestServer) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            let served = endpoints.keys.sorted().map { name in
                let variant = VariantReference(name: "v3", role: .primary, model: name, version: 3)
                return ServedEndpoint(name: name, primary: variant, variants: [variant], eventTime: eventTime)
            }
            let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/ServingTests/Fixtures/"
            let ports = ServingPorts(
                route: { name, _ in
                    guard let primary = served.first(where: { $0.name == name })?.primary else { throw TernError.notFound("no endpoint '\(name)'") }
                    return Route(answering: primary, eventTime: eventTime)
                },
                endpoint: { name in served.first { $0.name == name } }, endpoints: { served },
                modelFile: { model, _ in
                    guard let file = endpoints[model] else { throw TernError.notFound("no model '\(model)'") }
                    return fixtures + file + ".onnx"
                })
            let room = ServingRoom(ports: ports, log: log, engine: engine)
            let router = TernRouter(context: TernContext.self)
            OpenInferenceDialect(service: room.service).mount(on: router)
            let invocations = InvocationsDialect(service: room.service)
            invocations.mount(on: router)
            invocations.mountServerRoutes(on: router)
            room.mountMetrics(on: router)
            room.mount(on: router.group("api/tern/v1").add(middleware: ErrorMiddleware()))
            let (opened, continuation) = AsyncStream.makeStream(of: Int.self)
            let application = Application(
                router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
                onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await application.run() }
                var iterator = opened.makeAsyncIterator()
                let actual = try #require(await iterator.next())
                try await body(OpenInferenceTestServer(port: actual, log: log, room: room))
                group.cancelAll()
            }
        }
    }

    func get(_ path: String) async throws -> Answer { try await send("GET", path, nil) }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, Data(body.utf8), ["Content-Type": "application/json"].merging(headers) { $1 })
    }

    func send(_ method: String, _ path: String, _ body: Data?, _ headers: [String: String] = [:]) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
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
}

/// `TERN_SERVING_TRIAL=5056 swift test --filter ServingTrial` keeps a server up for trials with real clients, until the file
/// `/tmp/tern-serving-trial-stop` exists.
@Suite struct ServingTrial {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["TERN_SERVING_TRIAL"] != nil))
    func `serves real clients until told to stop`() async throws {
        let port = Int(ProcessInfo.processInfo.environment["TERN_SERVING_TRIAL"] ?? "") ?? 5056
        try await OpenInferenceTestServer.with(["price": "columns", "matrix": "matrix", "echo": "echo", "map": "map"], port: port) { _ in
            while !FileManager.default.fileExists(atPath: "/tmp/tern-serving-trial-stop") { try await Task.sleep(for: .milliseconds(300)) }
        }
    }
}
