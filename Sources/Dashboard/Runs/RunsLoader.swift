import TernKernel
import Tracking

/// Fills the runs table.
struct RunsLoader: Sendable {
    private static let metricColumns = 5
    private static let paramColumns = 4
    static let noteTag = "mlflow.note.content"

    let services: DashboardServices

    func load(_ query: RunsQuery) async throws -> RunsPage {
        let experiments = try await experiments(of: query)
        let names = Dictionary(experiments.map { (String($0.id), JSON.string($0.name)) }, uniquingKeysWith: { first, _ in first })
        let head = query.experiment == nil ? nil : experiments.first
        let defaults = try await defaults(query, experiments.map(\.id))
        let columns = query.columns ?? defaults
        var (table, problem): (RunTable?, String?) = (nil, nil)
        do {
            table = try await services.tracking.searchTable(search(query, experiments.map(\.id), columns, limit: RunsQuery.size))
        } catch let error as TernError where error.code == .invalidArgument {
            problem = error.description
        }
        return RunsPage(
            title: head?.name ?? "Runs", experiment: head.map(ExperimentHead.init), path: query.path, filter: query.filter, problem: problem,
            stages: [("active", "active"), ("deleted", "deleted"), ("all", "both")].map {
                RunsPage.Choice(value: $0.0, words: $0.1, chosen: "\(query.stage)" == $0.0)
            }, defaultColumns: defaults.map(\.name).joined(separator: ","), experiments: JSON.object(names).description,
            csv: query.path + (query.experiment == nil ? ".csv" : "/runs.csv"),
            columns: columns.map { column(query, $0) },
            rows: (table?.rows ?? []).map { row($0, columns, table?.columns ?? [], names) },
            found: table?.rows.isEmpty == false,
            first: query.after == nil ? nil : query.turned(to: nil).address, next: table?.next.map { query.turned(to: $0.token).address })
    }

    /// The one that was asked for, or all active ones.
    func experiments(of query: RunsQuery) async throws -> [Experiment] {
        if let id = query.experiment { return [try await services.tracking.experiment(id)] }
        return try await services.tracking.searchExperiments(ExperimentSearch(limit: 10_000)).elements
    }

    /// What most runs have, when nobody has chosen.
    func defaults(_ query: RunsQuery, _ experiments: [Int64]) async throws -> [RunsColumn] {
        let known = try await services.tracking.columns(of: experiments)
        func common(_ keys: [RunColumns.Key], _ limit: Int) -> [String] {
            keys.filter { !$0.key.hasPrefix("system/") }.sorted { ($1.runs, $0.key) < ($0.runs, $1.key) }.prefix(limit).map(\.key).sorted()
        }
        return [.status, .start, .duration] + (query.experiment == nil ? [.experiment] : [.user])
            + common(known.metrics, RunsLoader.metricColumns).map { .logged(.metric($0, .latest)) }
            + common(known.params, RunsLoader.paramColumns).map { .logged(.param($0)) }
    }

    /// - Throws: `invalid_argument` that names the character of the filter, or the column of the order.
    func search(_ query: RunsQuery, _ experiments: [Int64], _ columns: [RunsColumn], limit: Int) throws -> RunTableSearch {
        let search = RunSearch(
            experiments: experiments, filter: try SearchFilter(runs: query.filter), order: [try query.order()], stages: query.stage,
            after: try query.after.map(SearchCursor.init(token:)), limit: limit)
        return RunTableSearch(search, columns: columns.logged)
    }

    // MARK: Cells

    private func column(_ query: RunsQuery, _ column: RunsColumn) -> RunsPage.Column {
        RunsPage.Column(
            title: RunsLoader.pieces(column.title), address: column.order == nil ? nil : query.sorted(by: column.name).address,
            arrow: query.sort == column.name ? (query.descending ? " ↓" : " ↑") : "", number: column.isNumber)
    }

    /// A name in the pieces between which a line may break: after a slash, an underscore, a dot, never within a word.
    static func pieces(_ name: String) -> [String] {
        var pieces = [""]
        for character in name {
            pieces[pieces.count - 1].append(character)
            if "/_.-: ".contains(character) { pieces.append("") }
        }
        return pieces.filter { !$0.isEmpty }
    }

    private func row(_ row: RunTable.Row, _ columns: [RunsColumn], _ logged: [RunColumn], _ names: [String: JSON]) -> RunsPage.Row {
        let cells = Dictionary(zip(logged, row.cells), uniquingKeysWith: { first, _ in first })
        return RunsPage.Row(
            run: Link.run(row.info.id, text: row.info.name.isEmpty ? "unnamed" : row.info.name), id: row.info.id,
            cells: columns.map { column in
                if column == .status { return RunsPage.Cell(text: "", number: false, badge: Badge(state: row.info.status.rawValue)) }
                let text =
                    switch column {
                    case .start: Moment(milliseconds: row.info.startTime).text
                    case .end: row.info.endTime.map { Moment(milliseconds: $0).text } ?? ""
                    case .experiment: names[String(row.info.experiment)]?.stringValue ?? String(row.info.experiment)
                    case .duration: row.info.duration
                    case .user: row.info.user
                    case .id: row.info.id
                    case .logged(let key): cells[key]?.shown ?? ""
                    case .status: ""
                    }
                return RunsPage.Cell(text: text, number: column.isNumber)
            })
    }
}

extension [RunsColumn] {
    /// Those that the search must fetch.
    var logged: [RunColumn] {
        compactMap { column in
            if case .logged(let key) = column { return key }
            return nil
        }
    }
}

extension RunCell {
    /// As pages show it.
    var shown: String {
        switch self {
        case .missing: ""
        case .number(let value): Figures.number(value)
        case .text(let text): text.count > 200 ? text.prefix(200) + "…" : text
        }
    }

    /// In full.
    var plain: String {
        switch self {
        case .missing: ""
        case .number(let value): value.isNaN ? "NaN" : String(value)
        case .text(let text): text
        }
    }
}

extension ExperimentHead {
    init(_ experiment: Experiment) {
        id = String(experiment.id)
        location = experiment.artifactLocation
        deleted = experiment.stage == .deleted
        tags = experiment.tags.filter { !$0.key.hasPrefix("mlflow.") }.sorted { $0.key < $1.key }.map { RunPage.Pair(key: $0.key, value: $0.value) }
        note = experiment.tags[RunsLoader.noteTag].flatMap(Prose.init)
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
