/// `/sweeps`.
struct SweepsPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var sweep: Link
        var name: String
        var state: Badge
        var method: String
        var metric: String
        var trials: String
        var best: String
        var by: String
        var started: Moment
    }

    var sweeps: [Row]

    static let name = "sweeps"
    static let template = #"""
        <div class="title"><h1>Sweeps</h1></div>
        <section class="panel wide">
        <table><thead><tr><th>Sweep</th><th>Name</th><th>State</th><th>Method</th><th>Metric</th><th>Trials</th><th class="n">Best</th><th>By</th>\#
        <th>Started</th></tr></thead><tbody>
        {{#sweeps}}
        <tr><td class="mono">{{#sweep}}{{>link}}{{/sweep}}</td><td><b>{{name}}</b></td><td>{{#state}}{{>badge}}{{/state}}</td><td>{{method}}</td>\#
        <td>{{metric}}</td><td class="nowrap">{{trials}}</td><td class="n">{{best}}</td><td class="muted">{{by}}</td>\#
        <td class="when muted">{{#started}}{{>moment}}{{/started}}</td></tr>
        {{/sweeps}}
        </tbody></table>
        {{^sweeps}}<p class="empty">No sweep yet: <code>tern sweep sweep.yaml</code> starts one.</p>{{/sweeps}}
        </section>
        """#
}

/// `/sweeps/ID`.
struct SweepPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var number: String
        var state: Badge
        var isBest: Bool
        var objective: String
        /// In the order of `columns`.
        var values: [String]
        var run: Link?
        var duration: String
        var problem: String?
    }

    var title: String
    var id: String
    var address: String
    var state: Badge
    var reason: String
    var method: String
    var by: String
    var started: Moment
    var ended: Moment?
    var trials: String
    var metric: String?
    var seed: String
    var folder: String
    /// The best values in words, and the command that uses them.
    var best: String?
    var bestRun: Link?
    var again: String?
    var columns: [String]
    var rows: [Row]
    /// How many trials are left out of the table.
    var more: String?
    /// Where it can be changed; nil where that makes no sense now.
    var pause: String?
    var resume: String?
    var stop: String?

    static let name = "sweep"
    static let template = #"""
        <div hx-get="{{address}}?part=state" hx-trigger="every 2s" hx-swap="innerHTML">
        {{>sweep-state}}
        </div>
        {{#metric}}<section class="panel wide"><h2>Values and what came of them</h2>
        <div class="chart parallel" data-chart="/dashboard/data/sweeps/{{id}}/trials" data-every="5"></div></section>{{/metric}}
        """#
    static let stateTemplate = #"""
        <div class="title"><h1>{{title}} {{#state}}{{>badge}}{{/state}}</h1><p class="muted"><span class="mono">{{id}}</span>\#
         · {{method}} by {{by}} · {{#started}}{{>moment}}{{/started}}{{#ended}} to {{>moment}}{{/ended}}</p><p>{{reason}}</p></div>
        <section class="panel"><dl class="wide">
        <dt>Trials</dt><dd>{{trials}}</dd>
        {{#metric}}<dt>Metric</dt><dd>{{.}}</dd>{{/metric}}
        {{#best}}<dt>Best</dt><dd>{{.}}</dd>{{/best}}
        {{#bestRun}}<dt>Its run</dt><dd class="mono">{{>link}}</dd>{{/bestRun}}
        {{#again}}<dt>Again</dt><dd class="mono">{{.}}</dd>{{/again}}
        <dt>Folder</dt><dd class="mono">{{folder}}</dd><dt>Seed</dt><dd class="mono">{{seed}}</dd>
        </dl>
        {{#pause}}<form class="actions" data-post="{{.}}"><button>Pause</button></form>{{/pause}}
        {{#resume}}<form class="actions" data-post="{{.}}"><button>Resume</button></form>{{/resume}}
        {{#stop}}<form class="actions" data-post="{{.}}"><button class="danger">Stop the sweep</button></form>{{/stop}}
        </section>
        <section class="panel wide"><h2>Trials</h2>
        <table><thead><tr><th class="n">Trial</th><th>State</th><th class="n">Value</th>{{#columns}}<th>{{.}}</th>{{/columns}}<th>Run</th>\#
        <th class="n">Took</th></tr></thead><tbody>
        {{#rows}}
        <tr><td class="n">{{#isBest}}★ {{/isBest}}{{number}}</td><td>{{#state}}{{>badge}}{{/state}}</td><td class="n">{{objective}}</td>\#
        {{#values}}<td class="mono">{{.}}</td>{{/values}}<td class="mono">{{#run}}{{>link}}{{/run}}</td><td class="n">{{duration}}</td></tr>
        {{#problem}}<tr><td></td><td colspan="99" class="bad words">{{.}}</td></tr>{{/problem}}
        {{/rows}}
        </tbody></table>
        {{#more}}<p class="muted">{{.}}</p>{{/more}}
        {{^rows}}<p class="empty">None yet.</p>{{/rows}}
        </section>
        """#
}

/// Trials as lines across one axis a parameter, the metric last.
struct ParallelChart: Codable, Equatable, Sendable {
    struct Axis: Codable, Equatable, Sendable {
        var name: String
        /// What can be chosen; nil where the axis counts.
        var choices: [String]?
        var isLogarithmic: Bool
    }

    struct Lines: Codable, Equatable, Sendable {
        var name: String
        /// One line a trial: a number an axis, for a choice its position.
        var values: [[Double]]
    }

    var kind = "trials"
    var axes: [Axis]
    var series: [Lines]
    /// Whether large values of the metric are the good ones.
    var isMaximized: Bool
}
