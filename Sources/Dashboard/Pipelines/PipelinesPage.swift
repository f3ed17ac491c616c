/// `/pipelines`.
struct PipelinesPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var name: String
        var owner: String
        var steps: String
        var schedule: String
        var next: Moment?
        var last: Link?
        var state: Badge?
    }

    var pipelines: [Row]
    var runs: [PipelineRunRow]

    static let name = "pipelines"
    static let template = #"""
        <div class="title"><h1>Pipelines</h1></div>
        <section class="panel wide">
        <table><thead><tr><th>Pipeline</th><th>Steps</th><th>Schedule</th><th>Next</th><th>Last run</th><th>Owner</th></tr></thead><tbody>
        {{#pipelines}}
        <tr><td><b>{{name}}</b></td><td class="words">{{steps}}</td><td class="mono">{{schedule}}</td><td class="when">{{#next}}\#
        {{>moment}}{{/next}}</td>\#
        <td class="nowrap">{{#state}}{{>badge}}{{/state}} {{#last}}{{>link}}{{/last}}</td><td class="muted">{{owner}}</td></tr>
        {{/pipelines}}
        </tbody></table>
        {{^pipelines}}<p class="empty">No pipeline yet: <code>tern apply</code> declares those of a project.</p>{{/pipelines}}
        </section>
        <section class="panel wide"><h2>Latest runs</h2>
        <table><thead><tr><th>Run</th><th>Pipeline</th><th>State</th><th>Steps</th><th>Origin</th><th>Result</th><th>Why</th>\#
        <th>Data's time</th><th class="n">Took</th><th>Started</th></tr></thead><tbody>
        {{>pipeline-run-rows}}
        </tbody></table>
        {{^runs}}<p class="empty">None yet: <code>tern run</code> starts one.</p>{{/runs}}
        </section>
        """#
}

/// A pipeline run as a table row.
struct PipelineRunRow: DashboardView, Equatable {
    var run: Link
    var pipeline: String
    var state: Badge
    var steps: String
    var origin: String
    var version: Link?
    var verdict: Badge?
    var reason: String
    var dataTime: Moment?
    var duration: String
    var started: Moment

    static let template = #"""
        {{#runs}}
        <tr><td class="mono">{{#run}}{{>link}}{{/run}}</td><td>{{pipeline}}</td><td>{{#state}}{{>badge}}{{/state}}</td>\#
        <td class="num nowrap">{{steps}}</td><td>{{origin}}</td>\#
        <td class="nowrap">{{#version}}{{>link}} {{/version}}{{#verdict}}{{>badge}}{{/verdict}}</td><td class="words">{{reason}}</td>\#
        <td class="when">{{#dataTime}}{{>moment}}{{/dataTime}}</td>\#
        <td class="n">{{duration}}</td><td class="when muted">{{#started}}{{>moment}}{{/started}}</td></tr>
        {{/runs}}
        """#
}

/// `/pipeline-runs/ID`.
struct PipelineRunPage: DashboardPage {
    struct Step: Sendable, Equatable {
        var name: String
        var state: Badge
        var cause: String
        var problem: String?
        var duration: String
        /// Of the bar, in percent of the whole run.
        var left: String
        var width: String
        var tone: String
        var reused: Link?
        var outputs: [RunPage.Pair]
        /// The end of its log.
        var log: String?
        var open: Bool
    }

    var title: String
    var id: String
    var address: String
    var state: Badge
    var isOver: Bool
    var origin: String
    var by: String
    var reason: String
    var error: String?
    var started: Moment
    var ended: Moment?
    var dataTime: Moment?
    var duration: String
    var run: Link?
    var version: Link?
    var verdict: Badge?
    var params: String
    var datasets: [Link]
    var code: String?
    var steps: [Step]
    /// Where it can be stopped, or done again.
    var cancel: String?
    var retry: String?

    static let name = "pipeline-run"
    static let template = #"""
        <div class="title"><h1>{{title}} {{#state}}{{>badge}}{{/state}}</h1><p class="muted"><span class="mono">{{id}}</span>\#
         · by {{by}}, origin {{origin}} · recorded {{#started}}{{>moment}}{{/started}}\#
        {{#ended}} to {{>moment}}{{/ended}}{{#dataTime}} · data's time {{>moment}}{{/dataTime}} · {{duration}}</p>
        <p>{{reason}}</p>{{#error}}<p class="bad">{{.}}</p>{{/error}}</div>
        <section class="panel"><dl class="wide">
        {{#version}}<dt>Result</dt><dd>{{>link}} {{#verdict}}{{>badge}}{{/verdict}}</dd>{{/version}}
        {{#run}}<dt>Tracking run</dt><dd class="mono">{{>link}}</dd>{{/run}}
        <dt>Datasets</dt><dd>{{#datasets}}{{>link}} {{/datasets}}</dd>
        <dt>Parameters</dt><dd>{{params}}</dd>
        {{#code}}<dt>Code</dt><dd class="mono">{{.}}</dd>{{/code}}
        </dl>
        {{#cancel}}<form class="actions" data-post="{{.}}"><button class="danger">Cancel the run</button></form>{{/cancel}}
        {{#retry}}<form class="actions" data-post="{{.}}"><button>Run what failed again</button></form>{{/retry}}
        </section>
        <section class="panel wide"><h2>Steps</h2>
        {{#steps}}
        <details class="step" id="step-{{name}}"{{#open}} open{{/open}}><summary><b>{{name}}</b><span>{{#state}}{{>badge}}{{/state}}</span>\#
        <span class="gantt"><i class="{{tone}}" style="left:{{left}}%;width:{{width}}%"></i></span><span class="n">{{duration}}</span></summary>
        <p>{{cause}}{{#reused}} ({{>link}}){{/reused}}</p>{{#problem}}<p class="bad">{{.}}</p>{{/problem}}
        <dl>{{#outputs}}<dt class="mono">{{key}}</dt><dd class="mono muted">{{value}}</dd>{{/outputs}}</dl>
        {{#log}}<pre class="log">{{.}}</pre>{{/log}}</details>
        {{/steps}}
        {{^steps}}<p class="empty">None.</p>{{/steps}}
        </section>
        """#
}
