import Foundation
import HTTPTypes
import Hummingbird
import Synchronization
import TernKernel
import TernStore
import TernWeb
import Testing

@testable import Releases

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite struct ReleaseRoutesTests {
    /// Serves the room on a free port for the length of a closure.
    private func withServer(_ service: ReleaseService, _ body: @Sendable @escaping (Int) async throws -> Void) async throws {
        let router = Router(context: TernContext.self)
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: AuthenticationMiddleware(Authentication(lookUp: { _ in nil }, anonymous: { boss })))
        ReleaseRoutes(service: service).mount(on: router.group("api/tern/v1"))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
        }
    }

    private func call(_ method: String, _ path: String, _ body: String? = nil, port: Int) async throws -> (Int, JSON) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/api/tern/v1/\(path)")))
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        return (try #require(response as? HTTPURLResponse).statusCode, try JSON(parsing: data))
    }

    @Test func `the whole life of a release over HTTP`() async throws {
        try await withReleases { service, world, _ async throws in
            try await withServer(service) { port async throws in
                var (status, answer) = try await call("POST", "endpoints/price/release", #"{"version": 1}"#, port: port)
                #expect(status == 201 && answer["state"] == "promoted" && answer["id"] == "price-r1")
                (status, answer) = try await call("POST", "endpoints/price/release", #"{"version": 4}"#, port: port)
                #expect(status == 422 && answer["error"]?["code"] == "gate_refused")
                (status, answer) = try await call("POST", "endpoints/price/release", #"{"version": 2, "strategy": "blue"}"#, port: port)
                #expect(status == 400 && answer["error"]?["hint"]?.stringValue?.contains("canary") == true)
                (status, answer) = try await call("POST", "endpoints/price/release", #"{"version": "two"}"#, port: port)
                #expect(status == 400)
                (status, answer) = try await call(
                    "POST", "endpoints/price/release", #"{"version": 4, "strategy": "canary", "override": "a drill"}"#, port: port)
                #expect(status == 201 && answer["override"] == "a drill" && answer["state"] == "running")
                for (verb, state) in [("pause", "paused"), ("resume", "running")] {
                    (status, answer) = try await call("POST", "endpoints/price/\(verb)", port: port)
                    #expect(status == 200 && answer["state"]?.stringValue == state)
                }
                (status, answer) = try await call("POST", "endpoints/price/rollback", #"{"reason": "drill over"}"#, port: port)
                #expect(status == 200 && answer["state"] == "rolled_back")
                (status, answer) = try await call("POST", "endpoints/price/rollback", port: port)
                #expect(status == 400)
                (status, answer) = try await call("POST", "endpoints/price/promote", port: port)
                #expect(status == 409)
                (status, answer) = try await call("POST", "endpoints/price/shadows", #"{"name": "alone", "version": 1}"#, port: port)
                #expect(status == 201 && answer["role"] == "shadow")
                (status, answer) = try await call("GET", "endpoints/price", port: port)
                #expect(status == 200 && answer["variants"]?.arrayValue?.count == 2 && answer["history"]?.arrayValue?.count == 2)
                (status, _) = try await call("DELETE", "endpoints/price/shadows/alone", port: port)
                #expect(status == 200)
                (status, answer) = try await call("GET", "endpoints", port: port)
                #expect(status == 200 && answer["endpoints"]?[0]?["declaration"]?["name"] == "price")
                (status, answer) = try await call("GET", "endpoints/price/state?at=2100-01-01", port: port)
                #expect(status == 200 && answer["variants"]?[0]?["version"] == 1)
                (status, _) = try await call("GET", "endpoints/price/state?at=1990-01-01", port: port)
                #expect(status == 404)
                (status, _) = try await call("GET", "endpoints/price/state?at=2100-01-01&clock=moon", port: port)
                #expect(status == 400)
                (status, _) = try await call("GET", "endpoints/nowhere", port: port)
                #expect(status == 404)
                #expect(world.now.champions == [1])
            }
        }
    }
}
