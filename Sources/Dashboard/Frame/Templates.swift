import Mustache
import TernKernel

/// A view that a template of the same name renders.
protocol DashboardView: Sendable {
    static var template: String { get }
}

/// All templates, parsed once. Mustache escapes whatever a `{{name}}` puts in; only the frame's own `{{{body}}}` is not escaped,
/// and `{{{card}}}`, which `Markdown` has escaped.
enum Templates {
    /// By name; parts of pages are templates as well (`{{>badge}}`).
    static let texts: [String: String] = [
        "frame": PageFrame.template, "failure": FailurePage.template, "overview": OverviewPage.template, "loop": LoopStage.template,
        "card": EndpointCard.template, "ledger-rows": LedgerRow.template, "experiments": ExperimentsPage.template,
        "runs": RunsPage.template, "run": RunPage.template, "run-overview": RunOverview.template, "run-charts": RunCharts.template,
        "run-lineage": RunLineage.template, "run-logs": RunLogs.template, "run-artifacts": RunArtifacts.template,
        "artifact-preview": ArtifactPreview.template, "compare": ComparePage.template, "prose": Prose.template,
        "models": ModelsPage.template, "model": ModelPage.template, "version": ModelVersionView.template, "endpoints": EndpointsPage.template,
        "endpoint": EndpointPage.template, "endpoint-state": EndpointPage.stateTemplate, "endpoint-history": EndpointPage.historyTemplate,
        "pipelines": PipelinesPage.template, "pipeline-run": PipelineRunPage.template, "datasets": DatasetsPage.template,
        "dataset": DatasetPage.template, "ledger": LedgerPage.template, "badge": Badge.template, "link": Link.template, "moment": Moment.template,
        "spark": Spark.template, "alert-rows": AlertRow.template, "alert-done-rows": AlertRow.doneTemplate,
        "pipeline-run-rows": PipelineRunRow.template, "sweeps": SweepsPage.template, "sweep": SweepPage.template,
        "sweep-state": SweepPage.stateTemplate,
        "model-version": VersionPage.template, "model-version-lineage": VersionPage.lineageTemplate, "model-compare": ModelComparePage.template,
        "compare-picker": ComparePicker.template,
    ]

    private static let library = Result {
        var library = MustacheLibrary()
        for (name, text) in texts { try library.register(text, named: name) }
        return library
    }

    /// - Throws: `internal` when the template is not there or does not parse.
    static func render(_ name: String, _ view: some Sendable) throws -> String {
        do {
            guard let text = try library.get().render(view, withTemplate: name) else { throw TernError(.internal, "there is no template '\(name)'") }
            return text
        } catch let error as MustacheLibrary.ParserError {
            throw TernError(.internal, "template '\(error.filename)', line \(error.context.lineNumber): \(error.error)")
        }
    }
}
