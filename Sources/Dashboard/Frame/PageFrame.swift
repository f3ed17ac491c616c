import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// What stands around every page: the head, the navigation, the token field.
struct PageFrame: Sendable {
    enum Section: String, CaseIterable, Sendable {
        case overview, endpoints, models, pipelines, experiments, sweeps, data, ledger

        var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
        var address: String { self == .overview ? "/" : "/" + rawValue }
    }

    struct Tab: Sendable {
        var title: String
        var address: String
        var current: Bool
    }

    private struct View: Sendable {
        var title: String
        var tabs: [Tab]
        /// The address to ask again, when the whole page is live.
        var live: String?
        var charts: Bool
        var css = Assets.address("tern.css")
        var script = Assets.address("tern.js")
        var htmx = Assets.address("htmx.min.js")
        var echarts = Assets.address("echarts.min.js")
        /// Addresses of ES modules of the page's own.
        var modules: [String]
        var body: String
    }

    private let section: Section?
    private let title: String
    private let live: String?
    private let charts: Bool
    private let modules: [String]

    /// - Parameters:
    ///   - live: asked again every two seconds; its answer takes the place of the page's content.
    ///   - modules: assets that the page runs as ES modules, such as `runs-page.js`.
    init(_ section: Section?, _ title: String, live: String? = nil, charts: Bool = false, modules: [String] = []) {
        self.section = section
        self.title = title
        self.live = live
        self.charts = charts
        self.modules = modules
    }

    /// The whole page, or only its content when htmx asks.
    func response(_ view: some DashboardPage, to request: Request, status: HTTPResponse.Status = .ok) throws -> Response {
        let body = try Templates.render(type(of: view).name, view)
        guard let htmx = HTTPField.Name("HX-Request"), request.headers[htmx] == nil else { return Response.html(body, status: status) }
        return try response(body: body, status: status)
    }

    func response(body: String, status: HTTPResponse.Status) throws -> Response {
        let tabs = Section.allCases.map { Tab(title: $0.title, address: $0.address, current: $0 == section) }
        var response = Response.html(
            try Templates.render(
                "frame", View(title: title, tabs: tabs, live: live, charts: charts, modules: modules.map(Assets.address), body: body)),
            status: status)
        response.headers[.cacheControl] = "no-store"
        // Everything comes from here; styles in attributes are bar widths.
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    static let template = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false,"historyEnabled":false}'>
        <title>{{title}} · Tern</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath d='M1 7c5-1 8 1 11 5 3-4 6-6 11-5-5 1-7 4-9 9l-2 4-2-4C8 11 6 8 1 7z' fill='%230b7285'/%3E%3C/svg%3E">
        <link rel="stylesheet" href="{{css}}">
        {{#charts}}
        <script src="{{echarts}}" defer></script>
        {{/charts}}
        <script src="{{htmx}}" defer></script>
        <script src="{{script}}" defer></script>
        {{#modules}}
        <script src="{{.}}" type="module"></script>
        {{/modules}}
        </head>
        <body>
        <header class="top">
        <a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true">\#
        <path d="M1 7c5-1 8 1 11 5 3-4 6-6 11-5-5 1-7 4-9 9l-2 4-2-4C8 11 6 8 1 7z"/></svg>Tern</a>
        <nav>{{#tabs}}<a href="{{address}}"{{#current}} aria-current="page"{{/current}}>{{title}}</a>{{/tabs}}</nav>
        <details class="token"><summary>Token</summary><form data-token><label>Token for changes, kept until this tab is closed
        <input type="password" name="token" autocomplete="off" spellcheck="false"></label><button>Use</button></form></details>
        </header>
        <main{{#live}} hx-get="{{.}}" hx-trigger="every 2s" hx-swap="innerHTML"{{/live}}>
        {{{body}}}
        </main>
        </body>
        </html>
        """#
}

/// A view that is a whole page.
protocol DashboardPage: DashboardView {
    /// Its template's name in `Templates`.
    static var name: String { get }
}
