import TernKernel
import Tracking

/// Fills the runs table.
struct RunsLoader: Sendable {
    private static let metricColumns = 8

    let services: DashboardServices

    func load(_ query: RunsQuery) async throws -> RunsPage {
        let all = try await services.tracking.searchExperiments(ExperimentSearch(limit: 10_000)).elements
        let names = Dictionary(all.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        var chosen = all
        if let name = query.experiment {
            chosen = all.filter { $0.name == name }
            if chosen.isEmpty { throw TernError.notFound("there is no experiment '\(name)'", hint: "the list above the runs names those there are") }
        }
        let offset = (query.page - 1) * RunsQuery.size
        let found = try await services.tracking.searchRuns(
            RunSearch(experiments: chosen.map(\.id), order: [order(query)], offset: offset, limit: RunsQuery.size))
        let metrics = RunsLoader.columns(found.elements, sorted: query.sort)
        let rows = found.elements.map { row($0, metrics, names) }
        let range =
            rows.isEmpty
            ? "none" : "\(Figures.count(offset + 1)) to \(Figures.count(offset + rows.count))\(found.nextOffset == nil ? ", the last" : "")"
        return RunsPage(
            experiments: all.map { RunsPage.Choice(name: $0.name, chosen: $0.name == query.experiment) },
            columns: [("Run", "name"), ("Status", "status"), ("Started", "start_time")].map { column(query, $0.0, $0.1) },
            metrics: metrics.map { column(query, $0, "metric:" + $0) }, rows: rows,
            previous: query.page > 1 ? query.turned(to: query.page - 1).address : nil,
            next: found.nextOffset == nil ? nil : query.turned(to: query.page + 1).address, range: range)
    }

    private func order(_ query: RunsQuery) -> SearchOrder {
        let field = query.sort.hasPrefix("metric:") ? SearchField.metric(String(query.sort.dropFirst(7))) : .attribute(query.sort)
        return SearchOrder(field, ascending: !query.descending)
    }

    private func column(_ query: RunsQuery, _ title: String, _ key: String) -> RunsPage.Column {
        RunsPage.Column(title: title, address: query.sorted(by: key).address, arrow: query.sort == key ? (query.descending ? " ↓" : " ↑") : "")
    }

    /// The metrics that most of these runs have, and the one that the table is sorted by.
    static func columns(_ runs: [Run], sorted sort: String) -> [String] {
        var counts: [String: Int] = [:]
        for run in runs { for metric in run.metrics { counts[metric.key, default: 0] += 1 } }
        let common = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(metricColumns).map(\.key)
        let wanted = sort.hasPrefix("metric:") ? String(sort.dropFirst(7)) : nil
        return (common + (wanted.map { common.contains($0) ? [] : [$0] } ?? [])).sorted()
    }

    private func row(_ run: Run, _ metrics: [String], _ experiments: [Int64: String]) -> RunsPage.Row {
        let values = Dictionary(run.metrics.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        return RunsPage.Row(
            run: Link.run(run.info.id, text: run.info.name.isEmpty ? "unnamed" : run.info.name), id: run.info.id,
            experiment: experiments[run.info.experiment] ?? String(run.info.experiment), status: Badge(state: run.info.status.rawValue),
            user: run.info.user,
            started: Moment(milliseconds: run.info.startTime), duration: run.info.duration,
            metrics: metrics.map { values[$0].map(Figures.number) ?? "" })
    }
}

extension RunInfo {
    /// Nothing while it runs.
    var duration: String {
        guard let endTime else { return "" }
        let (milliseconds, overflow) = endTime.subtractingReportingOverflow(startTime)
        return overflow ? "" : Figures.duration(milliseconds: Double(milliseconds))
    }
}
