import Foundation
import Pipelines
import Registry
import TernKernel
import Tracking

/// Fills a run's page: what is common to its parts, and the part that was asked for.
struct RunLoader: Sendable {
    private static let children = 100
    /// How much of a log the page itself shows: its end.
    private static let tail: Int64 = 16 << 10

    let services: DashboardServices

    func load(_ id: String, _ query: RunPageQuery) async throws -> RunPage {
        let run = try await services.tracking.run(id)
        let experiment = try await services.tracking.experiment(run.info.experiment)
        var page = RunPage(
            title: run.info.name.isEmpty ? String(id.prefix(8)) : run.info.name, id: id,
            experiment: Link.experiment(experiment.id, text: experiment.name), status: Badge(state: run.info.status.rawValue),
            state: run.info.status.rawValue, isRunning: run.info.status == .running, isDeleted: run.info.stage == .deleted, user: run.info.user,
            started: Moment(milliseconds: run.info.startTime), startedAt: String(run.info.startTime),
            ended: run.info.endTime.map(Moment.init(milliseconds:)), duration: run.info.duration,
            pipelineRun: run.tags["tern.pipeline_run"].map { Link.pipelineRun($0) },
            sweep: run.tags["tern.sweep"].map { Link(text: String($0.prefix(8)), address: "/sweeps/" + Link.escape($0)) },
            parent: run.tags["mlflow.parentRunId"].map { Link.run($0) },
            tabs: RunPageQuery.Tab.allCases.map { tab in
                let name = tab.rawValue.prefix(1).uppercased() + tab.rawValue.dropFirst()
                return RunPage.Tab(
                    title: tab == .system ? "System metrics" : name,
                    address: Link.run(id).address + (tab == .overview ? "" : "?tab=\(tab.rawValue)"), current: tab == query.tab)
            })
        switch query.tab {
        case .overview: page.overview = try await overview(run)
        case .charts, .system: page.charts = charts(run, system: query.tab == .system)
        case .artifacts: page.artifacts = try await ArtifactLoader(services: services).load(run, query.path)
        case .lineage: page.lineage = try await lineage(run, page)
        case .logs: page.logs = try await logs(run)
        }
        return page
    }

    // MARK: Parts

