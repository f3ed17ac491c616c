import Hummingbird
import TernKernel
import TernWeb

/// Which runs are compared.
struct CompareQuery: Sendable, Equatable {
    static let most = 50

    var runs: [String]
    /// Whether rows in which all runs agree are left out.
    var onlyDifferences: Bool

    init(_ runs: [String], onlyDifferences: Bool = false) {
        self.runs = runs
        self.onlyDifferences = onlyDifferences
    }

    /// - Throws: `invalid_argument` unless it names 1 to 50 runs.
    init(_ request: Request) throws {
        var seen: Set<String> = []
        let runs = (request.query("runs") ?? "").split(separator: ",").map(String.init).filter { seen.insert($0).inserted }
        guard (1...CompareQuery.most).contains(runs.count) else {
            throw TernError.invalid(
                "from 1 to \(CompareQuery.most) runs can be compared, not \(runs.count)",
                hint: "select them in the table of runs, or give ?runs=ID,ID")
        }
        self.init(runs, onlyDifferences: request.query("only") == "differences")
    }

    var address: String {
        "/compare?runs=" + runs.map(Link.escape).joined(separator: ",") + (onlyDifferences ? "&only=differences" : "")
    }
}

/// `/compare`: a column a run, a row a parameter, metric or tag.
struct ComparePage: DashboardPage {
    struct Cell: Sendable, Equatable {
        var text: String
        /// The whole figure, for the charts.
        var value: String
    }

    struct Row: Sendable, Equatable {
        var key: [String]
        /// `params.lr`.
        var name: String
        var same: Bool
        var number: Bool
        var cells: [Cell]
    }

    struct Section: Sendable, Equatable {
        var title: String
        var rows: [Row]
        var differing: Int
        var columns: Int
    }

    struct Column: Sendable, Equatable {
        var run: Link
        var id: String
        var name: String
        var status: Badge
        var state: String
        var start: String
    }

    var title: String
    var only: Bool
    var other: String
    var columns: [Column]
    var sections: [Section]
    /// Names of all metrics, as JSON.
    var metrics: String
    var echarts = Assets.address("echarts.min.js")

    static let name = "compare"
    static let template = #"""
        <div class="title"><h1>{{title}}</h1></div>
        <div data-compare data-metrics="{{metrics}}" data-echarts="{{echarts}}">
        <div class="tabs live-only" role="tablist"><button role="tab" type="button" data-tab="table" aria-selected="true">Table</button>\#
        <button role="tab" type="button" data-tab="charts">Charts</button><button role="tab" type="button" data-tab="parallel">Parallel coordinates\#
        </button><button role="tab" type="button" data-tab="scatter">Scatter</button></div>
        <div data-panel="table"><p><a class="button" data-only href="{{other}}" role="switch" aria-checked="{{#only}}true{{/only}}\#
        {{^only}}false{{/only}}"\#
        >{{#only}}Show all rows{{/only}}{{^only}}Only differences{{/only}}</a></p>
        <section class="panel wide compare-scroll"><table class="compare{{#only}} only{{/only}}"><thead><tr><th class="stay"></th>\#
        {{#columns}}<th data-run="{{id}}" data-name="{{name}}" data-state="{{state}}" data-start="{{start}}">{{#run}}{{>link}}{{/run}} {{#status}}\#
        {{>badge}}{{/status}}</th>{{/columns}}</tr></thead>
        {{#sections}}
        <tbody><tr class="heading"><th class="stay">{{title}} <span class="muted">{{differing}} differ</span></th><td colspan="{{columns}}"></td></tr>
        {{#rows}}<tr{{#same}} class="same"{{/same}} data-row="{{name}}"><th class="stay mono" scope="row">{{#key}}{{.}}<wbr>{{/key}}</th>{{#cells}}\#
        <td{{#number}} class="n"{{/number}} data-value="{{value}}" title="{{value}}">{{text}}</td>{{/cells}}</tr>{{/rows}}</tbody>
        {{/sections}}
        </table></section>{{^sections}}<p class="empty">These runs have logged nothing.</p>{{/sections}}</div>
        <div data-panel="charts" hidden></div>
        <div data-panel="parallel" class="panel" hidden></div>
        <div data-panel="scatter" class="panel" hidden></div>
        </div>
        """#
}
