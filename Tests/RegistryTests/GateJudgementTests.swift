import TernKernel
import Testing

@testable import Registry

@Suite struct GateJudgementTests {
    private let at = Timestamp(milliseconds: 0)

    /// Answers whose first `wrong` rows are wrong, over half zeros and half ones.
    private func answers(rows: Int, wrong: Int, predicted: ((Int) -> String?)? = nil) -> HoldoutAnswers {
        let truth = (0..<rows).map { $0 % 2 == 0 ? "1" : "0" as String? }
        let given = truth.enumerated().map { index, value in
            if let predicted { return predicted(index) }
            return index < wrong ? (value == "1" ? "0" : "1") : value
        }
        return HoldoutAnswers(task: .binary, truth: Column("up", .text(truth)), predicted: given, score: given.map { $0.flatMap(Double.init) })
    }

    private func measured(_ version: Int, _ answers: HoldoutAnswers) -> GateMeasurements.Measured {
        .init(version: version, answers: answers, metrics: answers.metrics())
    }

    private func judge(_ gate: GateDeclaration, _ measurements: GateMeasurements) -> GateResult {
        GateJudgement(measurements: measurements, at: at).judge(gate)
    }

    @Test func `a floor passes at the threshold itself and fails below`() {
        let measurements = GateMeasurements(rows: 100, candidate: measured(2, answers(rows: 100, wrong: 10)))
        #expect(judge(.floor(metric: "accuracy", atLeast: 0.9), measurements).verdict == .pass)
        let failed = judge(.floor(metric: "accuracy", atLeast: 0.91), measurements)
        #expect(failed.verdict == .fail)
        #expect(failed.evidence["value"]?.doubleValue == 0.9)
        #expect(failed.evidence["threshold"]?.doubleValue == 0.91)
        #expect(failed.evidence["rows"]?.intValue == 100)
        #expect(failed.sentence == "accuracy is 0.9 on 100 holdout rows; at least 0.91 is asked.")
    }

    @Test func `a metric that is missing or not a number fails`() {
        var candidate = measured(2, answers(rows: 10, wrong: 0))
        #expect(judge(.floor(metric: "no_such", atLeast: 0), GateMeasurements(rows: 10, candidate: candidate)).verdict == .fail)
        candidate.metrics["f1"] = .nan
        let result = judge(.floor(metric: "f1", atLeast: 0), GateMeasurements(rows: 10, candidate: candidate))
        #expect(result.verdict == .fail)
        #expect(result.sentence.contains("cannot be computed"))
    }

    @Test(arguments: [Double.nan, .infinity]) func `a champion's or candidate's figure that is no number fails the comparison`(bad: Double) {
        let good = measured(1, answers(rows: 10, wrong: 0))
        var broken = good
        broken.metrics["f1"] = bad
        let gate = GateDeclaration.champion(metric: "f1", dropAtMost: 0.5, slices: [])
        #expect(judge(gate, GateMeasurements(rows: 10, candidate: broken, champion: .measured(good))).verdict == .fail)
        #expect(judge(gate, GateMeasurements(rows: 10, candidate: good, champion: .measured(broken))).verdict == .fail)
    }

    @Test func `without a champion, champion and churn gates are skipped and say so`() {
        let measurements = GateMeasurements(rows: 10, candidate: measured(1, answers(rows: 10, wrong: 0)))
        for gate in [GateDeclaration.champion(metric: "f1", dropAtMost: 0, slices: []), .churn(atMost: 0)] {
            let result = judge(gate, measurements)
            #expect(result.verdict == .skipped)
            #expect(result.sentence.contains("no champion"))
        }
    }

    @Test func `the drop is relative to the champion`() {
        let measurements = GateMeasurements(
            rows: 100, candidate: measured(3, answers(rows: 100, wrong: 24)), champion: .measured(measured(2, answers(rows: 100, wrong: 20))))
        // 0.80 to 0.76 is a drop of 5 %, though only 0.04.
        let allowed = judge(.champion(metric: "accuracy", dropAtMost: 0.0501, slices: []), measurements)
        #expect(allowed.verdict == .pass)
        #expect(allowed.evidence["champion_version"]?.intValue == 2)
        #expect(abs((allowed.evidence["drop"]?.doubleValue ?? 0) - 0.05) < 1e-12)
        #expect(judge(.champion(metric: "accuracy", dropAtMost: 0.045, slices: []), measurements).verdict == .fail)
    }

