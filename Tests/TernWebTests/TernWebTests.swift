import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernTestSupport
import Testing

@testable import TernWeb

@Suite struct ErrorBodies {
    @Test func `an error survives its way over the wire`() throws {
        let error = TernError(.gateRefused, "no", hint: "do this", details: ["f1": 0.2])
        let back = try #require(TernError(json: JSON(parsing: error.json.description)))
        #expect(back.code == .gateRefused)
        #expect(back.message == "no")
        #expect(back.hint == "do this")
        #expect(back.details == ["f1": 0.2])
    }

    @Test(arguments: [
        (TernError.Code.invalidArgument, 400), (.unauthenticated, 401), (.notAllowed, 403), (.notFound, 404), (.conflict, 409), (.tooLarge, 413),
        (.gateRefused, 422), (.internal, 500), (.notImplemented, 501), (.unavailable, 503), (.timeout, 504), (.resourceExhausted, 507),
        (TernError.Code("some_other"), 500),
    ])
    func `each code has its status`(code: TernError.Code, status: Int) { #expect(code.status.code == status) }

    @Test func `what is not an error body is not taken for one`() throws {
        #expect(TernError(json: ["error": "text"]) == nil)
        #expect(TernError(json: [:]) == nil)
    }

    @Test func `Hummingbird's own errors keep their meaning`() {
        #expect(TernError.atTheDoor(HTTPError(.notFound)).code == .notFound)
        #expect(TernError.atTheDoor(HTTPError(.contentTooLarge)).code == .tooLarge)
        #expect(TernError.atTheDoor(CancellationError()).code == .cancelled)
    }
}

@Suite struct QueryFieldTests {
    @Test(arguments: [
        ("filter=a+%3D+1", "filter", "a = 1"), ("q=1%2B1", "q", "1+1"), ("q=a%20b", "q", "a b"), ("a=1&q=x&q=y", "q", "x"), ("q", "q", ""),
        ("q=", "q", ""), ("q=a=b", "q", "a=b"), ("my+key=1", "my key", "1"), ("q=100%", "q", "100%"), ("q=%FF", "q", "%FF"), ("q=%C3%A4", "q", "ä"),
        ("&&q=1&", "q", "1"), ("=1&q=2", "q", "2"),
    ])
    func `a field reads as forms write it`(query: String, name: String, value: String) { #expect(QueryFields(query)[name] == value) }

    @Test func `a field that is not there is none`() {
        #expect(QueryFields("")["q"] == nil)
        #expect(QueryFields("qq=1&Q=2")["q"] == nil)
    }

    @Test func `a request reads its address so`() {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/runs?filter=metrics.a+%3E+1&limit=5&at=1997-05-02")
        let request = Request(head: head, body: .init(buffer: ByteBuffer()))
        #expect(request.query("filter") == "metrics.a > 1")
        #expect(throws: Never.self) { try request.query("limit", in: 1...10) }
        #expect(throws: TernError.self) { try request.query("limit", in: 6...10) }
    }
}
