/// `/experiments/ID` and `/runs`: the table as the server writes it, which `runs-page.js` takes over.
struct RunsPage: DashboardPage {
    struct Column: Sendable, Equatable {
        var title: [String]
        /// Where the table is sorted by it; nil when it cannot be.
        var address: String?
        /// `↑` or `↓` on the column that the table is sorted by.
        var arrow: String
        var number: Bool
    }

    struct Cell: Sendable, Equatable {
        var text: String
        var number: Bool
        var badge: Badge?
    }

    struct Row: Sendable, Equatable {
        var run: Link
        var id: String
        var cells: [Cell]
    }

    struct Choice: Sendable, Equatable {
        var value: String
        var words: String
        var chosen: Bool
    }

    var title: String
    /// Of one experiment; nil for all.
    var experiment: ExperimentHead?
    var path: String
    var filter: String
    var problem: String?
    var stages: [Choice]
    /// Names of the columns when the address names none, and the names of the experiments, for the scripts.
    var defaultColumns: String
    var experiments: String
    var csv: String
    var echarts = Assets.address("echarts.min.js")
    var columns: [Column]
    var rows: [Row]
    var found: Bool
    var first: String?
    var next: String?

    static let name = "runs"
    static let template = #"""
        <div class="title"><h1>{{title}}{{#experiment}}{{#deleted}} <span class="badge bad">deleted</span>{{/deleted}}{{/experiment}}</h1>\#
        {{#experiment}}<p class="muted">{{#parent}}{{>link}}{{/parent}} · experiment {{id}} · artifacts in <span class="mono">{{location}}</span>\#
        {{#tags}} · {{key}} <b>{{value}}</b>{{/tags}}</p>{{#note}}<details class="note"><summary>Description</summary><div class="prose">{{>prose}}\#
        </div></details>{{/note}}{{/experiment}}</div>
        <div data-runs{{#experiment}} data-experiment="{{id}}"{{/experiment}} data-columns="{{defaultColumns}}" data-experiments="{{experiments}}"\#
         data-csv="{{csv}}" data-echarts="{{echarts}}">
        <form class="filter search" method="get" action="{{path}}"><input type="search" name="filter" value="{{filter}}" autocomplete="off"\#
         spellcheck="false" aria-label="Filter" placeholder="metrics.loss &lt; 0.5 AND params.model = 'xgboost' AND tags.stage = 'final'">\#
        <button>Filter\#
        </button>\#
        <label class="live-only">group by <select name="group"><option value="">nothing</option></select></label>\#
        <label>show <select name="stage">{{#stages}}<option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{words}}</option>{{/stages}}</select>\#
        </label></form>
        {{#problem}}<p class="bad live-hidden" role="alert">{{.}}</p>{{/problem}}
        <div class="tabs live-only" role="tablist"><button role="tab" type="button" data-tab="table" aria-selected="true">Table</button>\#
        <button role="tab" type="button" data-tab="charts">Charts</button><button role="tab" type="button" data-tab="parallel">Parallel coordinates\#
        </button></div>
        <div class="toolbar live-only"></div>
        <div data-panel="table"><section class="panel wide runs-scroll">
        <table class="runs"><thead><tr><th>Run</th>{{#columns}}<th{{#number}} class="n"{{/number}}>{{#address}}<a href="{{.}}">{{/address}}\#
        {{#title}}{{.}}<wbr>{{/title}}{{arrow}}{{#address}}</a>{{/address}}</th>{{/columns}}</tr></thead><tbody>
        {{#rows}}
        <tr><td class="nowrap" title="{{id}}">{{#run}}{{>link}}{{/run}}</td>{{#cells}}<td{{#number}} class="n"{{/number}}>{{#badge}}{{>badge}}\#
        {{/badge}}{{text}}</td>{{/cells}}</tr>
        {{/rows}}
        </tbody></table></section>
        <p class="empty none-found"{{#found}} hidden{{/found}}>No runs here. Point an MLflow client at this server, or start a pipeline with\#
         <code>tern run</code>.</p>
        <p class="pages live-hidden">{{#first}}<a href="{{.}}">First page</a>{{/first}} {{#next}}<a href="{{.}}">Next page →</a>{{/next}}</p></div>
        <div data-panel="charts" hidden></div>
        <div data-panel="parallel" class="panel" hidden></div>
        </div>
        """#
}

/// What stands over an experiment's runs.
struct ExperimentHead: Sendable, Equatable {
    var id: String
    var parent = Link(text: "experiments", address: "/experiments")
    var location: String
    var deleted: Bool
    var tags: [RunPage.Pair]
    var note: Prose?
}
