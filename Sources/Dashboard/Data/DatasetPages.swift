/// `/data`.
struct DatasetsPage: DashboardPage {
    struct Row: Sendable, Equatable {
        var dataset: Link
        var description: String
        var owner: String
        var latest: Link?
        var versions: String
        var rows: String
        var columns: String
        var bytes: String
        var added: Moment?
    }

    var datasets: [Row]

    static let name = "datasets"
    static let template = #"""
        <div class="title"><h1>Data</h1></div>
        <section class="panel wide">
        <table><thead><tr><th>Dataset</th><th>About</th><th>Latest</th><th class="n">Versions</th><th class="n">Rows</th>\#
        <th class="n">Columns</th><th class="n">Size</th><th>Added</th><th>Owner</th></tr></thead><tbody>
        {{#datasets}}
        <tr><td>{{#dataset}}{{>link}}{{/dataset}}</td><td class="words muted">{{description}}</td><td>{{#latest}}{{>link}}{{/latest}}</td>\#
        <td class="n">{{versions}}</td><td class="n">{{rows}}</td>\#
        <td class="n">{{columns}}</td><td class="n">{{bytes}}</td><td class="when">{{#added}}{{>moment}}{{/added}}</td>\#
        <td class="muted">{{owner}}</td></tr>
        {{/datasets}}
        </tbody></table>
        {{^datasets}}<p class="empty">No dataset yet: <code>tern data add NAME FILE</code> adds one.</p>{{/datasets}}
        </section>
        """#
}

/// `/data/NAME`.
struct DatasetPage: DashboardPage {
    struct Version: Sendable, Equatable {
        var version: Link
        var shown: Bool
        var rows: String
        var bytes: String
        var digest: String
        var reason: String
        var by: String
        var at: Moment
        var file: String
    }

    struct Column: Sendable, Equatable {
        /// A bar of the histogram: its height in percent, and its range in words.
        struct Bar: Sendable, Equatable {
            var height: Int
            var words: String
        }

        var name: String
        var type: String
        var expect: String
        var least: String
        var mean: String
        var greatest: String
        var missing: String
        var distinct: String
        var bars: [Bar]
    }

    struct Rejection: Sendable, Equatable {
        struct Violation: Sendable, Equatable {
            var row: String
            var column: String
            var value: String
            var message: String
        }

        var at: Moment
        var by: String
        var source: String
        var message: String
        var violations: [Violation]
    }

    var title: String
    var owner: String
    var description: String
    var time: String?
    /// The version whose profile is shown.
    var shown: String?
    var versions: [Version]
    var columns: [Column]
    var rejected: [Rejection]
    var ledger: Link

    static let name = "dataset"
    static let template = #"""
        <div class="title"><h1>{{title}}</h1><p class="muted">{{description}} Owned by {{owner}}{{#time}}\#
        , its time is <code>{{.}}</code>{{/time}} · {{#ledger}}{{>link}}{{/ledger}}</p></div>
        <section class="panel wide"><h2>Versions</h2>
        <table><thead><tr><th>Version</th><th class="n">Rows</th><th class="n">Size</th><th>sha256</th><th>Why</th><th>By</th><th>Added</th>\#
        <th></th></tr></thead><tbody>
        {{#versions}}
        <tr{{#shown}} class="chosen"{{/shown}}><td>{{#version}}{{>link}}{{/version}}</td><td class="n">{{rows}}</td><td class="n">{{bytes}}</td>\#
        <td class="mono">{{digest}}</td><td class="words">{{reason}}</td>\#
        <td class="muted">{{by}}</td><td class="when muted">{{#at}}{{>moment}}{{/at}}</td><td><a href="{{file}}" download>file</a></td></tr>
        {{/versions}}
        </tbody></table>{{^versions}}<p class="empty">No version yet.</p>{{/versions}}
        </section>
        {{#shown}}
        <section class="panel wide"><h2>Columns of version {{.}}</h2>
        <table class="profile"><thead><tr><th>Column</th><th>Type</th><th>Expected</th><th>Distribution</th><th class="n">Least</th>\#
        <th class="n">Mean</th><th class="n">Greatest</th><th class="n">Missing</th><th class="n">Distinct</th></tr></thead><tbody>
        {{#columns}}
        <tr><td class="mono">{{name}}</td><td>{{type}}</td><td class="muted">{{expect}}</td><td><span class="histogram">{{#bars}}\#
        <i style="height:{{height}}%" title="{{words}}"></i>{{/bars}}</span></td>\#
        <td class="n">{{least}}</td><td class="n">{{mean}}</td><td class="n">{{greatest}}</td><td class="n">{{missing}}</td>\#
        <td class="n">{{distinct}}</td></tr>
        {{/columns}}
        </tbody></table></section>
        {{/shown}}
        <section class="panel wide"><h2>Refused files</h2>
        {{#rejected}}
        <article class="refused"><p><span class="badge bad">refused</span> {{message}} <span class="muted">{{#at}}{{>moment}}{{/at}}\#
         by {{by}}</span></p><p class="mono muted">{{source}}</p>
        <table><thead><tr><th class="n">Row</th><th>Column</th><th>Value</th><th>What is wrong</th></tr></thead><tbody>
        {{#violations}}<tr><td class="n">{{row}}</td><td class="mono">{{column}}</td><td class="mono">{{value}}</td>\#
        <td class="words">{{message}}</td></tr>{{/violations}}
        </tbody></table></article>
        {{/rejected}}
        {{^rejected}}<p class="empty">None.</p>{{/rejected}}
        </section>
        """#
}
