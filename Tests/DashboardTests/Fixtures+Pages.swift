import TernKernel

@testable import Dashboard
@testable import TernStore

extension OverviewPage {
    static let full = OverviewPage(
        stages: [
            LoopStage("Data", "market v5", detail: "4,320 rows", address: "/data/market", tone: .good),
            LoopStage("Features", "8 inputs", detail: "of price-direction v6", address: "/models/price-direction", tone: .good),
            LoopStage("Train", "train succeeded", detail: "4 of 4 steps", address: "/pipelines", tone: .good),
            LoopStage("Gate", "v6 passed", detail: "4 gates", address: "/models/price-direction", tone: .good),
            LoopStage("Approve", "v7 waits", detail: "for 1 approval", address: "/models/price-direction", tone: .warn),
            LoopStage("Release", "v6 at 25 %", detail: "price, release 7", address: "/endpoints/price", tone: .busy),
            LoopStage("Watch", "1 alert", detail: "drift", address: "/endpoints/price", tone: .bad),
            LoopStage("Retrain", "v6 succeeded", detail: "1997-03-12", address: "/endpoints/price", tone: .good),
        ],
        endpoints: [.price], alerts: [.drift], entries: LedgerPage.full.entries)
}

extension LedgerPage {
    static func entry(_ number: Int64, _ kind: String, _ subject: String, _ reason: String?, _ data: JSON = [:], by actor: String = "tern/releases")
        -> LedgerRow
    {
        LedgerRow(
            LedgerEntry(
                sequence: number, at: Timestamp(milliseconds: 1_795_243_262_000 + number * 1000), kind: kind, subject: subject, actor: actor,
                reason: reason,
                eventTime: number % 2 == 0 ? Timestamp(milliseconds: 858_000_000_000) : nil, data: data, hash: Digest(of: "entry \(number)")))
    }

    static let full = LedgerPage(
        subject: "", kind: "",
        entries: [
            entry(240, "release.stepped", "endpoint/price", nil, ["share": 0.25]),
            entry(239, "release.started", "endpoint/price", nil, ["from": 4, "to": 6, "strategy": "canary", "cause": "version 6 was approved"]),
            entry(238, "model.version.approved", "model/price-direction/6", "gates passed, looks sound", by: "alice"),
            entry(237, "alert.raised", "endpoint/price/alert/12", "vicprice drifted: PSI 0.41 ≥ 0.20 in 5 March – 12 March 1997"),
            entry(236, "release.rolled_back", "endpoint/price", "accuracy 0.52 against the primary's 0.71"),
            entry(235, "dataset.version.added", "dataset/market/5", "90 days of production", by: "tern/policies"),
            entry(234, "pipeline.run.succeeded", "pipeline/train/8c1d22aa90f4", nil),
        ], older: "/ledger?before=234", newest: nil)
}

extension ModelsPage {
    static let full = ModelsPage(models: [
        Row(
            model: .model("price-direction"), purpose: "Will the price rise in the next half hour?", owner: "grid-team@example.com", task: "binary",
            versions: "6",
            champion: .version("price-direction", 4, text: "v4"), approved: .version("price-direction", 6, text: "v6"),
            latest: .version("price-direction", 7, text: "v7"), updated: moment("2026-11-21T06:41:00Z"))
    ])
}

extension ModelVersionView {
    static func sample(_ number: Int, _ state: String, open: Bool = false) -> ModelVersionView {
        ModelVersionView(
            number: String(number), open: open, status: Badge(state: state), statusReason: nil, aliases: number == 4 ? ["champion"] : [],
            origin: "policy",
            passed: state == "refused" ? "2 of 4" : "4 of 4", values: ["0.671", "0.702", "0.748"], made: moment("2026-11-21T06:41:00Z"),
            by: "tern/pipelines",
            gates: [
                Gate(
                    gate: "f1 at least 0.55", verdict: Badge(state: "pass"), sentence: "f1 is 0.6712 on 1,728 holdout rows; at least 0.55 is asked."),
                Gate(
                    gate: "churn at most 60 %", verdict: Badge(state: state == "refused" ? "fail" : "pass"),
                    sentence: "21.4 % of 1728 answers differ from the champion's (version 4); at most 60 % may."),
            ],
            reviews: open
                ? []
                : [Review(verdict: Badge(state: "approved"), by: "alice", at: moment("2026-11-21T06:42:00Z"), reason: "gates passed, looks sound")],
            facts: [
                Fact(name: "Run", text: "", link: .run("3f2a9c1be07d", text: "3f2a9c1be07d"), mono: true),
                Fact(name: "Code", text: "8778db0a12cd", link: nil, mono: true),
                Fact(name: "Dataset", text: "sha256 a1b2c3d4e5f6", link: .dataset("market", 5), mono: true),
                Fact(name: "Environment", text: "41 packages", link: nil, mono: false),
            ],
            allMetrics: [RunPage.Pair(key: "f1", value: "0.6712"), RunPage.Pair(key: "accuracy", value: "0.702")],
            approve: open ? "/api/tern/v1/models/price-direction/versions/\(number)/approve" : nil,
            reject: open ? "/api/tern/v1/models/price-direction/versions/\(number)/reject" : nil)
    }
}

extension ModelPage {
    static let full = ModelPage(
        title: "price-direction", purpose: "Will the price rise in the next half hour?", owner: "grid-team@example.com", task: "binary",
        rules: ["f1 at least 0.55", "churn at most 60 %"], approvals: "One approval.", metrics: ["f1", "accuracy", "roc_auc"], metricCount: 3,
        versions: [.sample(7, "pending_approval", open: true), .sample(6, "approved"), .sample(5, "refused"), .sample(4, "approved")],
        ledger: .ledger(subject: "model/price-direction"))

