import TernKernel
import Testing

@testable import Registry

@Suite struct ChurnCountTests {
    private let digest = Digest(of: "sample")

    @Test func `classes flip, and a target tells good flips from bad`() throws {
        let count = ChurnCount(
            from: SampleAnswers(predicted: ["0", "1", "1", nil], score: [0.1, 0.9, 0.8, nil]),
            to: SampleAnswers(predicted: ["0", "0", "0", "1"], score: [0.2, 0.4, 0.3, 0.7]), numbers: false, truth: ["0", "0", "1", "1"],
            inputs: [Column("x", .int([10, 11, 12, 13]))])
        let churn = try #require(count.churn(sample: "holdout", digest: digest, sampleRows: 9))
        #expect(churn.changed == 0.75)
        #expect(churn.flips == [.init(from: "1", to: "0", rows: 2), .init(from: "(none)", to: "1", rows: 1)])
        #expect(churn.mended == 2)
        #expect(churn.broken == 1)
        #expect(churn.examples.map(\.row) == [1, 2, 3])
        #expect(churn.examples.first == .init(row: 1, inputs: ["x": 11], from: "1", to: "0", truth: "0"))
        #expect(churn.sampleRows == 9)
        let difference = try #require(churn.difference)
        #expect(abs(difference.mean - (0.1 + 0.5 + 0.5) / 3) < 1e-12)
        #expect(abs(difference.max - 0.5) < 1e-12)
    }

    @Test func `numbers differ by how much, the furthest apart first`() throws {
        let from = [1.0, 2, 3, 4].map(Optional.some)
        let to = [1.0, 2.5, 1, 4].map(Optional.some)
        let count = ChurnCount(
            from: SampleAnswers(predicted: from.map { $0.map { "\($0)" } }, score: from),
            to: SampleAnswers(predicted: to.map { $0.map { "\($0)" } }, score: to), numbers: true, truth: ["1", "2", "3", "4"], inputs: [])
        let churn = try #require(count.churn(sample: "s", digest: digest, sampleRows: 4))
        #expect(churn.kind == "numbers")
        #expect(churn.changed == 0.5)
        #expect(churn.difference == .init(mean: 0.625, p50: 0, p90: 2, p99: 2, max: 2))
        #expect(churn.examples.map(\.row) == [2, 1])
        #expect(churn.flips.isEmpty)
        #expect(churn.mended == nil)
    }

    @Test func `answers of unequal length give no churn`() {
        let one = SampleAnswers(predicted: ["1"], score: [1])
        let two = SampleAnswers(predicted: ["1", "1"], score: [1, 1])
        #expect(ChurnCount(from: one, to: two, numbers: false, truth: nil, inputs: []).churn(sample: "", digest: digest, sampleRows: 1) == nil)
        let none = SampleAnswers(predicted: [], score: [])
        #expect(ChurnCount(from: none, to: none, numbers: false, truth: nil, inputs: []).churn(sample: "", digest: digest, sampleRows: 0) == nil)
    }

    @Test(
        arguments: [
            ("f1", true), ("val_accuracy", true), ("training_roc_auc", true), ("log_loss", false), ("rmse", false), ("eval-logloss", false),
            ("mean_absolute_error", false), ("validation_0-mlogloss", false), ("r2", true), ("rows", nil), ("map", true), ("mapping_time", nil),
        ] as [(String, Bool?)]) func `a metric's name tells which way is better`(name: String, higher: Bool?)
    {
        #expect(MetricDirection.higherIsBetter(name) == higher)
    }

    @Test func `a metric is better, worse, the same, or nobody knows`() {
        #expect(ModelComparison.Metric("f1", origin: "holdout", 0.5, 0.6).verdict == "better")
        #expect(ModelComparison.Metric("rmse", origin: "holdout", 0.5, 0.6).verdict == "worse")
        #expect(ModelComparison.Metric("rmse", origin: "holdout", 0.5, 0.5).verdict == "same")
        #expect(ModelComparison.Metric("rows", origin: "holdout", 5, 6).verdict == nil)
        #expect(ModelComparison.Metric("f1", origin: "run", nil, 6).delta == nil)
        #expect(ModelComparison.Metric("f1", origin: "run", .nan, 6).verdict == nil)
    }
}
