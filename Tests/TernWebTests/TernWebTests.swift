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
