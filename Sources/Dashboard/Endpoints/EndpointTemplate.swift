extension EndpointPage {
    static let template = #"""
        <div class="title"><h1>{{title}}</h1><p class="muted">serves {{#model}}{{>link}}{{/model}}, owned by {{owner}}{{#eventTime}}\#
        , its clock is <code>{{.}}</code>{{/eventTime}} · {{plan}}\#
        {{#policy}} · {{.}}{{/policy}} · {{#ledger}}{{>link}}{{/ledger}}</p></div>
        <div hx-get="{{address}}?part=state" hx-trigger="every 2s" hx-swap="innerHTML">
        {{>endpoint-state}}
        </div>
        <section class="panel"><h2>Quality over time <span class="muted">\#
        what clients got, and the shadows beside it; labels as far as they have come</span></h2>
        <div class="chart" style="height:300px" data-chart="/dashboard/data{{address}}/quality" data-every="10"></div></section>
        <section class="panel"><h2>Drift by feature <span class="muted">distance from the reference, as a multiple of the threshold</span></h2>
        <div class="chart" style="height:{{driftHeight}}px" data-chart="/dashboard/data{{address}}/drift" data-every="10"></div></section>
        <section class="panel"><h2>Latency <span class="muted">requests by time taken, since the server started</span></h2>
        <div class="chart" style="height:180px" data-chart="/dashboard/data{{address}}/latency" data-every="10"></div></section>
        <div hx-get="{{address}}?part=history" hx-trigger="every 2s" hx-swap="innerHTML">
        {{>endpoint-history}}
        </div>
        """#

    static let stateTemplate = #"""
        <div class="same">{{#card}}{{>card}}{{/card}}</div>
        <section class="panel"><h2>Variants</h2>
        <table><thead><tr><th>Variant</th><th>Version</th><th>Role</th><th class="n">Share</th><th></th><th>Since</th>\#
        <th class="n">Requests</th><th class="n">Rows</th>\#
        <th class="n">Failed</th><th class="n">p50</th><th class="n">p99</th></tr></thead><tbody>
        {{#variants}}
        <tr><td class="mono">{{name}}</td><td>{{#version}}{{>link}}{{/version}}</td>\#
        <td>{{role}}{{^loaded}} <span class="muted">not loaded</span>{{/loaded}}</td><td class="n">{{share}}</td>\#
        <td><span class="meter"><i class="{{role}}" style="width:{{width}}%"></i></span></td><td class="when">{{#since}}{{>moment}}{{/since}}\#
        </td><td class="n">{{requests}}</td>\#
        <td class="n">{{rows}}</td><td class="n">{{errors}}</td><td class="n">{{p50}}</td><td class="n">{{p99}}</td></tr>
        {{/variants}}
        </tbody></table>
        {{^variants}}<p class="empty">Nothing is released here yet.</p>{{/variants}}
        </section>
        {{#release}}
        <section class="panel release"><h2>Release {{id}} {{#state}}{{>badge}}{{/state}} <span class="muted">{{#from}}{{>link}} → {{/from}}\#
        {{#to}}{{>link}}{{/to}}, {{strategy}}, by {{by}}</span></h2>
        <p>{{cause}}{{#override}} <strong class="warn">Forced past the gates: {{.}}</strong>{{/override}}</p>
        <ol class="steps">{{#steps}}<li class="{{state}}">{{percent}}</li>{{/steps}}</ol>
        <p class="muted">Started {{#since}}{{>moment}}{{/since}}; this step since {{#stepSince}}{{>moment}}{{/stepSince}}; {{wait}}</p>
        <table><thead><tr><th>Guard</th><th>Verdict</th><th>Evidence</th></tr></thead><tbody>
        {{#guards}}<tr><td class="mono">{{name}}</td><td>{{#verdict}}{{>badge}}{{/verdict}}</td><td class="words">{{message}}</td></tr>{{/guards}}
        </tbody></table>
        {{^guards}}<p class="empty">No guard has looked yet.</p>{{/guards}}
        <form class="actions" data-post="/api/tern/v1{{address}}/promote">\#
        <input name="reason" placeholder="reason" aria-label="Reason" autocomplete="off">\#
        <button>Promote</button>{{#paused}}<button formaction="/api/tern/v1{{address}}/resume">Resume</button>{{/paused}}\#
        {{^paused}}<button formaction="/api/tern/v1{{address}}/pause">Pause</button>{{/paused}}\#
        <button class="danger" formaction="/api/tern/v1{{address}}/abort">Abort</button></form>
        </section>
        {{/release}}
        {{#standby}}
        <details class="rollback" id="rollback"><summary>Roll back to {{.}}</summary>\#
        <form class="actions" data-post="/api/tern/v1{{address}}/rollback">\#
        <input name="reason" required placeholder="why {{.}} should answer again" aria-label="Reason" autocomplete="off"><button class="danger">\#
        Roll back to {{.}}</button></form></details>
        {{/standby}}
        """#

    static let historyTemplate = #"""
        <section class="panel" id="alerts"><h2>Alerts</h2>
        <table><thead><tr><th class="n">#</th><th>State</th><th>Monitor</th><th>Column</th><th>Raised</th><th>Ended</th><th>What</th>\#
        <th>Recorded</th></tr></thead><tbody>
        {{>alert-done-rows}}
        </tbody></table>
        {{^alerts}}<p class="empty">None so far.</p>{{/alerts}}
        </section>
        <section class="panel" id="retrainings"><h2>Retrainings</h2>
        <table><thead><tr><th class="n">#</th><th>State</th><th>Decided</th><th>Learns from</th><th>Dataset</th><th>Run</th><th>Version</th>\#
        <th>Why</th><th>Recorded</th></tr></thead><tbody>
        {{#retrainings}}
        <tr><td class="n muted">{{number}}</td><td>{{#state}}{{>badge}}{{/state}}</td><td class="when">{{#at}}{{>moment}}{{/at}}</td>\#
        <td class="nowrap">{{data}}</td>\#
        <td class="nowrap">{{#dataset}}{{>link}}{{/dataset}}</td><td class="mono">{{#run}}{{>link}}{{/run}}</td><td>{{#version}}\#
        {{>link}}{{/version}}</td><td class="words">{{cause}}<br><span class="muted">{{outcome}}</span></td>\#
        <td class="when muted">{{#recorded}}{{>moment}}{{/recorded}}</td></tr>
        {{/retrainings}}
        </tbody></table>
        {{^retrainings}}<p class="empty">None so far.</p>{{/retrainings}}
        </section>
        <section class="panel" id="releases"><h2>Releases</h2>
        <table><thead><tr><th class="n">#</th><th>Version</th><th>How</th><th>State</th><th>Started</th><th>Ended</th>\#
        <th>Why, and how it ended</th><th>By</th><th>Recorded</th></tr></thead><tbody>
        {{#releases}}
        <tr><td class="n muted">{{number}}</td><td>{{#version}}{{>link}}{{/version}}</td><td class="nowrap">{{strategy}}</td><td>{{#state}}\#
        {{>badge}}{{/state}}</td><td class="when">{{#started}}{{>moment}}{{/started}}</td>\#
        <td class="when">{{#ended}}{{>moment}}{{/ended}}</td><td class="words">{{cause}}{{#override}}\#
         <strong class="warn">Forced: {{.}}</strong>{{/override}}<br><span class="muted">{{outcome}}</span></td>\#
        <td class="muted">{{by}}</td><td class="when muted">{{#recorded}}{{>moment}}{{/recorded}}</td></tr>
        {{/releases}}
        </tbody></table>
        {{^releases}}<p class="empty">None so far.</p>{{/releases}}
        </section>
        """#
}
