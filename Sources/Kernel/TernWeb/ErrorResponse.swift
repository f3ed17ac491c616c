import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TernKernel

extension TernError.Code {
    /// The HTTP status of each code.
    package var status: HTTPResponse.Status {
        switch self {
        case .invalidArgument: .badRequest
        case .notFound: .notFound
        case .alreadyExists, .conflict: .conflict
        case .unauthenticated: .unauthorized
        case .notAllowed: .forbidden
        case .gateRefused: .unprocessableContent
        case .tooLarge: .contentTooLarge
        case .resourceExhausted: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .unavailable: .serviceUnavailable
        case .timeout: .gatewayTimeout
        case .cancelled: HTTPResponse.Status(code: 499)
        case .notImplemented: .notImplemented
        default: .internalServerError
        }
    }
}

extension TernError {
    /// Tern's own error body: `{"error": {"code", "message", "hint", "details"}}`.
    package var json: JSON {
        var fields: [String: JSON] = ["code": .string(code.name), "message": .string(message)]
        if let hint { fields["hint"] = .string(hint) }
        if !details.isEmpty { fields["details"] = .object(details) }
        return ["error": .object(fields)]
    }

    /// The other direction, for the client.
    package init?(json: JSON) {
        guard let error = json["error"], let code = error["code"]?.stringValue, let message = error["message"]?.stringValue else { return nil }
        self.init(Code(code), message, hint: error["hint"]?.stringValue, details: error["details"]?.objectValue ?? [:])
    }

    /// Any error that reaches a door, as one of ours.
    package static func atTheDoor(_ error: any Error) -> TernError {
        if let http = error as? HTTPError {
            let code: Code =
                switch http.status {
                case .notFound: .notFound
                case .contentTooLarge: .tooLarge
                case .badRequest: .invalidArgument
                case .methodNotAllowed: .invalidArgument
                default: .internal
                }
            return TernError(code, http.body ?? http.status.reasonPhrase, cause: error)
        }
        return wrap(error)
    }
}

/// Turns what a route throws into Tern's error body. A dialect puts its own in front of its routes.
package struct ErrorMiddleware: RouterMiddleware {
    package typealias Context = TernContext

    private let render: @Sendable (TernError) -> Response

    package init(render: @escaping @Sendable (TernError) -> Response = { Response.json($0.json, status: $0.code.status) }) {
        self.render = render
    }

    package func handle(
        _ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let known = TernError.atTheDoor(error)
            if known.code.status.code >= 500 { context.logger.error("\(request.method) \(request.uri.path): \(known)") }
            var response = render(known)
            // A browser then asks for a name and a password; the token is the password.
            if known.code == .unauthenticated { response.headers[.wwwAuthenticate] = "Basic realm=\"Tern\", Bearer realm=\"Tern\"" }
            return response
        }
    }
}
