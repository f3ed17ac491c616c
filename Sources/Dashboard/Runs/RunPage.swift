import Foundation
import Registry
import TernKernel
import Tracking

/// `/runs/ID`.
struct RunPage: DashboardPage {
    struct Pair: Sendable, Equatable {
        var key: String
        var value: String
    }

    struct MetricView: Sendable, Equatable {
        var key: String
        var value: String
        var step: String
        /// Where the points of its line are; nil when there is only one point.
        var data: String?
    }

    struct Artifact: Sendable, Equatable {
        var path: String
        var size: String
        var address: String
    }

    var title: String
    var id: String
    var experiment: Link
    var status: Badge
    var user: String
    var started: Moment
    var ended: Moment?
    var duration: String
    var pipelineRun: Link?
    var params: [Pair]
    var tags: [Pair]
    var metrics: [MetricView]
    var charts: [MetricView]
    var datasets: [Pair]
    var artifacts: [Artifact]
    var versions: [Link]

    static let name = "run"
    static let template = #"""
        <div class="title"><h1>{{title}} {{#status}}{{>badge}}{{/status}}</h1><p class="muted"><span class="mono">{{id}}</span>\#
         in {{#experiment}}{{>link}}{{/experiment}}, by {{user}},\#
         started {{#started}}{{>moment}}{{/started}}{{#ended}}, ended {{>moment}}, {{duration}}{{/ended}}{{#pipelineRun}}\#
         · pipeline run {{>link}}{{/pipelineRun}}</p></div>
        <div class="columns two">
        <section class="panel"><h2>Metrics</h2><table><thead><tr><th>Metric</th><th class="n">Last value</th><th class="n">Step</th></tr>\#
        </thead><tbody>
        {{#metrics}}<tr><td class="mono">{{key}}</td><td class="n">{{value}}</td><td class="n muted">{{step}}</td></tr>{{/metrics}}
        </tbody></table>{{^metrics}}<p class="empty">None logged.</p>{{/metrics}}</section>
        <div><section class="panel"><h2>Model versions</h2><ul class="plain">{{#versions}}<li>{{>link}}</li>{{/versions}}</ul>\#
        {{^versions}}<p class="empty">None made from this run.</p>{{/versions}}</section>
        <section class="panel"><h2>Datasets</h2><table><tbody>{{#datasets}}<tr><td>{{key}}</td><td class="mono muted">{{value}}</td></tr>\#
        {{/datasets}}</tbody></table>\#
        {{^datasets}}<p class="empty">None logged.</p>{{/datasets}}</section>
        <section class="panel"><h2>Artifacts</h2><table><tbody>
        {{#artifacts}}<tr><td class="mono"><a href="{{address}}" download>{{path}}</a></td><td class="n muted">{{size}}</td></tr>{{/artifacts}}
        </tbody></table>{{^artifacts}}<p class="empty">None kept by this server.</p>{{/artifacts}}</section></div>
        </div>
        {{#charts}}
        <section class="panel"><h2><span class="mono">{{key}}</span> <span class="muted">over step</span></h2>\#
        <div class="chart" style="height:220px" data-chart="{{data}}" data-every="10"></div></section>
        {{/charts}}
        <div class="columns two">
        <section class="panel"><h2>Parameters</h2><table class="pairs"><tbody>
        {{#params}}<tr><td class="mono">{{key}}</td><td>{{value}}</td></tr>{{/params}}
        </tbody></table>{{^params}}<p class="empty">None logged.</p>{{/params}}</section>
        <section class="panel"><h2>Tags</h2><table class="pairs"><tbody>
        {{#tags}}<tr><td class="mono">{{key}}</td><td>{{value}}</td></tr>{{/tags}}
        </tbody></table>{{^tags}}<p class="empty">None.</p>{{/tags}}</section>
        </div>
        """#
}

/// Fills a run's page.
struct RunLoader: Sendable {
    private static let points = 500
    private static let charts = 24
    private static let artifacts = 500

    let services: DashboardServices

    func load(_ id: String) async throws -> RunPage {
        let run = try await services.tracking.run(id)
        let experiment = try await services.tracking.experiment(run.info.experiment)
        let versions = try await services.registry.versions(run: id)
        var metrics: [RunPage.MetricView] = []
        for metric in run.metrics.sorted(by: { $0.key < $1.key }) {
            let several = try await services.tracking.metricHistory(metric.key, of: id, limit: 2).elements.count > 1
            metrics.append(
                RunPage.MetricView(
                    key: metric.key, value: Figures.number(metric.value), step: String(metric.step),
                    data: several ? "/dashboard/data/runs/\(Link.escape(id))/metrics?key=\(Link.escape(metric.key))" : nil))
        }
        return RunPage(
            title: run.info.name.isEmpty ? String(id.prefix(8)) : run.info.name, id: id,
            experiment: Link(text: experiment.name, address: "/runs?experiment=" + Link.escape(experiment.name)),
            status: Badge(state: run.info.status.rawValue), user: run.info.user, started: Moment(milliseconds: run.info.startTime),
            ended: run.info.endTime.map(Moment.init(milliseconds:)), duration: run.info.duration,
            pipelineRun: run.tags["tern.pipeline_run"].map { Link.pipelineRun($0) }, params: RunLoader.pairs(run.params),
            tags: RunLoader.pairs(run.tags.filter { $0.key != ReservedTag.loggedModels }), metrics: metrics,
            charts: Array(metrics.filter { $0.data != nil }.prefix(RunLoader.charts)),
            datasets: run.datasets.map { RunPage.Pair(key: $0.name, value: String($0.digest.prefix(12))) }, artifacts: await files(of: run),
            versions: versions.map { Link.version($0.model, $0.version) })
    }

    /// At most 500 points, evenly spread: the picture has no more pixels.
    func metric(_ key: String, of id: String) async throws -> LineChart {
        let found = try await services.tracking.metricSample(key, of: [id], limit: RunLoader.points)
        let points = found.map { [Double($0.point.step), $0.point.value.isFinite ? $0.point.value : nil] }
        return LineChart(time: false, lines: [LineChart.Line(name: key, role: "metric", points: points)], metric: key)
    }

    private static func pairs(_ values: [String: String]) -> [RunPage.Pair] {
        values.sorted { $0.key < $1.key }.map { RunPage.Pair(key: $0.key, value: $0.value.count > 400 ? $0.value.prefix(400) + "…" : $0.value) }
    }

    /// The files of the run that this server keeps, folders opened.
    private func files(of run: Run) async -> [RunPage.Artifact] {
        let scheme = "mlflow-artifacts:/"
        guard let artifacts = services.artifacts, run.info.artifactURI.hasPrefix(scheme) else { return [] }
        let root = run.info.artifactURI.dropFirst(scheme.count).drop { $0 == "/" }
        var found: [RunPage.Artifact] = []
        var folders = [""]
        while let folder = folders.popLast(), found.count < RunLoader.artifacts {
            for entry in (try? await artifacts.list(folder.isEmpty ? String(root) : "\(root)/\(folder)")) ?? [] {
                let path = folder.isEmpty ? entry.name : folder + "/" + entry.name
                if entry.isFolder {
                    folders.append(path)
                } else {
                    found.append(
                        RunPage.Artifact(
                            path: path, size: entry.size.map(Figures.bytes) ?? "",
                            address: "/get-artifact?run_id=\(Link.escape(run.info.id))&path=\(Link.escape(path))"))
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }
}
