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
    /// HTML that `Markdown` made.
    var card: String?
    /// Nil with fewer than two versions.
    var compare: ComparePicker?

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
        {{#compare}}{{>compare-picker}}{{/compare}}
        {{#card}}<section class="panel model-card"><h2>Model card</h2>{{{.}}}</section>{{/card}}
        """#
}

/// Chooses two versions to compare.
struct ComparePicker: DashboardView, Equatable {
    struct Choice: Sendable, Equatable {
        var value: String
        var text: String
        var chosen: Bool
    }

    /// Of the form: `/models/NAME/compare`.
    var address: String
    var first: [Choice]
    var second: [Choice]
    var other: String?

    static let template = #"""
        <form class="filter" action="{{address}}" method="get"><label>Compare <select name="a" aria-label="First version">{{#first}}\#
        <option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{text}}</option>{{/first}}</select></label>\#
        <label>with <select name="b" aria-label="Second version">{{#second}}\#
        <option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{text}}</option>{{/second}}</select></label>\#
        {{#other}}<input type="hidden" name="other" value="{{.}}">{{/other}}<button>Compare</button></form>
        """#

    /// - Parameter versions: newest first.
    init?(_ model: String, _ versions: [(version: Int, aliases: [String])], from: Int? = nil, to: Int? = nil) {
        guard versions.count > 1 else { return nil }
        func choices(_ chosen: Int?) -> [Choice] {
            versions.map { version in
                let aliases = version.aliases.isEmpty ? "" : " (\(version.aliases.sorted().joined(separator: ", ")))"
                return Choice(value: String(version.version), text: "v\(version.version)\(aliases)", chosen: version.version == chosen)
            }
        }
        address = Link.model(model).address + "/compare"
        let second = to ?? versions[0].version
        // The champion is what a new version is measured by.
        let first = from ?? versions.first { $0.aliases.contains("champion") && $0.version != second }?.version ?? versions[1].version
        self.first = choices(first)
        self.second = choices(second)
        other = nil
    }
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
    /// Its own page; nil where it stands on that page.
    var page: Link?
    /// Where it answers now: `price, primary 95 %`.
    var answers: [String] = []

    static let template = #"""
        <details class="version" id="v{{number}}"{{#open}} open{{/open}}><summary class="version-row"><span><b>v{{number}}</b>{{#aliases}}\#
         <i class="alias">{{.}}</i>{{/aliases}}{{#answers}} <i class="serves">{{.}}</i>{{/answers}}</span>\#
        <span>{{#status}}{{>badge}}{{/status}}</span><span>{{origin}}</span><span class="num">{{passed}}</span>{{#values}}\#
        <span class="n">{{.}}</span>{{/values}}<span class="when">{{#made}}{{>moment}}{{/made}}</span><span class="muted">{{by}}</span></summary>
        <div class="version-body">{{#page}}<p>{{>link}}</p>{{/page}}
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
