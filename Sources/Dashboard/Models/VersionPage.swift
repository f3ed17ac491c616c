/// `/models/NAME/versions/N`: everything that is known of one version.
struct VersionPage: DashboardPage, Equatable {
    /// A gate with every figure that it was decided on.
    struct Gate: Sendable, Equatable {
        struct Slice: Sendable, Equatable {
            var name: String
            var verdict: Badge
            var rows: String
            var value: String
            var champion: String
            var drop: String
        }

        var gate: String
        var verdict: Badge
        var sentence: String
        var facts: [Pair]
        var slices: [Slice]
        /// Templates see what is stored, and nothing that is computed.
        var hasSlices: Bool
        var at: Moment
    }

    struct Pair: Sendable, Equatable {
        var key: String
        var value: String
    }

    struct Deployment: Sendable, Equatable {
        var endpoint: Link
        var role: Badge
        var share: String
        var from: Moment
        var to: Moment?
        var by: String
        var reason: String
        var ended: String
    }

    struct Field: Sendable, Equatable {
        var side: String
        var name: String
        var type: String
    }

    struct File: Sendable, Equatable {
        var name: String
        var about: String
        var content: String?
    }

    var title: String
    var model: Link
    var status: Badge
    var statusReason: String?
    var aliases: [String]
    var stage: String?
    var about: String
    var made: Moment
    var ledger: Link
    var gates: [Gate]
    /// The table they were judged on.
    var holdout: String?
    var reviews: [ModelVersionView.Review]
    var approvals: String
    var approve: String?
    var reject: String?
    var withdraw: String?
    var deployments: [Deployment]
    var facts: [ModelVersionView.Fact]
    var metrics: [Pair]
    var runMetrics: [Pair]
    var hasRunMetrics: Bool
    var fields: [Field]
    /// As MLflow's client declared it.
    var declared: [Field]
    var hasDeclared: Bool
    var files: [File]
    /// HTML that `Markdown` made.
    var card: String?
    var compare: ComparePicker?

