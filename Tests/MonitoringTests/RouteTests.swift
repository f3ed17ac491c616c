import Foundation
import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore
import Synchronization
import TernKernel
import TernLog
import TernStore
import TernTables
import TernTestSupport
import TernWeb
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The room's routes over HTTP, as the server mounts them.
@Suite struct RouteTests {
    private func withServer(_ world: World, _ body: (Client) async throws -> Void) async throws {
        let router = TernRouter(context: TernContext.self)
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: AuthenticationMiddleware(Authentication(lookUp: { _ in nil }, anonymous: { admin })))
        let room = MonitoringRoom(
            database: world.database, tables: TableEngine(), ports: world.log.ports, folder: NSTemporaryDirectory(), clock: world.clock.wall)
        room.mount(on: router.group("api/tern/v1"))
        let (ports, found) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in found.yield(channel.localAddress?.port ?? 0) })
        let running = Task { try await application.runService() }
        defer { running.cancel() }
        var port = 0
        for await found in ports {
            port = found
            break
        }
        try await body(Client(base: "http://127.0.0.1:\(port)/api/tern/v1/"))
    }

    private struct Client {
        let base: String

        func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> (status: Int, json: JSON) {
            var request = URLRequest(url: try #require(URL(string: base + path)))
            request.httpMethod = method
            request.httpBody = body.map { Data($0.utf8) }
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, try JSON(parsing: data))
        }
    }

    @Test func `feedback, drift, quality and alerts are served as JSON`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 0..<8 { world.ask(day: day, shift: 3) }
            try await world.settle()
            try await withServer(world) { client in
                let posted = try await client.send("POST", "endpoints/price/feedback", #"{"items":[{"id":"price-1.0","value":1}]}"#)
                #expect(posted.status == 200)
                #expect(posted.json["accepted"] == 1)
                let whole = try await client.send(
                    "POST", "endpoints/price/feedback",
                    #"{"prediction":"price-1","values":[\#(Array(repeating: "0", count: 48).joined(separator: ","))]}"#)
                #expect(whole.json["accepted"] == 47 && whole.json["repeated"] == 1 && whole.json["changed"] == 1)
                let unknown = try await client.send("POST", "endpoints/price/feedback", #"{"items":[{"id":"price-99.0","value":1}]}"#)
                #expect(unknown.status == 404)
                #expect(unknown.json["error"]?["details"]?["unknown"] == ["price-99.0"])
                for bad in ["{}", #"{"items":[{"id":7,"value":1}]}"#, "no json", #"{"items":[{"id":"price-1.0"}]}"#] {
                    #expect(try await client.send("POST", "endpoints/price/feedback", bad).status == 400, "\(bad)")
                }

                let drift = try await client.send("GET", "endpoints/price/drift")
                let window = try #require(drift.json["windows"]?.arrayValue?.first { $0["column"] == "vic_price" })
                #expect(window["drifted"] == true)
                #expect(window["from"] == "1997-05-15T00:00:00Z")
                #expect(window["evidence"]?["after"]?["mean"]?.doubleValue != nil)
                #expect(try await client.send("GET", "endpoints/price/drift?from=1997-06-01").json["windows"] == [])
                #expect(try await client.send("GET", "endpoints/price/drift?from=soon").status == 400)
                #expect(try await client.send("GET", "endpoints/price/quality").json["windows"] == [])
                #expect(try await client.send("GET", "endpoints/price/health").json["windows"] == [])
                #expect(try await client.send("GET", "endpoints/price/report?window=long").status == 400)
                #expect(try await client.send("GET", "endpoints/price/report").json["windows"] == [])
                #expect(try await client.send("GET", "endpoints/price/latency").json["requests"] == 0)

                let alerts = try await client.send("GET", "alerts?state=open&endpoint=price")
                let alert = try #require(alerts.json["alerts"]?[0])
                #expect(alert["monitor"] == "drift" && alert["owner"] == "grid@example.com" && alert["raised_event_time"] == "1997-05-22T23:30:00Z")
                #expect(try await client.send("GET", "alerts?state=ajar").status == 400)
                #expect(try await client.send("POST", "alerts/1/acknowledge").json["acknowledged_by"] == "ada")
                #expect(try await client.send("POST", "alerts/7/acknowledge").status == 404)
                #expect(try await client.send("POST", "alerts/x/acknowledge").status == 400)
            }
        }
    }
}
