import Datasets
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import Serving
import Sweeps
import TernKernel
import TernStore
import TernWeb
import Tracking

/// The dashboard as the server sees it: pages at the root, over the services of the other rooms.
package struct DashboardRoom: Sendable {
    private let source: DashboardSource

    /// - Parameter artifacts: where runs' files lie; without it, pages do not list them.
    package init(
        tracking: TrackingService, artifacts: ArtifactStore? = nil, datasets: DatasetService, pipelines: PipelineService, registry: RegistryService,
        releases: ReleaseService, serving: PredictionService, monitoring: MonitoringService, policies: PolicyService, ledger: LedgerStore,
        sweeps: SweepService
    ) {
        let services = DashboardServices(
            tracking: tracking, artifacts: artifacts, datasets: datasets, pipelines: pipelines, registry: registry, releases: releases,
            serving: serving,
            monitoring: monitoring, policies: policies, ledger: ledger, sweeps: sweeps)
        self.init(source: DashboardSource(services))
    }

    init(source: DashboardSource) { self.source = source }

    /// Mounts the pages, their data and the assets at the root.
    package func mount(on router: TernRouter) { DashboardRoutes(source: source).mount(on: router) }
}

/// What the loaders read from.
struct DashboardServices: Sendable {
    var tracking: TrackingService
    var artifacts: ArtifactStore?
    var datasets: DatasetService
    var pipelines: PipelineService
    var registry: RegistryService
    var releases: ReleaseService
    var serving: PredictionService
    var monitoring: MonitoringService
    var policies: PolicyService
    var ledger: LedgerStore
    var sweeps: SweepService
}

/// Everything that pages and charts ask for. What is not there is thrown as `not_found`.
struct DashboardSource: Sendable {
    var overview: @Sendable () async throws -> OverviewPage
    var experiments: @Sendable (ExperimentsQuery) async throws -> ExperimentsPage
    var runs: @Sendable (RunsQuery) async throws -> RunsPage
    /// A piece of the table; its `next` asks for the piece after it.
    var runsCSV: @Sendable (RunsQuery) async throws -> RunsCSV
    var run: @Sendable (_ id: String, RunPageQuery) async throws -> RunPage
    var view: @Sendable (_ run: String, _ path: String) async throws -> ArtifactView
    var compare: @Sendable (CompareQuery) async throws -> ComparePage
    var models: @Sendable () async throws -> ModelsPage
    var model: @Sendable (_ name: String) async throws -> ModelPage
    var endpoints: @Sendable () async throws -> EndpointsPage
    var endpoint: @Sendable (_ name: String) async throws -> EndpointPage
    var quality: @Sendable (_ endpoint: String) async throws -> LineChart
    var drift: @Sendable (_ endpoint: String) async throws -> HeatChart
    var latency: @Sendable (_ endpoint: String) async throws -> BarChart
    var pipelines: @Sendable () async throws -> PipelinesPage
    var pipelineRun: @Sendable (_ id: String) async throws -> PipelineRunPage
    var datasets: @Sendable () async throws -> DatasetsPage
    var dataset: @Sendable (_ name: String, _ version: Int?) async throws -> DatasetPage
    var ledger: @Sendable (LedgerQuery) async throws -> LedgerPage
    var sweeps: @Sendable () async throws -> SweepsPage = { SweepsPage(sweeps: []) }
    var sweep: @Sendable (_ id: String) async throws -> SweepPage = { throw TernError.notFound("no sweep '\($0)'") }
    var sweepChart: @Sendable (_ id: String) async throws -> ParallelChart = { throw TernError.notFound("no sweep '\($0)'") }
    /// The models after a name.
    var moreModels: @Sendable (_ after: String) async throws -> ModelsPage = { _ in ModelsPage(models: []) }
    var version: @Sendable (_ model: String, _ version: Int) async throws -> VersionPage = { throw TernError.notFound("no version \($1) of \($0)") }
    var modelCompare: @Sendable (ModelCompareQuery) async throws -> ModelComparePage = { throw TernError.notFound("no model \($0.model)") }
}

extension DashboardSource {
    init(_ services: DashboardServices) {
        overview = { try await OverviewLoader(services: services).load() }
        experiments = { try await ExperimentsLoader(services: services).load($0) }
        runs = { try await RunsLoader(services: services).load($0) }
        runsCSV = { try await RunsLoader(services: services).csv($0) }
        run = { try await RunLoader(services: services).load($0, $1) }
        view = { try await ArtifactLoader(services: services).view($0, $1) }
        compare = { try await CompareLoader(services: services).load($0) }
        models = { try await ModelLoader(services: services).list() }
        moreModels = { try await ModelLoader(services: services).list(after: $0) }
        model = { try await ModelLoader(services: services).load($0) }
        endpoints = { EndpointsPage(endpoints: try await EndpointCardLoader(services: services).all()) }
        endpoint = { try await EndpointLoader(services: services).load($0) }
        quality = { try await EndpointCharts(services: services).quality($0) }
        drift = { try await EndpointCharts(services: services).drift($0) }
        latency = { try await EndpointCharts(services: services).latency($0) }
        pipelines = { try await PipelineLoader(services: services).list() }
        pipelineRun = { try await PipelineLoader(services: services).load($0) }
        datasets = { try await DatasetLoader(services: services).list() }
        dataset = { try await DatasetLoader(services: services).load($0, $1) }
        ledger = { try await LedgerLoader(services: services).load($0) }
        sweeps = { try await SweepLoader(services: services).list() }
        sweep = { try await SweepLoader(services: services).load($0) }
        sweepChart = { try await SweepLoader(services: services).chart($0) }
        version = { try await VersionLoader(services: services).load($0, $1) }
        modelCompare = { try await ModelCompareLoader(services: services).load($0) }
    }
}
