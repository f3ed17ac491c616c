import Hummingbird
import TernWeb

/// Which part of a run's page a reader wants.
struct RunPageQuery: Sendable, Equatable {
    enum Tab: String, CaseIterable, Sendable {
        case overview, charts, system, artifacts, lineage, logs
    }

    var tab = Tab.overview
    /// The file to look at.
    var path: String?

    init(_ tab: Tab = .overview, path: String? = nil) {
        self.tab = tab
        self.path = path
    }

    init(_ request: Request) {
        self.init(request.query("tab").flatMap(Tab.init(rawValue:)) ?? .overview, path: request.query("path"))
    }
}

/// `/runs/ID`.
struct RunPage: DashboardPage {
    struct Pair: Sendable, Equatable {
        var key: String
        var value: String
    }

    struct Tab: Sendable, Equatable {
        var title: String
        var address: String
        var current: Bool
    }

    var title: String
    var id: String
    var experiment: Link
    var status: Badge
    /// As MLflow's API writes it.
    var state: String
    var isRunning: Bool
    var isDeleted: Bool
    var user: String
    var started: Moment
    var startedAt: String
    var ended: Moment?
    var duration: String
    var pipelineRun: Link?
    var sweep: Link?
    var parent: Link?
    var tabs: [Tab]
    /// One of them is there.
    var overview: RunOverview?
    var charts: RunCharts?
    var artifacts: RunArtifacts?
    var lineage: RunLineage?
    var logs: RunLogs?

