import Hummingbird
import TernKernel
import TernWeb

/// Tern's own view of runs, for the command line and the dashboard.
struct RunRoutes {
    let service: TrackingService

    func mount(on router: TernRouterGroup) {
        router.get("runs", use: list)
        router.get("runs/:id", use: one)
    }

    /// `GET runs?experiment=NAME&limit=20`, newest first.
    @Sendable private func list(_ request: Request, _ context: TernContext) async throws -> Response {
        let limit = try request.query("limit", in: 1...1000) ?? 50
        var experiments: [Int64] = []
        if let name = request.query("experiment") {
            guard let experiment = try await service.experiment(named: name) else {
                throw TernError.notFound("there is no experiment '\(name)'", hint: "without ?experiment= all of them are listed")
            }
            experiments = [experiment.id]
        } else {
            experiments = try await service.searchExperiments(ExperimentSearch(limit: 10_000)).elements.map(\.id)
        }
        let page = try await service.searchRuns(RunSearch(experiments: experiments, limit: limit))
        return try Response.json(["runs": page.elements.map(RunSummary.init)])
    }

    @Sendable private func one(_ request: Request, _ context: TernContext) async throws -> Response {
        try Response.json(RunSummary(try await service.run(context.path("id"))))
    }
}

/// A run as Tern's own API writes it.
struct RunSummary: Encodable {
    var id: String
    var experiment: String
    var name: String
    var status: String
    var stage: LifecycleStage
    var user: String
    var startedAt: Timestamp
    var endedAt: Timestamp?
    var artifactUri: String
    /// Keys are people's own: they go through `JSON`, which leaves them alone.
    var metrics: JSON
    var params: JSON
    var tags: JSON

    init(_ run: Run) {
        id = run.info.id
        experiment = String(run.info.experiment)
        name = run.info.name
        status = run.info.status.rawValue.lowercased()
        stage = run.info.stage
        user = run.info.user
        startedAt = Timestamp(milliseconds: run.info.startTime)
        endedAt = run.info.endTime.map(Timestamp.init(milliseconds:))
        artifactUri = run.info.artifactURI
        metrics = .object(Dictionary(run.metrics.map { ($0.key, JSON.double($0.value)) }, uniquingKeysWith: { $1 }))
        params = .object(run.params.mapValues(JSON.string))
        tags = .object(run.tags.mapValues(JSON.string))
    }
}