    static let name = "model-version"
    static let template = #"""
        <div class="title"><h1>{{title}} {{#status}}{{>badge}}{{/status}}{{#aliases}}<i class="alias">{{.}}</i>{{/aliases}}\#
        {{#stage}}<i class="alias">{{.}}</i>{{/stage}}</h1>\#
        <p class="muted">{{#model}}{{>link}}{{/model}} · {{about}} {{#made}}{{>moment}}{{/made}} · {{#ledger}}{{>link}}{{/ledger}}</p>
        {{#statusReason}}<p>{{.}}</p>{{/statusReason}}</div>
        {{#compare}}{{>compare-picker}}{{/compare}}
        <section class="panel wide"><h2>Gates {{#holdout}}<span class="muted">judged on {{.}}</span>{{/holdout}}</h2>\#
        <table><thead><tr><th>Verdict</th><th>Gate</th><th>Evidence</th><th>Judged</th></tr></thead><tbody>
        {{#gates}}<tr><td class="nowrap">{{#verdict}}{{>badge}}{{/verdict}}</td><td class="nowrap"><b>{{gate}}</b></td>\#
        <td class="words">{{sentence}}<p class="figures">{{#facts}}<span><i>{{key}}</i> {{value}}</span>{{/facts}}</p>\#
        {{#hasSlices}}<details class="note"><summary>Slices</summary><table><thead><tr><th>Slice</th><th>Verdict</th><th class="n">Rows</th>\#
        <th class="n">Value</th><th class="n">Champion</th><th class="n">Drop</th></tr></thead><tbody>{{#slices}}<tr><td>{{name}}</td>\#
        <td>{{#verdict}}{{>badge}}{{/verdict}}</td><td class="n">{{rows}}</td><td class="n">{{value}}</td><td class="n">{{champion}}</td>\#
        <td class="n">{{drop}}</td></tr>{{/slices}}</tbody></table></details>{{/hasSlices}}</td>\#
        <td class="when muted">{{#at}}{{>moment}}{{/at}}</td></tr>{{/gates}}
        </tbody></table>{{^gates}}<p class="empty">None judged.</p>{{/gates}}</section>
        <div class="columns two"><section class="panel"><h2>Approvals <span class="muted">{{approvals}}</span></h2><table><tbody>
        {{#reviews}}<tr><td class="nowrap">{{#verdict}}{{>badge}}{{/verdict}}</td><td class="nowrap">{{by}}</td>\#
        <td class="words">{{reason}}</td><td class="when muted">{{#at}}{{>moment}}{{/at}}</td></tr>{{/reviews}}
        </tbody></table>{{^reviews}}<p class="empty">Nobody has given a word.</p>{{/reviews}}
        {{#approve}}<form class="actions" data-post="{{.}}"><input name="reason" placeholder="reason" aria-label="Reason" autocomplete="off">\#
        <button>Approve</button>{{#reject}}<button class="danger" formaction="{{.}}">Reject</button>{{/reject}}</form>{{/approve}}\#
        {{#withdraw}}<form class="actions" data-post="{{.}}"><input name="reason" placeholder="reason" aria-label="Reason" autocomplete="off" required>\#
        <button>Withdraw my approval</button>{{#reject}}<button class="danger" formaction="{{.}}">Reject</button>{{/reject}}</form>{{/withdraw}}
        </section>
        <section class="panel"><h2>Where it answers and has answered</h2><table><thead><tr><th>Endpoint</th><th>Role</th><th class="n">Share</th>\#
        <th>From</th><th>To</th><th>By</th><th>Why</th></tr></thead><tbody>
        {{#deployments}}<tr><td>{{#endpoint}}{{>link}}{{/endpoint}}</td><td>{{#role}}{{>badge}}{{/role}}</td><td class="n">{{share}}</td>\#
        <td class="when">{{#from}}{{>moment}}{{/from}}</td><td class="when">{{#to}}{{>moment}}{{/to}}{{^to}}<b>now</b>{{/to}}</td>\#
        <td class="muted">{{by}}</td><td>{{reason}} <span class="muted">{{ended}}</span></td></tr>{{/deployments}}
        </tbody></table>{{^deployments}}<p class="empty">It has answered nobody yet.</p>{{/deployments}}</section></div>
        {{>model-version-lineage}}
        {{#card}}<section class="panel model-card"><h2>Card</h2>{{{.}}}</section>{{/card}}
        """#

    static let lineageTemplate = #"""
        <div class="columns two"><section class="panel"><h2>Lineage</h2><dl>
        {{#facts}}<dt>{{name}}</dt><dd{{#mono}} class="mono"{{/mono}}>{{#link}}{{>link}} {{/link}}{{text}}</dd>{{/facts}}
        <dt>Feature views</dt><dd class="muted">not built in this version of Tern</dd></dl>
        <h3>Environment</h3>
        {{#files}}<details class="note"><summary>{{name}} <span class="muted">{{about}}</span></summary>\#
        {{#content}}<pre class="log">{{.}}</pre>{{/content}}{{^content}}<p class="empty">Not shown.</p>{{/content}}</details>{{/files}}
        {{^files}}<p class="empty">No file pins it.</p>{{/files}}</section>
        <div><section class="panel"><h2>Metrics on the holdout</h2><dl class="metrics">
        {{#metrics}}<div><dt>{{key}}</dt><dd class="num">{{value}}</dd></div>{{/metrics}}
        </dl>{{^metrics}}<p class="empty">None measured.</p>{{/metrics}}\#
        {{#hasRunMetrics}}<h3>Metrics of its run</h3><dl class="metrics">\#
        {{#runMetrics}}<div><dt>{{key}}</dt><dd class="num">{{value}}</dd></div>{{/runMetrics}}</dl>{{/hasRunMetrics}}</section>
        <section class="panel"><h2>Signature</h2><table><thead><tr><th></th><th>Name</th><th>The file's own</th></tr></thead><tbody>
        {{#fields}}<tr><td class="muted">{{side}}</td><td class="mono">{{name}}</td><td class="mono">{{type}}</td></tr>{{/fields}}
        </tbody></table>{{^fields}}<p class="empty">Not an ONNX model.</p>{{/fields}}\#
        {{#hasDeclared}}<h3>As declared by its maker</h3><table><tbody>{{#declared}}<tr><td class="muted">{{side}}</td>\#
        <td class="mono">{{name}}</td><td class="mono">{{type}}</td></tr>{{/declared}}</tbody></table>{{/hasDeclared}}</section></div></div>
        """#
}
