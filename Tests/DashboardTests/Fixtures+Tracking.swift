import Foundation
import TernKernel

@testable import Dashboard

extension ExperimentsPage {
    static let full = ExperimentsPage(
        search: "", stages: [RunsPage.Choice(value: "active", words: "active", chosen: true)],
        rows: [
            Row(
                experiment: .experiment(1, text: "churn-sweep"), id: "1", name: "churn-sweep", runs: "5,000", running: Badge(state: "running"),
                active: moment("2026-11-21T06:10:00Z"), tags: [RunPage.Pair(key: "team", value: "growth")], deleted: false),
            Row(
                experiment: .experiment(2, text: "old"), id: "2", name: "old", runs: "0", running: nil, active: nil, tags: [], deleted: true),
        ], previous: nil, next: "/experiments?page=2")
}

extension RunsPage {
    static let full = page(
        rows: (0..<12).map { index in
            Row(
                run: .run("3f2a9c1be07d\(index)", text: "train-\(index)"), id: "3f2a9c1b",
                cells: [
                    Cell(text: "", number: false, badge: Badge(state: index == 3 ? "FAILED" : "FINISHED")),
                    Cell(text: "2026-11-21 06:10", number: false), Cell(text: "0.6\(index)12", number: true),
                ])
        })

    static func page(title: String = "churn-sweep", rows: [Row]) -> RunsPage {
        RunsPage(
            title: title,
            experiment: ExperimentHead(
                id: "1", location: "mlflow-artifacts:/1", deleted: false, tags: [RunPage.Pair(key: "team", value: title)], note: Prose(title)),
            path: "/experiments/1", filter: title, problem: nil, stages: [Choice(value: "active", words: "active", chosen: true)],
            defaultColumns: "status,start_time,metrics.\(title)", experiments: "{}", csv: "/experiments/1/runs.csv",
            columns: [
                Column(title: ["Status"], address: "/experiments/1?sort=status", arrow: "", number: false),
                Column(title: ["Started"], address: "/experiments/1?order=asc", arrow: " ↓", number: false),
                Column(title: ["val/", title], address: nil, arrow: "", number: true),
            ], rows: rows, found: !rows.isEmpty, first: nil, next: rows.isEmpty ? nil : "/experiments/1?after=x")
    }
}

extension RunPage {
    static func page(_ name: String, id: String, _ query: RunPageQuery = RunPageQuery()) -> RunPage {
        RunPage(
            title: name, id: id, experiment: .experiment(1, text: name), status: Badge(state: "FINISHED"), state: "FINISHED", isRunning: false,
            isDeleted: false, user: "ann", started: moment("2026-11-21T06:10:00Z"), startedAt: "1795241400000",
            ended: moment("2026-11-21T06:11:00Z"), duration: "1 m 00 s", pipelineRun: .pipelineRun("8c1d22aa90f4"), parent: .run("77aa"),
            tabs: RunPageQuery.Tab.allCases.map { Tab(title: $0.rawValue, address: "/runs/\(id)?tab=\($0.rawValue)", current: $0 == query.tab) })
    }

    static func full(_ id: String, _ query: RunPageQuery) -> RunPage {
        var page = page("train-1", id: id, query)
        switch query.tab {
        case .overview: page.overview = .sample("the first try")
        case .charts, .system:
            page.charts = RunCharts(keys: #"["loss"]"#, system: query.tab == .system, rows: [Pair(key: "loss", value: "0.31")])
        case .artifacts: page.artifacts = .sample("model/notes.txt")
        case .lineage: page.lineage = .sample("market")
        case .logs: page.logs = .sample("60 trees on 4,320 rows")
        }
        return page
    }

    static func empty(_ id: String, _ query: RunPageQuery = RunPageQuery()) -> RunPage {
        var page = page(id, id: id, query)
        page.pipelineRun = nil
        page.parent = nil
        switch query.tab {
        case .overview: page.overview = RunOverview(note: nil, noteText: "", source: [], metrics: [], params: [], tags: [])
        case .charts, .system: page.charts = RunCharts(keys: "[]", system: query.tab == .system, rows: [])
        case .artifacts: page.artifacts = RunArtifacts(files: [])
        case .lineage: page.lineage = RunLineage(datasets: [], models: [], versions: [], children: [])
        case .logs: page.logs = RunLogs(pieces: [])
        }
        return page
    }
}

extension RunOverview {
    static func sample(_ text: String) -> RunOverview {
        RunOverview(
            note: Prose(text), noteText: text, source: [RunPage.Pair(key: "Source", value: text)],
            metrics: [Metric(key: ["val/", text], last: "0.6712", least: "0.1", greatest: "0.7", step: "199", points: "200")],
            params: [RunPage.Pair(key: "trees", value: text)], tags: [Tag(key: "team", value: text, own: true)])
    }
}

extension RunArtifacts {
    static func sample(_ path: String) -> RunArtifacts {
        RunArtifacts(
            files: [
                File(name: "model", indent: 0, folder: true, size: "", address: "", current: false),
                File(name: path, indent: 1, folder: false, size: "48 kB", address: "/runs/3f2a?tab=artifacts&path=model", current: true),
            ],
            preview: ArtifactPreview(
                path: path, bytes: Data(path.utf8), size: Int64(path.utf8.count), download: "/get-artifact", view: "/runs/3f2a/view"))
    }
}

extension RunLineage {
    static func sample(_ text: String) -> RunLineage {
        RunLineage(
            datasets: [Dataset(name: text, digest: "a1b2c3d4e5f6", context: "training", source: text)],
            models: [Model(name: text, id: "m-1", status: Badge(state: "READY"), role: "made here", step: "0")],
            versions: [.version("price-direction", 6)], pipelineRun: .pipelineRun("8c1d22aa90f4"), parent: .run("77aa"),
            children: [.run("88bb", text: text)], more: nil)
    }
}

extension RunLogs {
    static func sample(_ text: String) -> RunLogs {
        RunLogs(pieces: [Piece(title: "fit", state: Badge(state: "running"), address: "/api/tern/v1/x", text: text, next: "20", live: true)])
    }
}

extension ComparePage {
    static func sample(_ text: String, only: Bool = false) -> ComparePage {
        ComparePage(
            title: "2 runs compared", only: only, other: "/compare?runs=a,b",
            columns: ["a", "b"].map {
                Column(run: .run($0, text: text), id: $0, name: text, status: Badge(state: "FINISHED"), state: "FINISHED", start: "0")
            },
            sections: [
                Section(
                    title: "Parameters",
                    rows: [
                        Row(key: [text], name: "params.\(text)", same: false, number: false, cells: ["1", text].map { Cell(text: $0, value: $0) })
                    ], differing: 1, columns: 2)
            ], metrics: #"["loss"]"#)
    }
}
