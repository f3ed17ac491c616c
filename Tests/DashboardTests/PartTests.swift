import TernKernel
import Testing

@testable import Dashboard
@testable import Monitoring

@Suite struct PartTests {
    @Test func `figures are short`() {
        #expect(Figures.count(0) == "0" && Figures.count(999) == "999" && Figures.count(1_234_567) == "1,234,567" && Figures.count(-1000) == "−1,000")
        #expect(Figures.count(Int64.min) == "−9,223,372,036,854,775,808")
        #expect(
            Figures.number(0.71234567) == "0.7123" && Figures.number(0.5) == "0.5" && Figures.number(1234) == "1,234"
                && Figures.number(1.2e-7) == "1.2e-07")
        #expect(
            Figures.number(.nan) == "NaN" && Figures.number(-.infinity) == "−∞" && Figures.number(-0.00001) == "-1e-05"
                && Figures.number(1e300) == "1e+300")
        #expect(Figures.share(0.25) == "25 %" && Figures.share(0.0042) == "0.42 %" && Figures.share(0.12345) == "12.3 %")
        #expect(Figures.bytes(0) == "0 B" && Figures.bytes(48_213) == "48.2 kB" && Figures.bytes(214_000_000) == "214 MB")
        #expect(
            Figures.duration(milliseconds: 0.41) == "0.41 ms" && Figures.duration(milliseconds: 1234) == "1.2 s"
                && Figures.duration(milliseconds: 185_000) == "3 m 05 s")
        #expect(Figures.duration(milliseconds: 7_800_000) == "2 h 10 m" && Figures.duration(milliseconds: 1e300) == "11574074074 d")
    }

    @Test func `the ledger's subjects lead to their pages`() {
        let pages = [
            "model/price-direction/3": "/models/price-direction#v3", "model/price-direction": "/models/price-direction",
            "endpoint/price": "/endpoints/price",
            "endpoint/price/alert/12": "/endpoints/price", "dataset/market/2": "/data/market?version=2", "run/abc": "/runs/abc",
            "experiment/7": "/experiments/7",
            "pipeline/train/8c1d": "/pipeline-runs/8c1d", "pipeline/train": "/pipelines", "token/ann": "/ledger?subject=token%2Fann",
            "": "/ledger?subject=",
            "model/": "/ledger?subject=model%2F", "endpoint/a b?c": "/endpoints/a%20b%3Fc",
        ]
        for (subject, address) in pages { #expect(Link.subject(subject).address == address) }
    }

    @Test func `states have the same colour in every spelling`() {
        #expect(Badge(state: "FINISHED").tone == "good" && Badge(state: "pending_approval").text == "pending approval")
        #expect(Badge(state: "rolled_back").tone == "bad" && Badge(state: "never heard of").tone == "quiet")
        #expect(Badge.tone(ofKind: "alert.resolved") == .good && Badge.tone(ofKind: "release.rolled_back") == .bad)
    }

    @Test func `a sparkline needs two finite values and stays in its box`() throws {
        #expect(Spark([0.5], label: "") == nil && Spark([.nan, 1, .infinity], label: "") == nil)
        let flat = try #require(Spark([1, 1, 1], label: "flat"))
        #expect(flat.line == "M2.0 26.0L65.5 26.0L129.0 26.0")
        let floored = try #require(Spark([0.7, 0.6], floor: 0.5, label: ""))
        #expect(floored.floor == "26.0")
    }

    @Test func `the latency histogram is read for one endpoint and trimmed`() {
        let text = """
            # TYPE tern_prediction_duration_seconds histogram
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="primary",model="m",version="1",le="5e-05"} 0
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="primary",model="m",version="1",le="0.0001"} 3
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="primary",model="m",version="1",le="0.00025"} 10
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="primary",model="m",version="1",le="+Inf"} 10
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="canary",model="m",version="1",le="0.0001"} 1
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="canary",model="m",version="1",le="0.00025"} 1
            tern_prediction_duration_seconds_bucket{endpoint="price",variant="v1",role="canary",model="m",version="1",le="+Inf"} 1
            tern_prediction_duration_seconds_bucket{endpoint="price-2",variant="v1",role="primary",model="m",version="1",le="5e-05"} 99
            """
        let chart = LatencyBars(exposition: text, endpoint: "price").chart
        #expect(chart.labels == ["≤ 0.10 ms", "≤ 0.25 ms"])
        #expect(chart.series == [BarChart.Bars(name: "v1", values: [4, 7])])
        #expect(LatencyBars(exposition: text, endpoint: "none").chart.series.isEmpty)
        #expect(LatencyBars(exposition: "", endpoint: "").chart.labels.isEmpty)
    }

    @Test func `a heat map has a cell for each score and none for what was not judged`() throws {
        func score(_ column: String, _ day: Int64, _ value: Double?, status: String = "ok") -> WindowScore {
            let from = Timestamp(milliseconds: day * 86_400_000)
            return WindowScore(
                monitor: .drift, column: column, from: from, to: from + .days(7), rows: 336, method: "psi", score: value, pValue: nil, threshold: 0.2,
                drifted: (value ?? 0) >= 0.2, status: status,
                evidence: [
                    "change": "mean 0.0035 → 0.0061", "before": ["rows": 8640, "mean": 0.0035], "after": ["rows": 336, "mean": 0.0061, "missing": 2],
                ])
        }
        let chart = HeatChart([score("score", 0, 0.1), score("b", 0, 0.5), score("a", 7, nil, status: "versionChanged"), score("a", 0, 0)])
        #expect(chart.windows == ["1970-01-01", "1970-01-08"] && chart.columns == ["score", "b", "a"])
        let drifted = try #require(chart.cells.first { $0.column == 1 })
        #expect(drifted.ratio == 2.5 && drifted.drifted)
        #expect(drifted.words.contains("psi 0.5 of 0.2: drifted") && drifted.words.contains("after: 336 rows, mean 0.0061, 2 missing"))
        #expect(chart.cells.first { $0.window == 1 }?.ratio == nil)
    }
}
