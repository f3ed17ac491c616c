import Hummingbird
import TernKernel
import TernWeb
import Tracking

/// What a reader of the list of experiments asked for.
struct ExperimentsQuery: Sendable, Equatable {
    static let size = 100

    /// A part of the name.
    var search = ""
    var stage = StageSelection.active
    /// From 1.
    var page = 1

    init() {}

    /// - Throws: `invalid_argument` that names the field.
    init(_ request: Request) throws {
        search = request.query("search") ?? ""
        page = try request.query("page", in: 1...100_000) ?? 1
        switch request.query("stage") ?? "active" {
        case "active": stage = .active
        case "deleted": stage = .deleted
        case "all": stage = .all
        case let other: throw TernError.invalid("'stage' is active, deleted or all, not '\(other)'")
        }
    }

    func address(page: Int) -> String {
        let parts = [
            search.isEmpty ? nil : "search=" + Link.escape(search), stage == .active ? nil : "stage=\(stage)", page > 1 ? "page=\(page)" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "/experiments" : "/experiments?" + parts.joined(separator: "&")
    }
}

/// `/experiments`.
struct ExperimentsPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var experiment: Link
        var id: String
        var name: String
        var runs: String
        var running: Badge?
        var active: Moment?
        var tags: [RunPage.Pair]
        var deleted: Bool
    }

    var search: String
    var stages: [RunsPage.Choice]
    var rows: [Row]
    var previous: String?
    var next: String?

    static let name = "experiments"
    static let template = #"""
        <div class="title"><h1>Experiments</h1><p class="muted"><a href="/runs">All runs</a></p></div>
        <form class="filter search" method="get" action="/experiments"><input type="search" name="search" value="{{search}}" aria-label="Search"\#
         placeholder="part of a name"><label>show <select name="stage">{{#stages}}<option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{words}}\#
        </option>{{/stages}}</select></label><button>Search</button><button type="button" class="push live-only" data-act="create">New experiment…\#
        </button></form><p class="said" role="status"></p>
        <section class="panel wide">
        <table data-experiments><thead><tr><th>Experiment</th><th class="n">Runs</th><th>Last run started</th><th>Tags</th><th class="n">Id</th>\#
        <th class="live-only"></th></tr></thead><tbody>
        {{#rows}}
        <tr data-id="{{id}}" data-name="{{name}}"><td><b>{{#experiment}}{{>link}}{{/experiment}}</b>{{#deleted}} \#
        <span class="badge bad">deleted</span>\#
        {{/deleted}}</td><td class="n">{{runs}}</td>\#
        <td class="when">{{#active}}{{>moment}}{{/active}} {{#running}}{{>badge}}{{/running}}</td><td>{{#tags}}<span class="tag">{{key}} \#
        <b>{{value}}</b>\#
        </span> {{/tags}}</td><td class="n muted">{{id}}</td><td class="live-only nowrap n">{{#deleted}}<button data-act="restore">Restore</button>\#
        {{/deleted}}{{^deleted}}<button data-act="tag">Tag…</button> <button data-act="rename">Rename…</button> <button data-act="delete"\#
         class="danger">Delete…</button>{{/deleted}}</td></tr>
        {{/rows}}
        </tbody></table>
        {{^rows}}<p class="empty">No experiment here.</p>{{/rows}}
        </section>
        <p class="pages">{{#previous}}<a href="{{.}}">← Previous page</a>{{/previous}} {{#next}}<a href="{{.}}">Next page →</a>{{/next}}</p>
        """#
}

/// Fills the list of experiments.
struct ExperimentsLoader: Sendable {
    let services: DashboardServices

    func load(_ query: ExperimentsQuery) async throws -> ExperimentsPage {
        let offset = (query.page - 1) * ExperimentsQuery.size
        var filter = SearchFilter()
        if !query.search.isEmpty {
            filter.conditions = [SearchFilter.Condition(.attribute("name"), .like("%\(query.search)%", caseSensitive: false))]
        }
        let found = try await services.tracking.searchExperiments(
            ExperimentSearch(
                filter: filter, order: [SearchOrder(.attribute("created_at"), ascending: false)], stages: query.stage, offset: offset,
                limit: ExperimentsQuery.size))
        var rows: [ExperimentsPage.Row] = []
        for experiment in found.elements { rows.append(try await row(experiment)) }
        return ExperimentsPage(
            search: query.search,
            stages: [("active", "active"), ("deleted", "deleted"), ("all", "both")].map {
                RunsPage.Choice(value: $0.0, words: $0.1, chosen: "\(query.stage)" == $0.0)
            }, rows: rows, previous: query.page > 1 ? query.address(page: query.page - 1) : nil,
            next: found.nextOffset == nil ? nil : query.address(page: query.page + 1))
    }

    /// One search a row: its newest run, and how many there are.
    private func row(_ experiment: Experiment) async throws -> ExperimentsPage.Row {
        let newest = RunSearch(experiments: [experiment.id], order: [SearchOrder(.attribute("start_time"), ascending: false)], limit: 1)
        let table = try await services.tracking.searchTable(RunTableSearch(newest, counted: true))
        let last = table.rows.first?.info
        return ExperimentsPage.Row(
            experiment: Link.experiment(experiment.id, text: experiment.name), id: String(experiment.id), name: experiment.name,
            runs: table.total.map { Figures.count($0) } ?? "", running: last.flatMap { $0.status == .running ? Badge(state: "running") : nil },
            active: last.map { Moment(milliseconds: $0.startTime) }, tags: ExperimentHead(experiment).tags, deleted: experiment.stage == .deleted)
    }
}
