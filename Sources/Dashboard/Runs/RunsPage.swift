import Hummingbird
import TernKernel
import TernWeb

/// What a reader of the runs table asked for.
struct RunsQuery: Sendable, Equatable {
    static let size = 100

    var experiment: String?
    /// `name`, `status`, `start_time`, `end_time`, or `metric:f1`.
    var sort: String
    var descending: Bool
    /// From 1.
    var page: Int

    init(experiment: String? = nil, sort: String = "start_time", descending: Bool = true, page: Int = 1) {
        self.experiment = experiment
        self.sort = sort
        self.descending = descending
        self.page = page
    }

    init(_ request: Request) throws {
        let experiment = request.query("experiment").flatMap { $0.isEmpty ? nil : $0 }
        let sort = request.query("sort").flatMap { $0.isEmpty ? nil : $0 } ?? "start_time"
        guard ["name", "status", "start_time", "end_time"].contains(sort) || sort.hasPrefix("metric:") else {
            throw TernError.invalid("runs cannot be sorted by '\(sort)'", hint: "sort by name, status, start_time, end_time or metric:NAME")
        }
        self.init(
            experiment: experiment, sort: sort, descending: request.query("order") != "asc", page: try request.query("page", in: 1...100_000) ?? 1)
    }

    var address: String {
        let parts = [
            experiment.map { "experiment=" + Link.escape($0) }, sort == "start_time" && descending ? nil : "sort=" + Link.escape(sort),
            descending ? nil : "order=asc", page > 1 ? "page=\(page)" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "/runs" : "/runs?" + parts.joined(separator: "&")
    }

    /// The same table sorted by another column, or the other way round.
    func sorted(by column: String) -> RunsQuery {
        var query = self
        query.descending = sort == column ? !descending : column != "name"
        query.sort = column
        query.page = 1
        return query
    }

    func turned(to page: Int) -> RunsQuery {
        var query = self
        query.page = page
        return query
    }
}

/// `/runs`.
struct RunsPage: DashboardPage {
    struct Choice: Sendable, Equatable {
        var name: String
        var chosen: Bool
    }

    struct Column: Sendable, Equatable {
        var title: String
        var address: String
        /// `↑` or `↓` on the column that the table is sorted by.
        var arrow: String
    }

    struct Row: Sendable, Equatable {
        var run: Link
        var id: String
        var experiment: String
        var status: Badge
        var user: String
        var started: Moment
        var duration: String
        var metrics: [String]
    }

    var experiments: [Choice]
    var columns: [Column]
    var metrics: [Column]
    var rows: [Row]
    var previous: String?
    var next: String?
    var range: String

    static let name = "runs"
    static let template = #"""
        <div class="title"><h1>Runs</h1><p class="muted">{{range}}</p></div>
        <form class="filter" method="get" action="/runs"><label>Experiment <select name="experiment"><option value="">all</option>\#
        {{#experiments}}<option{{#chosen}} selected{{/chosen}}>{{name}}</option>{{/experiments}}</select></label><button>Show</button></form>
        <section class="panel wide">
        <table><thead><tr>{{#columns}}<th><a href="{{address}}">{{title}}{{arrow}}</a></th>{{/columns}}<th>Experiment</th><th>By</th>\#
        <th class="n">Took</th>\#
        {{#metrics}}<th class="n metric"><a href="{{address}}">{{title}}{{arrow}}</a></th>{{/metrics}}</tr></thead><tbody>
        {{#rows}}
        <tr><td class="nowrap" title="{{id}}">{{#run}}{{>link}}{{/run}}</td><td>{{#status}}{{>badge}}{{/status}}</td>\#
        <td class="when">{{#started}}{{>moment}}{{/started}}</td>\#
        <td>{{experiment}}</td><td class="muted">{{user}}</td><td class="n">{{duration}}</td>{{#metrics}}<td class="n">{{.}}</td>{{/metrics}}</tr>
        {{/rows}}
        </tbody></table>
        {{^rows}}<p class="empty">No runs here. Point an MLflow client at this server, or start a pipeline with <code>tern run</code>.</p>{{/rows}}
        </section>
        <p class="pages">{{#previous}}<a href="{{.}}">← Newer page</a>{{/previous}} {{#next}}<a href="{{.}}">Next page →</a>{{/next}}</p>
        """#
}
