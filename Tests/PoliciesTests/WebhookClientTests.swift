import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import TernWeb
import Testing

@testable import Policies

@Suite struct WebhookClientTests {
    private func withServer(_ router: Router<TernContext>, _ body: @Sendable @escaping (Int) async throws -> Void) async throws {
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

    @Test func `a body arrives as JSON and the status comes back`() async throws {
        let seen = Seen()
        let router = Router(context: TernContext.self)
        router.post("hook") { request, _ in
            seen.add("\(request.headers[.contentType] ?? "") \(try await request.json())")
            return Response(status: .accepted)
        }
        router.post("broken") { _, _ in Response(status: .serviceUnavailable) }
        try await withServer(router) { port async throws in
            #expect(try await WebhookClient().post("http://127.0.0.1:\(port)/hook", #"{"a":1}"#) == 202)
            #expect(try await WebhookClient().post("http://127.0.0.1:\(port)/broken", "{}") == 503)
            #expect(seen.all == [#"application/json {"a":1}"#])
        }
    }

    @Test func `nobody there is unavailable`() async throws {
        let error = await #expect(throws: TernError.self) { try await WebhookClient().post("http://127.0.0.1:9/hook", "{}") }
        #expect(error?.code == .unavailable)
        await #expect(throws: TernError.self) { try await WebhookClient().post("not an address", "{}") }
    }

    @Test func `a webhook that does not answer is left after the time limit`() async throws {
        let router = Router(context: TernContext.self)
        router.post("slow") { _, _ in
            try await Task.sleep(for: .seconds(20))
            return Response(status: .ok)
        }
        try await withServer(router) { port async throws in
            let error = await #expect(throws: TernError.self) {
                try await WebhookClient(timeout: .seconds(0.2)).post("http://127.0.0.1:\(port)/slow", "{}")
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `retrainings and the policy are served`() async throws {
        try await withDatabase(PoliciesRoom.migrations, from: ManualClock.usual) { database, wall async throws in
            let world = TestWorld(wall: wall)
            let room = PoliciesRoom(database: database, ports: world.ports, externalURL: "http://x", clock: world.wall.wall)
            try await room.service.apply([electricity], by: ann)
            world.set { $0.alerts = [alert("a")] }
            _ = try await room.service.advance("price", clock: day(0))
            let router = Router(context: TernContext.self)
            router.add(middleware: ErrorMiddleware())
            room.mount(on: router.group("api/tern/v1"))
            try await withServer(router) { port async throws in
                let base = "http://127.0.0.1:\(port)/api/tern/v1/endpoints"
                func get(_ path: String) async throws -> JSON {
                    let response = try await HTTPGet.body(base + path)
                    return try JSON(parsing: response)
                }
                #expect(try await get("/price/retrainings")["retrainings"]?[0]?["key"] == "price-retrain-1")
                #expect(try await get("/price/policy")["cooldown"] == "21d")
                #expect(try await get("/other/policy")["error"]?["code"] == "not_found")
                #expect(try await get("/other/retrainings")["retrainings"] == [])
            }
        }
    }
}

private final class Seen: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
}

private enum HTTPGet {
    static func body(_ url: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }
}