    static func empty(_ name: String) -> ModelPage {
        ModelPage(
            title: name, purpose: name, owner: name, task: "binary", rules: [], approvals: "", metrics: [], metricCount: 0, versions: [],
            ledger: .ledger(subject: name))
    }
}

extension PipelinesPage {
    static let full = PipelinesPage(
        pipelines: [
            Row(
                name: "train", owner: "grid-team@example.com", steps: "prepare → fit → score → publish", schedule: "0 3 * * * Australia/Sydney",
                next: moment("2026-11-22T03:00:00Z"), last: .pipelineRun("8c1d22aa90f4"), state: Badge(state: "succeeded"))
        ],
        runs: [
            PipelineRunRow(
                run: .pipelineRun("8c1d22aa90f4"), pipeline: "train", state: Badge(state: "succeeded"), steps: "4 of 4, 1 cached", origin: "policy",
                version: .version("price-direction", 6), verdict: Badge(state: "approved"), reason: "vicprice drifted",
                dataTime: moment("1997-03-12T00:00:00Z"),
                duration: "14.2 s", started: moment("2026-11-21T06:41:03Z"))
        ])
}

extension PipelineRunPage {
    static let full = PipelineRunPage(
        title: "train", id: "8c1d22aa90f4", address: "/pipeline-runs/8c1d22aa90f4", state: Badge(state: "running"), isOver: false, origin: "policy",
        by: "tern/policies",
        reason: "vicprice drifted", error: nil, started: moment("2026-11-21T06:41:03Z"), ended: nil, dataTime: moment("1997-03-12T00:00:00Z"),
        duration: "",
        run: .run("3f2a9c1be07d", text: "3f2a9c1be07d"), version: nil, verdict: nil, params: "shuffle_labels false, trees 60",
        datasets: [.dataset("market", 5)],
        code: "8778db0a12cd",
        steps: [
            Step(
                name: "prepare", state: Badge(state: "cached"), cause: "nothing changed", problem: nil, duration: "0.02 ms", left: "0.00",
                width: "0.60", tone: "quiet",
                reused: .pipelineRun("aa00"), outputs: [RunPage.Pair(key: "train.parquet", value: "120 kB, sha256 a1b2c3d4e5f6")], log: nil,
                open: false),
            Step(
                name: "fit", state: Badge(state: "running"), cause: "dataset market changed: version 4 → 5", problem: nil, duration: "", left: "2.00",
                width: "98.00",
                tone: "busy", reused: nil, outputs: [], log: "60 trees on 4,320 rows\ntree 12 of 60\n", open: true),
            Step(
                name: "publish", state: Badge(state: "pending"), cause: "", problem: nil, duration: "", left: "0", width: "0", tone: "quiet",
                reused: nil, outputs: [],
                log: nil, open: false),
        ], cancel: "/api/tern/v1/pipeline-runs/8c1d22aa90f4/cancel", retry: nil)

    static func empty(_ id: String) -> PipelineRunPage {
        PipelineRunPage(
            title: id, id: id, address: Link.pipelineRun(id).address, state: Badge(state: "failed"), isOver: true, origin: "person", by: id,
            reason: "", error: id,
            started: Moment(milliseconds: 0), ended: nil, dataTime: nil, duration: "", run: nil, version: nil, verdict: nil, params: "none",
            datasets: [], code: nil,
            steps: [], cancel: nil, retry: nil)
    }
}

extension DatasetsPage {
    static let full = DatasetsPage(datasets: [
        Row(
            dataset: .dataset("market"), description: "The half-hourly market", owner: "grid-team@example.com",
            latest: .dataset("market", 5, text: "v5"), versions: "5",
            rows: "4,320", columns: "10", bytes: "214 kB", added: moment("2026-11-21T06:41:00Z"))
    ])
}

extension DatasetPage {
    static let full = DatasetPage(
        title: "market", owner: "grid-team@example.com", description: "The half-hourly market.", time: "settled_at", shown: "5",
        versions: [
            Version(
                version: .dataset("market", 5, text: "v5"), shown: true, rows: "4,320", bytes: "214 kB", digest: "a1b2c3d4e5f6",
                reason: "90 days of production",
                by: "tern/policies", at: moment("2026-11-21T06:41:00Z"), file: "/api/tern/v1/datasets/market/versions/5/file"),
            Version(
                version: .dataset("market", 1, text: "v1"), shown: false, rows: "8,640", bytes: "402 kB", digest: "0badc0ffee12",
                reason: "the first 180 days",
                by: "ann", at: moment("2026-11-21T06:10:00Z"), file: "/api/tern/v1/datasets/market/versions/1/file"),
        ],
        columns: ["day", "period", "nswprice", "vicprice"].map { name in
            Column(
                name: name, type: "double", expect: "0 to 1; none missing", least: "0", mean: "0.0579", greatest: "1", missing: "0",
                distinct: "1,204",
                bars: (0..<20).map { Column.Bar(height: $0 == 9 ? 0 : 100 / ($0 + 1), words: "\($0): 10") })
        },
        rejected: [
            Rejection(
                at: moment("2026-11-21T06:11:00Z"), by: "ann", source: "/data/market-broken.csv",
                message: "row 100, column nswprice: 'n/a' is not a number",
                violations: [Rejection.Violation(row: "100", column: "nswprice", value: "n/a", message: "'n/a' is not a number")])
        ], ledger: .ledger(subject: "dataset/market"))

    static func empty(_ name: String) -> DatasetPage {
        DatasetPage(
            title: name, owner: name, description: "", time: nil, shown: nil, versions: [], columns: [], rejected: [], ledger: .ledger(subject: name))
    }
}
