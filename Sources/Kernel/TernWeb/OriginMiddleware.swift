import HTTPTypes
import Hummingbird
import TernKernel

/// Refuses what a web page of somebody else's could make a browser send: a change from another origin, or a request to a loopback server under a
/// foreign name (DNS rebinding). Programs send no `Origin` and are not touched.
package struct OriginMiddleware: RouterMiddleware {
    package typealias Context = TernContext

    private let isLoopback: Bool

    /// - Parameter isLoopback: whether the server listens on this machine only.
    package init(isLoopback: Bool) { self.isLoopback = isLoopback }

    package func handle(
        _ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response
    ) async throws -> Response {
        let host = request.head.authority ?? ""
        if isLoopback, !OriginMiddleware.isLocal(host) {
            throw TernError(.notAllowed, "this server answers as localhost only, not as '\(host)'", hint: "use http://127.0.0.1 and its port")
        }
        if request.method != .get, request.method != .head, let origin = request.headers[.origin], origin != "null" {
            let from = origin.split(separator: "/").last.map(String.init) ?? origin
            guard from == host else {
                throw TernError(.notAllowed, "Cross-origin request blocked", hint: "the page at \(origin) may not change this server")
            }
        }
        return try await next(request, context)
    }

    private static func isLocal(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
        return ["127.0.0.1", "localhost", "[::1]", ""].contains(name)
    }
}