    static let name = "run"
    static let template = #"""
        <div class="title"><h1>{{title}} {{#status}}{{>badge}}{{/status}}{{#isDeleted}} <span class="badge bad">deleted</span>{{/isDeleted}}</h1>\#
        <p class="muted"><span class="mono">{{id}}</span>\#
         in {{#experiment}}{{>link}}{{/experiment}}, by {{user}},\#
         started {{#started}}{{>moment}}{{/started}}{{#ended}}, ended {{>moment}}, {{duration}}{{/ended}}{{#pipelineRun}}\#
         · pipeline run {{>link}}{{/pipelineRun}}{{#sweep}} · sweep {{>link}}{{/sweep}}{{#parent}} · part of {{>link}}{{/parent}}</p></div>
        <nav class="tabs" aria-label="Parts of this run">{{#tabs}}<a href="{{address}}"{{#current}} aria-current="page"{{/current}}>{{title}}</a>\#
        {{/tabs}}</nav>
        <div data-run="{{id}}" data-name="{{title}}" data-state="{{state}}" data-start="{{startedAt}}">
        {{#overview}}{{>run-overview}}{{/overview}}{{#charts}}{{>run-charts}}{{/charts}}{{#artifacts}}{{>run-artifacts}}{{/artifacts}}\#
        {{#lineage}}{{>run-lineage}}{{/lineage}}{{#logs}}{{>run-logs}}{{/logs}}
        </div>
        """#
}

/// What a run was given and what came of it.
struct RunOverview: DashboardView, Equatable {
    struct Metric: Sendable, Equatable {
        var key: [String]
        var last: String
        var least: String
        var greatest: String
        var step: String
        var points: String
    }

    struct Tag: Sendable, Equatable {
        var key: String
        var value: String
        /// Tags of clients themselves are shown and left alone.
        var own: Bool
    }

    var note: Prose?
    var noteText: String
    var source: [RunPage.Pair]
    var metrics: [Metric]
    var params: [RunPage.Pair]
    var tags: [Tag]

    static let template = #"""
        <section class="panel"><h2>Description <button type="button" class="more live-only" data-act="note" data-text="{{noteText}}">Edit…\#
        </button></h2>\#
        {{#note}}<div class="prose">{{>prose}}</div>{{/note}}{{^note}}<p class="empty">None written.</p>{{/note}}</section>
        <div class="columns two">
        <section class="panel"><h2>Metrics</h2><table><thead><tr><th>Metric</th><th class="n">Last</th><th class="n">Min</th><th class="n">Max</th>\#
        <th class="n">Step</th><th class="n">Points</th></tr></thead><tbody>
        {{#metrics}}<tr><td class="mono">{{#key}}{{.}}<wbr>{{/key}}</td><td class="n">{{last}}</td><td class="n muted">{{least}}</td>\#
        <td class="n muted">{{greatest}}</td><td class="n muted">{{step}}</td><td class="n muted">{{points}}</td></tr>{{/metrics}}
        </tbody></table>{{^metrics}}<p class="empty">None logged.</p>{{/metrics}}</section>
        <div><section class="panel"><h2>Parameters</h2><table class="pairs"><tbody>
        {{#params}}<tr><td class="mono">{{key}}</td><td>{{value}}</td></tr>{{/params}}
        </tbody></table>{{^params}}<p class="empty">None logged.</p>{{/params}}</section>
        <section class="panel"><h2>Where it ran</h2><table class="pairs"><tbody>
        {{#source}}<tr><td>{{key}}</td><td class="mono">{{value}}</td></tr>{{/source}}
        </tbody></table>{{^source}}<p class="empty">The client did not say.</p>{{/source}}</section>
        <section class="panel"><h2>Tags <button type="button" class="more live-only" data-act="tag">Add…</button></h2><table class="pairs"><tbody>
        {{#tags}}<tr><td class="mono">{{key}}</td><td>{{value}}</td><td class="live-only n nowrap">{{#own}}<button type="button" data-act="tag"\#
         data-key="{{key}}" data-value="{{value}}">Edit…</button> <button type="button" data-act="untag" data-key="{{key}}"\#
         aria-label="Take the tag {{key}} off">✕</button>{{/own}}</td></tr>{{/tags}}
        </tbody></table>{{^tags}}<p class="empty">None.</p>{{/tags}}</section></div>
        </div><p class="said" role="status"></p>
        """#
}

/// The metrics of a run as charts, drawn by `run-page.js`.
struct RunCharts: DashboardView, Equatable {
    /// Names, as JSON.
    var keys: String
    var system: Bool
    var rows: [RunPage.Pair]

    static let template = #"""
        <div data-charts="{{keys}}"></div>
        <noscript><section class="panel"><table><tbody>{{#rows}}<tr><td class="mono">{{key}}</td><td class="n">{{value}}</td></tr>{{/rows}}</tbody>\#
        </table></section></noscript>{{^rows}}<p class="empty">{{#system}}No system metrics: <code>mlflow.enable_system_metrics_logging()</code>\#
         logs them.{{/system}}{{^system}}None logged.{{/system}}</p>{{/rows}}
        """#
}

/// What a run read, and what was made of it.
struct RunLineage: DashboardView, Equatable {
    struct Dataset: Sendable, Equatable {
        var name: String
        var digest: String
        var context: String
        var source: String
    }

    struct Model: Sendable, Equatable {
        var name: String
        var id: String
        var status: Badge
        var role: String
        var step: String
    }

    var datasets: [Dataset]
    var models: [Model]
    var versions: [Link]
    var pipelineRun: Link?
    var parent: Link?
    var children: [Link]
    var more: String?

    /// Whether it belongs to a pipeline run or other runs.
    var linked = false

    static let template = #"""
        <section class="panel"><h2>Datasets it read</h2><table><thead><tr><th>Dataset</th><th>Digest</th><th>For</th><th>Source</th></tr>\#
        </thead><tbody>
        {{#datasets}}<tr><td>{{name}}</td><td class="mono">{{digest}}</td><td>{{context}}</td><td class="mono words muted">{{source}}</td></tr>\#
        {{/datasets}}</tbody></table>{{^datasets}}<p class="empty">None logged.</p>{{/datasets}}</section>
        <section class="panel"><h2>Logged models</h2><table><thead><tr><th>Model</th><th>State</th><th></th><th class="n">Step</th><th>Id</th></tr>\#
        </thead><tbody>{{#models}}<tr><td>{{name}}</td><td>{{#status}}{{>badge}}{{/status}}</td><td>{{role}}</td><td class="n">{{step}}</td>\#
        <td class="mono muted">{{id}}</td></tr>{{/models}}</tbody></table>{{^models}}<p class="empty">None logged.</p>{{/models}}</section>
        <div class="columns two"><section class="panel"><h2>Registered versions</h2><ul class="plain">{{#versions}}<li>{{>link}}\#
        </li>{{/versions}}</ul>\#
        {{^versions}}<p class="empty">None made from this run.</p>{{/versions}}</section>
        <section class="panel"><h2>Runs and pipelines</h2><dl>{{#pipelineRun}}<dt>Pipeline run</dt><dd>{{>link}}</dd>{{/pipelineRun}}\#
        {{#parent}}<dt>Part of</dt><dd>{{>link}}</dd>{{/parent}}{{#children}}<dt>Has part</dt><dd>{{>link}}</dd>{{/children}}</dl>\#
        {{^linked}}<p class="empty">None.</p>{{/linked}}{{#more}}<p class="muted">{{.}}</p>{{/more}}</section></div>
        """#
}

/// The logs of the trial that this run is, or of the pipeline run that it belongs to, a piece a step; `log-tail.js` reads them on.
struct RunLogs: DashboardView, Equatable {
    struct Piece: Sendable, Equatable {
        var title: String
        var state: Badge
        var address: String
        var text: String
        /// How far the text goes.
        var next: String
        var live: Bool
    }

    var pieces: [Piece]

    static let template = #"""
        {{#pieces}}<section class="panel"><h2>{{title}} {{#state}}{{>badge}}{{/state}} <a class="more" href="{{address}}">as JSON</a></h2>\#
        <div class="log-tail" data-log="{{address}}" data-offset="{{next}}"{{#live}} data-live="1"{{/live}}>\#
        <pre class="log" tabindex="0">{{text}}</pre>\#
        </div></section>{{/pieces}}
        {{^pieces}}<p class="empty">No logs: this server keeps those of pipeline steps and of sweeps' trials, and this run is\#
         neither.</p>{{/pieces}}
        """#
}