    @Test func `for errors, more is worse`() {
        var champion = measured(1, answers(rows: 10, wrong: 0))
        var candidate = champion
        champion.metrics["rmse"] = 2
        candidate.metrics["rmse"] = 2.2
        let gate = { (drop: Double) in GateDeclaration.champion(metric: "rmse", dropAtMost: drop, slices: []) }
        #expect(judge(gate(0.05), GateMeasurements(rows: 10, candidate: candidate, champion: .measured(champion))).verdict == .fail)
        #expect(judge(gate(0.11), GateMeasurements(rows: 10, candidate: candidate, champion: .measured(champion))).verdict == .pass)
        #expect(judge(gate(0), GateMeasurements(rows: 10, candidate: champion, champion: .measured(candidate))).verdict == .pass)
    }

    @Test func `a champion at zero is no obstacle for a better candidate, and no excuse for a worse one`() {
        var zero = measured(1, answers(rows: 10, wrong: 0))
        var other = zero
        zero.metrics["r2"] = 0
        other.metrics["r2"] = 0.4
        let gate = GateDeclaration.champion(metric: "r2", dropAtMost: 0.9, slices: [])
        #expect(judge(gate, GateMeasurements(rows: 10, candidate: other, champion: .measured(zero))).verdict == .pass)
        other.metrics["r2"] = -0.1
        #expect(judge(gate, GateMeasurements(rows: 10, candidate: other, champion: .measured(zero))).verdict == .fail)
    }

    @Test func `a slice of at least 30 rows that drops too far refuses and is named`() {
        let rows = 200
        // Wrong only on the 40 rows of region b.
        let slices = (0..<rows).map { $0 < 40 ? "b" : $0 < 60 ? "c" : "a" as String? }
        let champion = measured(1, answers(rows: rows, wrong: 0))
        let candidate = measured(2, answers(rows: rows, wrong: 20))
        let measurements = GateMeasurements(rows: rows, candidate: candidate, champion: .measured(champion), slices: ["region": slices])
        let gate = GateDeclaration.champion(metric: "accuracy", dropAtMost: 0.2, slices: ["region"])
        let result = judge(gate, measurements)
        #expect(result.verdict == .fail)
        #expect(result.sentence.contains("where region is b (40 rows"))
        let cut = result.evidence["slices"]?.arrayValue ?? []
        // Region c has 20 rows: too few to say anything.
        #expect(cut.compactMap { $0["value_of_column"]?.stringValue } == ["a", "b"])
        #expect(judge(.champion(metric: "accuracy", dropAtMost: 0.2, slices: []), measurements).verdict == .pass)
    }

    @Test func `slicing by a column that the holdout lacks fails`() {
        let same = measured(1, answers(rows: 40, wrong: 0))
        let gate = GateDeclaration.champion(metric: "accuracy", dropAtMost: 0.2, slices: ["moon"])
        let result = judge(gate, GateMeasurements(rows: 40, candidate: same, champion: .measured(same)))
        #expect(result.verdict == .fail)
        #expect(result.sentence.contains("'moon'"))
    }

    @Test func `churn is the share of rows answered differently`() {
        let measurements = GateMeasurements(
            rows: 100, candidate: measured(3, answers(rows: 100, wrong: 30)), champion: .measured(measured(2, answers(rows: 100, wrong: 10))))
        let result = judge(.churn(atMost: 0.2), measurements)
        #expect(result.verdict == .pass)
        #expect(result.evidence["value"]?.doubleValue == 0.2)
        #expect(judge(.churn(atMost: 0.19), measurements).verdict == .fail)
    }

    @Test func `latency is held against its limit`() {
        let measurements = GateMeasurements(rows: 1, latency: LatencyMeasurement(p50: 0.001, p99: 0.0051, runs: 1000))
        #expect(judge(.latency(p99: Period(milliseconds: 6)), measurements).verdict == .pass)
        let failed = judge(.latency(p99: Period(milliseconds: 5)), measurements)
        #expect(failed.verdict == .fail)
        #expect(failed.sentence == "99 % of 1000 single rows were answered within 5.1 ms; at most 5ms is asked.")
    }

    @Test func `nothing measured is a failure that says why`() {
        let measurements = GateMeasurements(problem: "the file is gone.")
        for gate in [
            GateDeclaration.floor(metric: "f1", atLeast: 0), .champion(metric: "f1", dropAtMost: 1, slices: []), .churn(atMost: 1),
            .latency(p99: .seconds(1)),
        ] {
            let result = judge(gate, measurements)
            #expect(result.verdict == .fail)
            #expect(result.sentence.contains("the file is gone."))
        }
    }

    @Test func `a champion that cannot be measured fails the comparison`() {
        let measurements = GateMeasurements(
            rows: 10, candidate: measured(2, answers(rows: 10, wrong: 0)), champion: .failed(version: 1, "it has no ONNX file."))
        let result = judge(.churn(atMost: 1), measurements)
        #expect(result.verdict == .fail)
        #expect(result.evidence["champion_version"]?.intValue == 1)
    }
}
