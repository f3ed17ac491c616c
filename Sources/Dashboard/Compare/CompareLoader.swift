import TernKernel
import Tracking

/// Fills the page that compares runs.
struct CompareLoader: Sendable {
    let services: DashboardServices

    func load(_ query: CompareQuery) async throws -> ComparePage {
        var runs: [Run] = []
        for id in query.runs { runs.append(try await services.tracking.run(id)) }
        let metrics = runs.map { run in Dictionary(run.metrics.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) }
        let about = runs.map { run in
            ["user": run.info.user, "status": run.info.status.rawValue, "took": run.info.duration, "experiment": String(run.info.experiment)]
        }
        let sections = [
            CompareLoader.section("About the run", "", about.map { $0.mapValues(CompareLoader.cell) }, query),
            CompareLoader.section("Parameters", "params.", runs.map { $0.params.mapValues(CompareLoader.cell) }, query),
            CompareLoader.section("Metrics, last value", "metrics.", metrics.map { $0.mapValues(CompareLoader.cell) }, query, number: true),
            CompareLoader.section("Tags", "tags.", runs.map { CompareLoader.ownTags($0).mapValues(CompareLoader.cell) }, query),
        ].filter { !$0.rows.isEmpty }
        let other = CompareQuery(query.runs, onlyDifferences: !query.onlyDifferences).address
        return ComparePage(
            title: runs.count == 1 ? "1 run" : "\(runs.count) runs compared", only: query.onlyDifferences, other: other,
            columns: runs.map { run in
                let name = run.info.name.isEmpty ? "unnamed" : run.info.name
                return ComparePage.Column(
                    run: Link.run(run.info.id, text: name), id: run.info.id, name: name, status: Badge(state: run.info.status.rawValue),
                    state: run.info.status.rawValue, start: String(run.info.startTime))
            }, sections: sections, metrics: JSON.array(Set(metrics.flatMap(\.keys)).sorted().map(JSON.string)).description)
    }

    /// The name is in the heading, and what clients note about a run's source is compared; their other notes are long texts.
    private static func ownTags(_ run: Run) -> [String: String] {
        run.tags.filter { !$0.key.hasPrefix("mlflow.") || $0.key.hasPrefix("mlflow.source.") }
    }

    private static func cell(_ text: String) -> ComparePage.Cell {
        ComparePage.Cell(text: text.count > 120 ? text.prefix(120) + "…" : text, value: text.count > 400 ? text.prefix(400) + "…" : text)
    }

    private static func cell(_ value: Double) -> ComparePage.Cell {
        ComparePage.Cell(text: Figures.number(value), value: value.isNaN ? "NaN" : String(value))
    }

    private static func section(
        _ title: String, _ prefix: String, _ runs: [[String: ComparePage.Cell]], _ query: CompareQuery, number: Bool = false
    ) -> ComparePage.Section {
        var rows = Set(runs.flatMap(\.keys)).sorted().map { key in
            let cells = runs.map { $0[key] }
            return ComparePage.Row(
                key: RunsLoader.pieces(key), name: prefix + key, same: cells.allSatisfy { $0 == cells.first ?? nil }, number: number,
                cells: cells.map { $0 ?? ComparePage.Cell(text: "", value: "") })
        }
        let differing = rows.count { !$0.same }
        if query.onlyDifferences { rows.removeAll(where: \.same) }
        return ComparePage.Section(title: title, rows: rows, differing: differing, columns: runs.count)
    }
}
