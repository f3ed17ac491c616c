import Foundation
import HTTPTypes
import Hummingbird
import TernKernel

/// Who may ask, and as whom. The server fills `lookUp` with its table of tokens.
package struct Authentication: Sendable {
    /// The identity behind a token, nil when there is none.
    package var lookUp: @Sendable (_ token: String) async throws -> Identity?
    /// Who a request without a token is; nil means that a token is demanded.
    package var anonymous: @Sendable () async throws -> Identity?

    package init(
        lookUp: @escaping @Sendable (String) async throws -> Identity?, anonymous: @escaping @Sendable () async throws -> Identity?
    ) {
        self.lookUp = lookUp
        self.anonymous = anonymous
    }
}

/// Reads `Authorization: Bearer TOKEN`, or Basic with the token as password (what the MLflow client sends).
package struct AuthenticationMiddleware: RouterMiddleware {
    package typealias Context = TernContext

    private let authentication: Authentication
    /// Health checks need no login.
    private let open: Set<String> = ["/health", "/ping", "/v2/health/live", "/v2/health/ready", "/api/3.0/mlflow/server-info"]
    /// Links that carry their own proof; the route checks it.
    private let signed = "/api/2.0/mlflow-artifacts/signed/"

    package init(_ authentication: Authentication) { self.authentication = authentication }

    package func handle(
        _ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let token = AuthenticationMiddleware.token(request) {
            guard let identity = try await authentication.lookUp(token) else {
                throw TernError(.unauthenticated, "that token is not known", hint: "tern token list shows the names of those that are")
            }
            context.identity = identity
        } else if let identity = try await authentication.anonymous() {
            context.identity = identity
        } else if !open.contains(request.uri.path), !request.uri.path.hasPrefix(signed) {
            throw TernError(.unauthenticated, "this server wants a token", hint: "set TERN_TOKEN (or MLFLOW_TRACKING_TOKEN for MLflow clients)")
        }
        return try await next(request, context)
    }

    private static func token(_ request: Request) -> String? {
        guard let header = request.headers[.authorization] else { return nil }
        if header.hasPrefix("Bearer ") { return String(header.dropFirst(7)) }
        guard header.hasPrefix("Basic "), let data = Data(base64Encoded: String(header.dropFirst(6))) else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1).last.map(String.init)
    }
}
