import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// An error as a page.
struct FailurePage: DashboardPage {
    var status: Int
    var heading: String
    var message: String
    var hint: String?

    static let name = "failure"
    static let template = #"""
        <section class="failure">
        <p class="code">{{status}}</p>
        <h1>{{heading}}</h1>
        <p>{{message}}</p>
        {{#hint}}<p class="muted">{{.}}</p>{{/hint}}
        <p><a href="/">Overview</a></p>
        </section>
        """#

    init(_ error: TernError) {
        status = error.code.status.code
        heading =
            switch error.code {
            case .notFound: "Not found"
            case .invalidArgument: "That cannot be shown"
            case .unavailable, .timeout: "Not available at the moment"
            default: "Something went wrong"
            }
        message = error.message.prefix(1).uppercased() + error.message.dropFirst() + (error.message.hasSuffix(".") ? "" : ".")
        hint = error.hint
    }
}

/// Shows people a page, and programs Tern's usual error body.
struct PageErrors: RouterMiddleware {
    typealias Context = TernContext

    func handle(_ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let known = TernError.atTheDoor(error)
            guard PageErrors.isPage(request) else { throw known }
            let failure = FailurePage(known)
            return try PageFrame(nil, failure.heading).response(failure, to: request, status: known.code.status)
        }
    }

    private static func isPage(_ request: Request) -> Bool {
        guard request.headers[.accept]?.contains("text/html") == true else { return false }
        return !["/api/", "/ajax-api/", "/v2/", "/dashboard/", "/assets/"].contains { request.uri.path.hasPrefix($0) }
    }
}
