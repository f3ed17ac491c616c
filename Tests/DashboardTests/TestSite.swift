import Foundation
import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb
import Testing

@testable import Dashboard

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The dashboard on a port of its own.
struct TestSite: Sendable {
    let base: String

    struct Answer {
        var status: Int
        var text: String
        var headers: [String: String]
    }

    static func with(
        _ source: DashboardSource = .full, port: Int = 0, _ body: @escaping @Sendable (TestSite) async throws -> Void
    ) async throws {
        let router = TernRouter(context: TernContext.self)
        router.add(middleware: ErrorMiddleware())
        // A neighbour, as the server has many.
        router.get("api/tern/v1/known/:name") { _, _ in Response.json(["known": true] as JSON) }
        DashboardRoom(source: source).mount(on: router)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            var iterator = ports.makeAsyncIterator()
            let actual = try #require(await iterator.next())
            try await body(TestSite(base: "http://127.0.0.1:\(actual)"))
            group.cancelAll()
        }
    }

    /// Asks as a browser does.
    func get(_ path: String, headers: [String: String] = ["Accept": "text/html"]) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: base + path)), cachePolicy: .reloadIgnoringLocalCacheData)
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession(configuration: .ephemeral).data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        let fields = http.allHeaderFields.map { (String(describing: $0.key).lowercased(), String(describing: $0.value)) }
        return Answer(status: http.statusCode, text: String(decoding: data, as: UTF8.self), headers: Dictionary(fields, uniquingKeysWith: { $1 }))
    }
}

extension DashboardSource {
    static let addresses = [
        "/", "/experiments", "/experiments/1", "/runs", "/runs/3f2a9c1be07d", "/runs/3f2a9c1be07d?tab=charts", "/runs/3f2a9c1be07d?tab=system",
        "/runs/3f2a9c1be07d?tab=artifacts", "/runs/3f2a9c1be07d?tab=lineage", "/runs/3f2a9c1be07d?tab=logs", "/compare?runs=a,b", "/models",
        "/models/price-direction", "/endpoints", "/endpoints/price", "/pipelines",
        "/pipeline-runs/8c1d22aa90f4", "/data", "/data/market", "/ledger", "/sweeps", "/sweeps/4f1e77aa",
    ]

    /// A server on which the whole loop has gone round.
    static let full = DashboardSource(
        overview: { .full }, experiments: { _ in .full },
        runs: { query in
            _ = try query.order()
            return .full
        }, runsCSV: { query in RunsCSV(text: query.after == nil ? "run_id,name\r\na,b\r\n" : "c,d\r\n", next: query.after == nil ? .second : nil) },
        run: { id, query in
            guard id != "nothing" else { throw TernError.notFound("Run with id=nothing not found") }
            return .full(id, query)
        }, view: { _, path in ArtifactView(type: "text/html; charset=utf-8", bytes: Data(path.utf8)) },
        compare: { .sample("lr", only: $0.onlyDifferences) }, models: { .full },
        model: { _ in .full }, endpoints: { EndpointsPage(endpoints: [.price]) }, endpoint: { _ in .full }, quality: { _ in .quality },
        drift: { _ in .full }, latency: { _ in .full }, pipelines: { .full }, pipelineRun: { _ in .full }, datasets: { .full },
        dataset: { _, _ in .full }, ledger: { _ in .full }, sweeps: { .full }, sweep: { _ in .full }, sweepChart: { .page($0) })

    /// A server on which nothing has happened.
    static let empty = DashboardSource(
        overview: { OverviewPage(stages: [], endpoints: [], alerts: [], entries: []) },
        experiments: { _ in ExperimentsPage(search: "", stages: [], rows: []) }, runs: { _ in .page(rows: []) },
        runsCSV: { _ in RunsCSV(text: "run_id,name\r\n") }, run: { id, query in .empty(id, query) },
        view: { _, _ in throw TernError.notFound("No such artifact") },
        compare: { _ in ComparePage(title: "1 run", only: false, other: "/compare", columns: [], sections: [], metrics: "[]") },
        models: { ModelsPage(models: []) },
        model: { _ in .empty("m") }, endpoints: { EndpointsPage(endpoints: []) }, endpoint: { _ in .empty("e") },
        quality: { _ in LineChart(time: true, lines: [], metric: "quality") }, drift: { _ in HeatChart(windows: [], columns: [], cells: []) },
        latency: { _ in BarChart(labels: [], series: []) }, pipelines: { PipelinesPage(pipelines: [], runs: []) }, pipelineRun: { _ in .empty("p") },
        datasets: { DatasetsPage(datasets: []) }, dataset: { _, _ in .empty("d") },
        ledger: { _ in LedgerPage(subject: "", kind: "", entries: [], older: nil, newest: nil) }, sweep: { _ in .empty("s") })
}

extension RunsQuery {
    static let second: RunsQuery = {
        var query = RunsQuery()
        query.after = "place"
        return query
    }()
}
