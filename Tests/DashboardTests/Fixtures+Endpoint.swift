import Foundation
import TernKernel

@testable import Dashboard

func moment(_ text: String) -> Moment { Moment(Timestamp(text) ?? Timestamp(milliseconds: 0)) }

extension EndpointCard {
    static let price = EndpointCard(
        endpoint: .endpoint("price"), model: .model("price-direction"),
        shares: [
            Share(name: "v4", version: .version("price-direction", 4, text: "v4"), role: "primary", percent: "75 %", width: 75),
            Share(name: "v6", version: .version("price-direction", 6, text: "v6"), role: "canary", percent: "25 %", width: 25),
        ],
        shadows: ["alone"], release: Badge("canary running", .busy), alerts: Badge("1 alert", .bad), metric: "f1", value: "0.671", verdict: "good",
        floor: "0.62",
        window: "1997-03-05 – 1997-03-12",
        spark: Spark(wavy, floor: 0.62, label: "f1 of the last 40 windows"),
        p50: "0.41 ms", p99: "1.92 ms", requests: "12,480", errors: nil, clock: moment("1997-03-14T09:30:00Z"))

    private static var wavy: [Double] {
        (0..<40).map { (index: Int) -> Double in
            let dip: Double = index > 24 && index < 29 ? 0.11 : 0
            return 0.68 + 0.05 * sin(Double(index) / 4) - dip
        }
    }

    static let bare = EndpointCard(
        endpoint: .endpoint("e"), model: .model("m"), shares: [], shadows: [], release: nil, alerts: Badge("no alerts", .good),
        metric: "quality", value: "–", verdict: "", floor: nil, window: nil, spark: nil, p50: "–", p99: "–", requests: "0", errors: nil, clock: nil)
}

extension AlertRow {
    static let drift = AlertRow(
        id: "12", endpoint: .endpoint("price"), monitor: "drift", column: "vicprice", state: Badge(state: "open"),
        raised: moment("1997-03-12T00:00:00Z"),
        recorded: moment("2026-11-21T06:41:02Z"), ended: nil,
        message: "vicprice drifted: PSI 0.41 ≥ 0.20 in 5 March – 12 March 1997, mean 0.0035 → 0.0061", resolution: "", owner: "grid-team@example.com",
        acknowledgedBy: "", acknowledge: "/api/tern/v1/alerts/12/acknowledge")

    static let done = AlertRow(
        id: "9", endpoint: .endpoint("price"), monitor: "quality", column: "", state: Badge(state: "resolved"),
        raised: moment("1997-01-08T00:00:00Z"),
        recorded: moment("2026-11-21T06:40:02Z"), ended: moment("1997-01-15T00:00:00Z"), message: "f1 is 0.584 < 0.62 in 1 January – 8 January 1997",
        resolution: "f1 is 0.66 again", owner: "grid-team@example.com", acknowledgedBy: "ann", acknowledge: nil)
}

