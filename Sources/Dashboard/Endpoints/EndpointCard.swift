/// An endpoint's health at a glance.
struct EndpointCard: DashboardView, Equatable {
    struct Share: Sendable, Equatable {
        var name: String
        var version: Link
        var role: String
        var percent: String
        /// For the bar, 0 to 100.
        var width: Int
    }

    var endpoint: Link
    var model: Link
    var shares: [Share]
    var shadows: [String]
    var release: Badge?
    var alerts: Badge
    /// The watched metric in its last judged window.
    var metric: String
    var value: String
    /// Whether it keeps its floor: a tone.
    var verdict: String
    var floor: String?
    var window: String?
    var spark: Spark?
    var p50: String
    var p99: String
    var requests: String
    var errors: String?
    var clock: Moment?

    static let template = #"""
        <article class="panel card">
        <header><h2>{{#endpoint}}{{>link}}{{/endpoint}}</h2><span class="muted">{{#model}}{{>link}}{{/model}}{{#clock}}\#
         · <span title="the endpoint's clock: the data's time">{{>moment}}</span>{{/clock}}</span>\#
        <span class="push">{{#release}}{{>badge}} {{/release}}{{#alerts}}{{>badge}}{{/alerts}}</span></header>
        <div class="tiles">
        <div class="tile big"><b class="{{verdict}}">{{value}}</b><span>{{metric}}{{#floor}} <i>floor {{.}}</i>{{/floor}}</span>{{#window}}\#
        <span class="muted">{{.}}</span>{{/window}}</div>
        <div class="tile trend">{{#spark}}{{>spark}}{{/spark}}{{^spark}}<span class="muted">no judged window yet</span>{{/spark}}</div>
        <div class="tile"><b>{{p50}}</b><span>p50</span></div>
        <div class="tile"><b>{{p99}}</b><span>p99</span></div>
        <div class="tile"><b>{{requests}}</b><span>requests since start{{#errors}}, <em class="bad">{{.}} failed</em>{{/errors}}</span></div>
        </div>
        <div class="traffic"><div class="split">{{#shares}}\#
        <i class="{{role}}" style="width:{{width}}%" title="{{name}} {{percent}}"></i>{{/shares}}</div>
        <p>{{^shares}}<span class="muted">nothing released yet</span>{{/shares}}{{#shares}}<span class="key {{role}}">{{#version}}\#
        {{>link}}{{/version}} <span class="muted">{{role}}</span> {{percent}}</span>{{/shares}}\#
        {{#shadows}}<span class="key shadow">{{.}} <span class="muted">shadow</span></span>{{/shadows}}</p></div>
        </article>
        """#
}

/// `/endpoints`.
struct EndpointsPage: DashboardPage {
    var endpoints: [EndpointCard]

    static let name = "endpoints"
    static let template = #"""
        <div class="title"><h1>Endpoints</h1></div>
        <div class="cards">{{#endpoints}}{{>card}}{{/endpoints}}</div>
        {{^endpoints}}<p class="empty panel">No endpoint yet: <code>tern apply</code> declares those of a project.</p>{{/endpoints}}
        """#
}
