/// `/models`.
struct ModelsPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var model: Link
        var purpose: String
        var owner: String
        var task: String
        var versions: String
        var champion: Link?
        var approved: Link?
        var latest: Link?
        var updated: Moment
    }

    var models: [Row]

    static let name = "models"
    static let template = #"""
        <div class="title"><h1>Models</h1></div>
        <section class="panel wide">
        <table><thead><tr><th>Model</th><th>Purpose</th><th>Owner</th><th>Task</th><th class="n">Versions</th><th>Champion</th>\#
        <th>Latest approved</th><th>Latest</th><th>Changed</th></tr></thead><tbody>
        {{#models}}
        <tr><td>{{#model}}{{>link}}{{/model}}</td><td class="words">{{purpose}}</td><td class="muted">{{owner}}</td><td>{{task}}</td>\#
        <td class="n">{{versions}}</td>\#
        <td>{{#champion}}{{>link}}{{/champion}}</td><td>{{#approved}}{{>link}}{{/approved}}</td><td>{{#latest}}{{>link}}{{/latest}}</td>\#
        <td class="when muted">{{#updated}}{{>moment}}{{/updated}}</td></tr>
        {{/models}}
        </tbody></table>
        {{^models}}<p class="empty">No model yet: <code>tern apply</code> \#
        declares those of a project, and MLflow clients may register their own.</p>{{/models}}
        </section>
        """#
}

/// `/models/NAME`.
struct ModelPage: DashboardPage {
    var title: String
    var purpose: String
    var owner: String
    var task: String
    var rules: [String]
    var approvals: String
    /// The metrics that stand in the versions' columns.
    var metrics: [String]
    var metricCount: Int
    var versions: [ModelVersionView]
    var ledger: Link

    static let name = "model"
    static let template = #"""
        <div class="title"><h1>{{title}}</h1><p class="muted">{{purpose}} Task: {{task}}. Owned by {{owner}}. {{approvals}} {{#ledger}}\#
        {{>link}}{{/ledger}}</p>
        <p class="rules">{{#rules}}<span>{{.}}</span>{{/rules}}</p></div>
        <section class="panel wide versions" style="--metrics:{{metricCount}}">
        <div class="version-row head"><span>Version</span><span>Status</span><span>Origin</span><span>Gates</span>{{#metrics}}\#
        <span class="n">{{.}}</span>{{/metrics}}<span>Made</span><span>By</span></div>
        {{#versions}}{{>version}}{{/versions}}
        {{^versions}}<p class="empty">No version yet.</p>{{/versions}}
        </section>
        """#
}

/// One version of a model, folded.
struct ModelVersionView: DashboardView, Equatable {
    struct Gate: Sendable, Equatable {
        var gate: String
        var verdict: Badge
        var sentence: String
    }

    struct Review: Sendable, Equatable {
        var verdict: Badge
        var by: String
        var at: Moment
        var reason: String
    }

    struct Fact: Sendable, Equatable {
        var name: String
        var text: String
        var link: Link?
        var mono: Bool
    }

    var number: String
    var open: Bool
    var status: Badge
    var statusReason: String?
    var aliases: [String]
    var origin: String
    /// `4 of 4`.
    var passed: String
    var values: [String]
    var made: Moment
    var by: String
    var gates: [Gate]
    var reviews: [Review]
    var facts: [Fact]
    var allMetrics: [RunPage.Pair]
    /// Where a verdict is posted; nil when there is nothing to decide.
    var approve: String?
    var reject: String?

    static let template = #"""
        <details class="version" id="v{{number}}"{{#open}} open{{/open}}><summary class="version-row"><span><b>v{{number}}</b>{{#aliases}}\#
         <i class="alias">{{.}}</i>{{/aliases}}</span>\#
        <span>{{#status}}{{>badge}}{{/status}}</span><span>{{origin}}</span><span class="num">{{passed}}</span>{{#values}}\#
        <span class="n">{{.}}</span>{{/values}}<span class="when">{{#made}}{{>moment}}{{/made}}</span><span class="muted">{{by}}</span></summary>
        <div class="version-body">
        {{#statusReason}}<p>{{.}}</p>{{/statusReason}}
        <div class="columns two"><div><h3>Gates</h3><table><tbody>
        {{#gates}}<tr><td class="nowrap">{{#verdict}}{{>badge}}{{/verdict}}</td><td class="words"><b>{{gate}}</b>\#
        <br><span class="muted">{{sentence}}</span></td></tr>{{/gates}}
        </tbody></table>{{^gates}}<p class="empty">None judged.</p>{{/gates}}
        <h3>Approvals</h3><table><tbody>
        {{#reviews}}<tr><td class="nowrap">{{#verdict}}{{>badge}}{{/verdict}}</td><td class="nowrap">{{by}}</td>\#
        <td class="words">{{reason}}</td><td class="when muted">{{#at}}{{>moment}}{{/at}}</td></tr>{{/reviews}}
        </tbody></table>{{^reviews}}<p class="empty">Nobody has given a word.</p>{{/reviews}}
        {{#approve}}<form class="actions" data-post="{{.}}"><input name="reason" placeholder="reason" aria-label="Reason" autocomplete="off">\#
        <button>Approve</button>{{#reject}}<button class="danger" formaction="{{.}}">Reject</button>{{/reject}}</form>{{/approve}}
        </div><div><h3>Lineage</h3><dl>
        {{#facts}}<dt>{{name}}</dt><dd{{#mono}} class="mono"{{/mono}}>{{#link}}{{>link}} {{/link}}{{text}}</dd>{{/facts}}
        </dl><h3>Metrics on the holdout</h3><dl class="metrics">
        {{#allMetrics}}<div><dt>{{key}}</dt><dd class="num">{{value}}</dd></div>{{/allMetrics}}
        </dl></div></div></div></details>
        """#
}