extension EndpointPage {
    static let full = EndpointPage(
        title: "price", owner: "grid-team@example.com", model: .model("price-direction"), eventTime: "settled_at", plan: "canary 25 %, 50 %, each 4d",
        policy: "retrains by train, at least 21d apart, at most 12 in 365d", clock: moment("1997-03-14T09:30:00Z"), card: .price,
        variants: [
            VariantRow(
                name: "v4", version: .version("price-direction", 4, text: "v4"), role: "primary", share: "75 %", width: 75,
                since: moment("1997-01-22T00:00:00Z"),
                loaded: true, requests: "9,360", rows: "9,360", errors: "0", p50: "0.41 ms", p99: "1.92 ms"),
            VariantRow(
                name: "v6", version: .version("price-direction", 6, text: "v6"), role: "canary", share: "25 %", width: 25,
                since: moment("1997-03-12T00:00:00Z"),
                loaded: true, requests: "3,120", rows: "3,120", errors: "2", p50: "0.44 ms", p99: "2.40 ms"),
            VariantRow(
                name: "alone", version: .version("price-direction", 1, text: "v1"), role: "shadow", share: "–", width: 0,
                since: moment("1996-11-04T00:00:00Z"),
                loaded: false, requests: "12,480", rows: "12,480", errors: "0", p50: "0.39 ms", p99: "1.70 ms"),
        ],
        release: ReleaseView(
            id: "7", state: Badge(state: "running"), from: .version("price-direction", 4, text: "v4"), to: .version("price-direction", 6, text: "v6"),
            strategy: "canary",
            steps: [.init(percent: "25 %", state: "now"), .init(percent: "50 %", state: "next"), .init(percent: "100 %", state: "next")],
            guards: [
                .init(name: "rows", verdict: Badge(state: "pass"), message: "192 rows answered; 96 are asked."),
                .init(name: "errors", verdict: Badge(state: "pass"), message: "0 % of 4 requests failed; at most 1 % may."),
                .init(name: "accuracy_drop", verdict: Badge(state: "not_enough_data"), message: "18 labelled rows on v6; at least 96 are asked."),
            ],
            cause: "version 6 was approved", override: "the demo forces a bad candidate", since: moment("1997-03-12T00:00:00Z"),
            stepSince: moment("1997-03-12T00:00:00Z"),
            wait: "a step takes at least 4d and 96 rows.", by: "tern/releases", paused: false),
        standby: "v3", alerts: [.drift, .done],
        retrainings: [
            RetrainingRow(
                number: "3", state: Badge(state: "succeeded"), at: moment("1997-03-12T00:00:00Z"), recorded: moment("2026-11-21T06:41:02Z"),
                cause: "vicprice drifted", data: "1996-12-12 – 1997-03-12", dataset: .dataset("market", 5), run: .pipelineRun("8c1d22aa90f4"),
                version: .version("price-direction", 6, text: "v6"), outcome: "version 6 was approved")
        ],
        releases: [
            ReleaseRow(
                number: "6", version: .version("price-direction", 5, text: "v5"), strategy: "canary", state: Badge(state: "rolled_back"),
                started: moment("1997-01-28T00:00:00Z"), ended: moment("1997-02-01T00:00:00Z"), recorded: moment("2026-11-21T06:40:31Z"), by: "guard",
                cause: "asked for by demo", outcome: "accuracy 0.52 against the primary's 0.71", override: "to see the canary catch it")
        ],
        address: "/endpoints/price", ledger: .ledger(subject: "endpoint/price"), driftHeight: 308)

    static func empty(_ name: String) -> EndpointPage {
        EndpointPage(
            title: name, owner: name, model: .model(name), eventTime: nil, plan: "releases all at once", policy: nil, clock: nil, card: .bare,
            variants: [],
            release: nil, standby: nil, alerts: [], retrainings: [], releases: [], address: Link.endpoint(name).address,
            ledger: .ledger(subject: name),
            driftHeight: 180)
    }
}

extension LineChart {
    static let start = 857_000_000_000.0

    private static let week = 604_800_000.0

    private static func line(_ name: String, _ role: String, falling: Double) -> Line {
        let points = (0..<60).map { (index: Int) -> [Double?] in
            let value: Double = 0.69 - falling * Double(index) / 30 + 0.03 * sin(Double(index) / 3)
            return [start + Double(index) * week, index == 20 ? nil : value]
        }
        return Line(name: name, role: role, points: points)
    }

    static let quality = LineChart(
        time: true, lines: [line("kept", "kept", falling: 0), line("alone", "shadow", falling: 0.05)],
        marks: [
            Mark(at: start + 8 * week, text: "v3", tone: "good"), Mark(at: start + 22 * week, text: "v5 rolled back", tone: "bad"),
            Mark(at: start + 50 * week, text: "v6 canary", tone: "busy"),
        ], floor: 0.62, metric: "f1")
}

extension HeatChart {
    static let full: HeatChart = {
        let columns = ["score", "predicted", "vicprice", "vicdemand", "transfer", "period", "nswprice", "nswdemand", "day"]
        let windows = (0..<60).map { Moment.day(Timestamp(milliseconds: 857_000_000_000 + Int64($0) * 604_800_000)) }
        var cells: [Cell] = []
        for window in 0..<60 {
            for column in columns.indices {
                let size: Double = column == 2 && window > 40 ? 5 : 1.1
                let ratio: Double = abs(sin(Double(window * (column + 2)) / 9)) * size
                let words = ["\(columns[column]), \(windows[window])", "psi \(Figures.number(ratio * 0.2)) of 0.2", "mean 0.0035 → 0.0061"]
                cells.append(Cell(window: window, column: column, ratio: window % 17 == 3 ? nil : ratio, drifted: ratio > 1, words: words))
            }
        }
        return HeatChart(windows: windows, columns: columns, cells: cells)
    }()
}

extension BarChart {
    static let full = BarChart(
        labels: ["≤ 0.10 ms", "≤ 0.25 ms", "≤ 0.50 ms", "≤ 1 ms", "≤ 2.50 ms"],
        series: [.init(name: "v4", values: [12, 2040, 6200, 900, 208]), .init(name: "v6", values: [2, 600, 2100, 390, 28])],
        note: "All 12,480 logged requests: p50 0.41 ms, p99 1.92 ms")
}