    private func overview(_ run: Run) async throws -> RunOverview {
        // Two buckets are enough to know the least, the greatest and how many.
        let curves = try await services.tracking.curves(of: run.info.id, points: 2)
        let summaries = Dictionary(curves.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let note = run.tags[RunsLoader.noteTag] ?? ""
        return RunOverview(
            note: Prose(note), noteText: note, source: RunLoader.source(run),
            metrics: run.metrics.sorted { $0.key < $1.key }.map { RunLoader.metric($0, summaries[$0.key]) }, params: RunLoader.pairs(run.params),
            tags: RunLoader.pairs(run.tags.filter { $0.key != RunsLoader.noteTag && $0.key != ReservedTag.loggedModels }).map {
                RunOverview.Tag(key: $0.key, value: $0.value, own: !$0.key.hasPrefix("mlflow.") && !$0.key.hasPrefix("tern."))
            })
    }

    private static func metric(_ point: MetricPoint, _ curve: MetricCurve?) -> RunOverview.Metric {
        let finite = (curve?.buckets ?? []).filter { !$0.min.isNaN }
        return RunOverview.Metric(
            key: RunsLoader.pieces(point.key), last: Figures.number(point.value), least: finite.map(\.min).min().map(Figures.number) ?? "",
            greatest: finite.map(\.max).max().map(Figures.number) ?? "", step: Figures.count(point.step),
            points: curve.map { Figures.count($0.points) } ?? "")
    }

    /// What clients say about where a run came from, in their tags.
    private static func source(_ run: Run) -> [RunPage.Pair] {
        let known = [
            ("Source", "mlflow.source.name"), ("Kind", "mlflow.source.type"), ("Git commit", "mlflow.source.git.commit"),
            ("Git branch", "mlflow.source.git.branch"), ("Git repository", "mlflow.source.git.repoURL"), ("Git changes", "mlflow.source.git.dirty"),
            ("User", "mlflow.user"), ("Project", "mlflow.project.entryPoint"),
        ]
        return known.compactMap { title, tag in run.tags[tag].map { RunPage.Pair(key: title, value: $0) } }
            + [RunPage.Pair(key: "Artifacts", value: run.info.artifactURI)]
    }

    private func charts(_ run: Run, system: Bool) -> RunCharts {
        let metrics = run.metrics.filter { $0.key.hasPrefix("system/") == system }.sorted { $0.key < $1.key }
        return RunCharts(
            keys: JSON.array(metrics.map { .string($0.key) }).description, system: system,
            rows: metrics.map { RunPage.Pair(key: $0.key, value: Figures.number($0.value)) })
    }

    private func lineage(_ run: Run, _ page: RunPage) async throws -> RunLineage {
        let id = run.info.id
        let logged = try await services.tracking.searchLoggedModels(
            LoggedModelSearch(
                experiments: [run.info.experiment], filter: SearchFilter([SearchFilter.Condition(.attribute("source_run"), .equal(id))])))
        var models = logged.elements.map { model in
            RunLineage.Model(
                name: model.name, id: model.id, status: Badge(state: model.status.rawValue), role: "made here",
                step: run.modelOutputs.first { $0.model == model.id }.map { Figures.count($0.step) } ?? "")
        }
        for input in run.modelInputs {
            let model = try? await services.tracking.loggedModel(input, orDeleted: true)
            models.append(
                RunLineage.Model(
                    name: model?.name ?? input, id: input, status: Badge(state: model?.status.rawValue ?? "gone"), role: "read here", step: ""))
        }
        let parts = try await services.tracking.searchRuns(
            RunSearch(
                experiments: [run.info.experiment], filter: SearchFilter([SearchFilter.Condition(.tag("mlflow.parentRunId"), .equal(id))]),
                limit: RunLoader.children))
        return RunLineage(
            datasets: run.datasets.map {
                RunLineage.Dataset(
                    name: $0.name, digest: String($0.digest.prefix(12)), context: $0.tags[DatasetInput.contextTag] ?? "",
                    source: String($0.source.prefix(300)))
            }, models: models, versions: try await services.registry.versions(run: id).map { Link.version($0.model, $0.version) },
            pipelineRun: page.pipelineRun, parent: page.parent, children: parts.elements.map { Link.run($0.info.id, text: $0.info.name) },
            more: parts.nextOffset == nil ? nil : "Only the last \(RunLoader.children) parts are listed.",
            linked: page.pipelineRun != nil || page.parent != nil || !parts.elements.isEmpty)
    }

    private func logs(_ run: Run) async throws -> RunLogs {
        var pieces = RunLoader.trialLog(run)
        guard let id = run.tags["tern.pipeline_run"], let pipeline = try? await services.pipelines.run(id) else { return RunLogs(pieces: pieces) }
        for step in pipeline.steps where step.logPath != nil {
            // A piece from beyond the end tells how long the log is.
            let size = try await piece(of: step.name, in: id, from: .max)["size"]?.intValue ?? 0
            let piece = try await piece(of: step.name, in: id, from: max(0, size - RunLoader.tail))
            pieces.append(
                RunLogs.Piece(
                    title: step.name, state: Badge(state: step.state.rawValue),
                    address: "/api/tern/v1/pipeline-runs/\(Link.escape(id))/steps/\(Link.escape(step.name))/log",
                    text: (size > RunLoader.tail ? "… " : "") + (piece["text"]?.stringValue ?? ""), next: String(piece["next"]?.intValue ?? size),
                    live: step.state == .running))
        }
        return RunLogs(pieces: pieces)
    }

    /// A trial's log is read by the script alone, from its start.
    private static func trialLog(_ run: Run) -> [RunLogs.Piece] {
        guard let sweep = run.tags["tern.sweep"], let trial = run.tags["tern.trial"] else { return [] }
        return [
            RunLogs.Piece(
                title: "trial \(trial)", state: Badge(state: run.info.status.rawValue),
                address: "/api/tern/v1/sweeps/\(Link.escape(sweep))/trials/\(Link.escape(trial))/log", text: "", next: "0",
                live: run.info.status == .running)
        ]
    }

    private func piece(of step: String, in run: String, from offset: Int64) async throws -> JSON {
        try JSON(encoding: try await services.pipelines.log(run: run, step: step, offset: offset))
    }

    static func pairs(_ values: [String: String]) -> [RunPage.Pair] {
        values.sorted { $0.key < $1.key }.map { RunPage.Pair(key: $0.key, value: $0.value.count > 400 ? $0.value.prefix(400) + "…" : $0.value) }
    }
}
