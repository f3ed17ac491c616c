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
    /// The models that come after these.
    var more: Link?

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
        {{#more}}<p class="pages">{{>link}}</p>{{/more}}
        </section>
        """#
}
