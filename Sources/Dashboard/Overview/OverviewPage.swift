/// One stage of the loop that a model goes round.
struct LoopStage: DashboardView, Equatable {
    var name: String
    /// The latest fact, in a few words.
    var fact: String
    var detail: String?
    var address: String
    var when: Moment?
    /// As in `Badge`.
    var tone: String

    static let template = #"""
        <ol class="loop">
        {{#stages}}
        <li class="{{tone}}"><a href="{{address}}"><span class="stage">{{name}}</span><strong>{{fact}}</strong>\#
        <span class="muted">{{#detail}}{{.}}{{/detail}}</span></a></li>
        {{/stages}}
        </ol>
        <p class="loop-back" aria-hidden="true"><span>what production sees becomes the next training set</span></p>
        """#

    init(_ name: String, _ fact: String, detail: String? = nil, address: String, tone: Badge.Tone = .quiet) {
        self.name = name
        self.fact = fact
        self.detail = detail
        self.address = address
        self.tone = tone.rawValue
    }
}

/// `/`.
struct OverviewPage: DashboardPage {
    var stages: [LoopStage]
    var endpoints: [EndpointCard]
    var alerts: [AlertRow]
    var entries: [LedgerRow]

    static let name = "overview"
    static let template = #"""
        <h1 class="hidden">Overview</h1>
        {{>loop}}
        <div class="cards">{{#endpoints}}{{>card}}{{/endpoints}}</div>
        {{^endpoints}}<p class="empty panel">No endpoint yet. <code>tern init</code> makes a project, <code>tern apply</code> \#
        brings it here, and <code>tern demo</code> shows the whole loop at work.</p>{{/endpoints}}
        <section class="panel"><h2>Open alerts</h2>
        <table><thead><tr><th>Endpoint</th><th>Monitor</th><th>Column</th><th>Since</th><th>What</th><th>Owner</th><th></th></tr></thead><tbody>
        {{>alert-rows}}
        </tbody></table>
        {{^alerts}}<p class="empty">None. All monitors are content.</p>{{/alerts}}
        </section>
        <section class="panel wide"><h2>Latest changes <a class="more" href="/ledger">ledger</a></h2>
        <table><thead><tr><th class="n">#</th><th>Data's time</th><th>What</th><th>Subject</th><th>Why</th><th>By</th><th>Recorded</th></tr>\#
        </thead><tbody>
        {{>ledger-rows}}
        </tbody></table>
        {{^entries}}<p class="empty">Nothing has happened yet.</p>{{/entries}}
        </section>
        """#
}

/// An alert as a table row.
struct AlertRow: DashboardView, Equatable {
    var id: String
    var endpoint: Link
    var monitor: String
    var column: String
    var state: Badge
    var raised: Moment
    var recorded: Moment
    var ended: Moment?
    var message: String
    var resolution: String
    var owner: String
    var acknowledgedBy: String
    /// Where an acknowledgement is posted; nil when it has been given, or the alert is over.
    var acknowledge: String?

    static let template = #"""
        {{#alerts}}
        <tr><td>{{#endpoint}}{{>link}}{{/endpoint}}</td><td>{{monitor}}</td><td class="mono">{{column}}</td><td class="when">{{#raised}}\#
        {{>moment}}{{/raised}}</td>\#
        <td class="words">{{message}}</td><td class="muted">{{owner}}</td><td class="nowrap">{{#acknowledge}}\#
        <form data-post="{{.}}"><button>Acknowledge</button></form>{{/acknowledge}}\#
        {{^acknowledge}}<span class="muted">seen by {{acknowledgedBy}}</span>{{/acknowledge}}</td></tr>
        {{/alerts}}
        """#

    static let doneTemplate = #"""
        {{#alerts}}
        <tr><td class="n muted">{{id}}</td><td>{{#state}}{{>badge}}{{/state}}</td><td>{{monitor}}</td><td class="mono">{{column}}</td>\#
        <td class="when">{{#raised}}{{>moment}}{{/raised}}</td><td class="when">{{#ended}}{{>moment}}{{/ended}}</td>\#
        <td class="words">{{message}}<br><span class="muted">{{resolution}}</span></td><td class="when muted">{{#recorded}}\#
        {{>moment}}{{/recorded}}</td></tr>
        {{/alerts}}
        """#
}
