import Datasets
import Foundation
import Hummingbird
import Logging
import NIOCore
import TernKernel
import TernTables
import TernTestSupport
import TernWeb
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends requests through a server of its own, with the room hung where the product hangs it.
@Suite struct DatasetRoutesTests {
    typealias Fixtures = DatasetFixtures

    private func send(
        _ test: TestRoom, _ method: String, _ path: String, body: String = "", type: String = "application/json", role: Role = .editor
    ) async throws -> (status: Int, text: String) {
        let router = TernRouter(context: TernContext.self)
        router.addMiddleware {
            ErrorMiddleware()
            AuthenticationMiddleware(Authentication(lookUp: { _ in nil }, anonymous: { Identity(name: "eva", role: role) }))
        }
        test.room.mount(on: router.group("api/tern/v1"))
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: router.buildResponder(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await number in ports {
                var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(number)/api/tern/v1/\(path)")))
                request.httpMethod = method
                if method == "POST" { request.httpBody = Data(body.utf8) }
                request.setValue(type, forHTTPHeaderField: "Content-Type")
                let (data, response) = try await URLSession.shared.data(for: request)
                return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
            }
            return (0, "")
        }
    }

    @Test func `a version is added by path, read and fetched`() async throws {
        try await Fixtures.withRoom { test async throws in
            let added = try await send(test, "POST", "datasets/market/versions", body: #"{"path":"\#(Fixtures.market)","reason":"first"}"#)
            #expect(added.status == 201)
            #expect(try JSON(parsing: added.text)["version"] == 1)
            let version = try await send(test, "GET", "datasets/market/versions/latest")
            #expect(try JSON(parsing: version.text)["schema"]?[0]?["type"] == "time")
            let file = try await send(test, "GET", "datasets/market/versions/1/file")
            #expect(file.text == (try String(contentsOfFile: Fixtures.market, encoding: .utf8)))
            #expect(try JSON(parsing: try await send(test, "GET", "datasets").text)["datasets"]?[0]?["name"] == "market")
            #expect(try await send(test, "GET", "datasets/market/diff?from=1&to=1").status == 200)
            #expect(try await send(test, "GET", "datasets/market/diff").status == 400)
            #expect(try await send(test, "GET", "datasets/market/versions/9").status == 404)
            #expect(try await send(test, "GET", "datasets/market/versions/x").status == 400)
        }
    }

    @Test func `a body and a form are uploads, and refusals hold their violations`() async throws {
        try await Fixtures.withRoom { test async throws in
            let raw = try await send(test, "POST", "datasets/d/versions?format=csv", body: "a,b\n1,2\n", type: "text/csv")
            #expect(raw.status == 201)
            let form =
                "--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new.csv\"\r\n\r\na,b\n3,4\n\r\n--X--\r\n"
            let posted = try await send(test, "POST", "datasets/d/versions", body: form, type: "multipart/form-data; boundary=X")
            #expect(posted.status == 201)
            #expect(try JSON(parsing: posted.text)["source"]?["upload"] == "new.csv")
            #expect(try await send(test, "GET", "datasets/d/versions/2/file").text == "a,b\n3,4\n")
            let cut = try await send(test, "POST", "datasets/d/versions", body: String(form.dropLast(12)), type: "multipart/form-data; boundary=X")
            #expect(cut.status == 400)
            let refused = try await send(test, "POST", "datasets/d/versions?format=csv", body: "a,b\nx,2\n", type: "text/csv")
            #expect(refused.status == 400)
            #expect(try JSON(parsing: refused.text)["error"]?["details"]?["violations"]?[0]?["row"] == 1)
            #expect(try JSON(parsing: try await send(test, "GET", "datasets/d/rejected").text)["rejected"]?[0]?["by"] == "eva")
            #expect(test.files(in: "datasets/incoming") == 0)
            #expect(try await send(test, "POST", "datasets/d/versions", body: #"{"path":"relative.csv"}"#).status == 400)
            #expect(try await send(test, "POST", "datasets/d/versions?format=csv", body: "a,b\n5,6\n", type: "text/csv", role: .viewer).status == 403)
        }
    }
}
