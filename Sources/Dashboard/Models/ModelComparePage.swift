import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// What `/models/NAME/compare?a=…&b=…` asks for.
struct ModelCompareQuery: Sendable, Equatable {
    var model: String
    var first: String
    var second: String
    /// The model of the second, when it is another.
    var other: String?
}

/// `/models/NAME/compare`: two versions side by side.
struct ModelComparePage: DashboardPage, Equatable {
    struct Side: Sendable, Equatable {
        var version: Link
        var status: Badge
        var aliases: [String]
        var made: Moment
        var by: String
        var code: String
        var run: Link?
    }

    struct Row: Sendable, Equatable {
        var name: String
        var about: String = ""
        var from: String
        var to: String
        var change: String = ""
        var verdict: Badge?
    }

    struct Example: Sendable, Equatable {
        var row: String
        var from: String
        var to: String
        var truth: String
        var inputs: String
    }

    struct Churn: Sendable, Equatable {
        var headline: String
        var sentence: String
        var flips: [Row]
        var hasFlips: Bool
        var spread: [VersionPage.Pair]
        var hasSpread: Bool
        var spreadOf: String
        var examples: [Example]
        var hasExamples: Bool
    }

    var title: String
    var model: Link
    var compare: ComparePicker?
    var sides: [Side]
    var metrics: [Row]
    var holdoutNote: String?
    var params: [Row]
    var data: [Row]
    var schema: [Row]
    var environment: [Row]
    var churn: Churn?
    var churnProblem: String?

    static let name = "model-compare"
    static let template = #"""
        <div class="title"><h1>{{title}}</h1><p class="muted">{{#model}}{{>link}}{{/model}}</p></div>
        {{#compare}}{{>compare-picker}}{{/compare}}
        <div class="columns two">{{#sides}}<section class="panel"><h2>{{#version}}{{>link}}{{/version}} {{#status}}{{>badge}}{{/status}}\#
        {{#aliases}}<i class="alias">{{.}}</i>{{/aliases}}</h2><dl><dt>Made</dt><dd>{{#made}}{{>moment}}{{/made}} by {{by}}</dd>\#
        <dt>Code</dt><dd class="mono">{{code}}</dd><dt>Run</dt><dd class="mono">{{#run}}{{>link}}{{/run}}{{^run}}–{{/run}}</dd></dl></section>{{/sides}}</div>
        <section class="panel wide"><h2>What they answer differently</h2>{{#churn}}<p><b>{{headline}}</b> {{sentence}}</p>
        <div class="columns two"><div>{{#hasFlips}}<h3>Classes that changed</h3><table><thead><tr><th>First</th><th>Second</th>\#
        <th class="n">Rows</th></tr></thead><tbody>{{#flips}}<tr><td>{{from}}</td><td>{{to}}</td><td class="n">{{change}}</td></tr>{{/flips}}\#
        </tbody></table>{{/hasFlips}}</div><div>{{#hasSpread}}<h3>{{spreadOf}}</h3><dl class="metrics">{{#spread}}<div><dt>{{key}}</dt>\#
        <dd class="num">{{value}}</dd></div>{{/spread}}</dl>{{/hasSpread}}</div></div>
        {{#hasExamples}}<h3>Examples</h3><table><thead><tr><th class="n">Row</th><th>First</th><th>Second</th><th>Truth</th><th>Inputs</th></tr>\#
        </thead><tbody>{{#examples}}<tr><td class="n">{{row}}</td><td>{{from}}</td><td>{{to}}</td><td>{{truth}}</td><td class="mono words">{{inputs}}</td>\#
        </tr>{{/examples}}</tbody></table>{{/hasExamples}}{{/churn}}{{#churnProblem}}<p class="empty">Not compared: {{.}}</p>{{/churnProblem}}</section>
        <section class="panel wide"><h2>Metrics {{#holdoutNote}}<span class="muted">{{.}}</span>{{/holdoutNote}}</h2><table><thead><tr><th>Metric</th>\#
        <th>Of</th><th class="n">First</th><th class="n">Second</th><th class="n">Change</th><th>Second is</th></tr></thead><tbody>
        {{#metrics}}<tr><td class="mono">{{name}}</td><td class="muted">{{about}}</td><td class="n">{{from}}</td><td class="n">{{to}}</td>\#
        <td class="n">{{change}}</td><td>{{#verdict}}{{>badge}}{{/verdict}}</td></tr>{{/metrics}}
        </tbody></table>{{^metrics}}<p class="empty">Neither has any.</p>{{/metrics}}</section>
        <div class="columns two">
        <section class="panel"><h2>Parameters that differ</h2><table><thead><tr><th>Parameter</th><th>First</th><th>Second</th></tr></thead><tbody>
        {{#params}}<tr><td class="mono">{{name}}</td><td class="mono words">{{from}}</td><td class="mono words">{{to}}</td></tr>{{/params}}
        </tbody></table>{{^params}}<p class="empty">None.</p>{{/params}}</section>
        <section class="panel"><h2>Data</h2><table><thead><tr><th>Dataset</th><th>First</th><th>Second</th><th></th></tr></thead><tbody>
        {{#data}}<tr><td>{{name}}</td><td>{{from}}</td><td>{{to}}</td><td class="muted">{{change}}</td></tr>{{/data}}
        </tbody></table>{{^data}}<p class="empty">Neither names any.</p>{{/data}}</section>
        <section class="panel"><h2>Inputs and outputs that differ</h2><table><thead><tr><th></th><th>Name</th><th>First</th><th>Second</th></tr></thead>\#
        <tbody>{{#schema}}<tr><td class="muted">{{about}}</td><td class="mono">{{name}}</td><td class="mono">{{from}}</td><td class="mono">{{to}}</td></tr>\#
        {{/schema}}</tbody></table>{{^schema}}<p class="empty">None.</p>{{/schema}}</section>
        <section class="panel"><h2>Environment that differs</h2><table><thead><tr><th>File</th><th>First</th><th>Second</th></tr></thead><tbody>
        {{#environment}}<tr><td>{{name}}</td><td class="mono">{{from}}</td><td class="mono">{{to}}</td></tr>{{/environment}}
        </tbody></table>{{^environment}}<p class="empty">None.</p>{{/environment}}</section></div>
        """#
}

extension DashboardRoutes {
    /// A version's page, and two versions side by side.
    func mountVersions(on pages: TernRouterGroup) {
        pages.get("models/:name/versions/:version") { [source] request, context in
            let text = try context.path("version")
            guard let number = Int(text), number > 0 else { throw TernError.invalid("'\(text)' is not a version number") }
            let page = try await source.version(context.path("name"), number)
            return try PageFrame(.models, page.title).response(page, to: request)
        }
        pages.get("models/:name/compare") { [source] request, context in
            guard let first = request.query("a"), let second = request.query("b") else {
                throw TernError.invalid("the address lacks 'a' or 'b', the versions to compare", hint: "choose two on the model's page")
            }
            let query = ModelCompareQuery(model: try context.path("name"), first: first, second: second, other: request.query("other"))
            let page = try await source.modelCompare(query)
            return try PageFrame(.models, page.title).response(page, to: request)
        }
    }
}
