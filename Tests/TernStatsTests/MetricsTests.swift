import Foundation
import Testing

@testable import TernStats

@Suite struct MetricsTests {
    @Test(arguments: ["calibrated_ref", "calibrated_cur", "miscalibrated_cur"])
    func `binary metrics equal scikit-learn's`(set: String) throws {
        let rows = try Golden.columns("cls_binary_\(set).csv")
        let expected = try Golden.json("expected_classification.json").object("sets").object(set).object("sklearn")
        let metrics = ClassificationMetrics(
            truth: rows["y_true"] ?? [], predicted: rows["y_pred"] ?? [], score: (rows["y_pred_proba"] ?? []).map { Double($0) }, positive: "1")
        for (name, value) in metrics.named where name != "rows" { #expect(near(value, expected.number(name)), "\(name)") }
        #expect(metrics.named.count == 8)
        let matrix = try #require(expected["confusion_matrix_rows_true"] as? [[Int]])
        for (truth, row) in matrix.enumerated() {
            for (predicted, count) in row.enumerated() {
                #expect(metrics.confusion.count(truth: "\(truth)", predicted: "\(predicted)") == count)
            }
        }
    }

    @Test func `multiclass metrics are macro averages, equal to scikit-learn's`() throws {
        let rows = try Golden.columns("cls_multi_cur.csv")
        let expected = try Golden.json("expected_classification.json").object("sets").object("multi_cur").object("sklearn")
        let metrics = ClassificationMetrics(truth: rows["y_true"] ?? [], predicted: rows["y_pred"] ?? [], positive: nil)
        #expect(near(metrics.accuracy, expected.number("accuracy")))
        #expect(near(metrics.precision, expected.number("precision_macro")))
        #expect(near(metrics.recall, expected.number("recall_macro")))
        #expect(near(metrics.f1, expected.number("f1_macro")))
        #expect(metrics.rocAuc == nil)
        #expect(metrics.confusion.labels == ["cat", "dog", "fox"])
    }

    @Test(arguments: ["regr_ref", "regr_cur", "regr_signed"])
    func `regression metrics equal scikit-learn's`(set: String) throws {
        let rows = try Golden.columns("\(set).csv")
        let expected = try Golden.json("expected_regression.json").object("sets").object(set).object("sklearn")
        let metrics = RegressionMetrics(
            truth: (rows["y_true"] ?? []).map { Double($0) }, predicted: (rows["y_pred"] ?? []).map { Double($0) })
        #expect(near(metrics.mae, expected.number("mae")))
        #expect(near(metrics.rmse, expected.number("rmse")))
        #expect(near(metrics.r2, expected.number("r2")))
        #expect(near(metrics.meanError, expected.number("mean_error_pred_minus_true")))
    }

    @Test func `without rows nothing is defined`() {
        let metrics = ClassificationMetrics(truth: [nil, "1"], predicted: ["1", nil], positive: "1")
        #expect(metrics.named == ["rows": 0])
        #expect(RegressionMetrics(truth: [nil, .nan], predicted: [1, 2]).named == ["rows": 0])
        #expect(ClassificationMetrics(Confusion(), positive: nil).f1 == nil)
    }

    @Test func `with one class only the ROC curve is not defined, the rest is`() {
        let metrics = ClassificationMetrics(truth: ["0", "0"], predicted: ["0", "1"], score: [0.2, 0.6], positive: "1")
        #expect(metrics.rocAuc == nil)
        #expect(metrics.accuracy == 0.5)
        #expect(metrics.precision == 0)
        #expect(metrics.recall == 0)
        #expect(metrics.f1 == 0)
        #expect(near(metrics.brier, 0.2))
        #expect(metrics.logLoss != nil)
    }

    @Test func `a probability outside zero to one has no log loss, and a missing one is left out`() {
        #expect(ScoreMetrics.logLoss([true], [1.2]) == nil)
        let metrics = ClassificationMetrics(truth: ["1", "0", "1"], predicted: ["1", "0", "1"], score: [0.9, 0.1, nil], positive: "1")
        #expect(metrics.rocAuc == 1)
        #expect(near(metrics.brier, 0.01))
    }

    @Test func `a certain and wrong probability costs much but not infinity`() throws {
        let loss = try #require(ScoreMetrics.logLoss([true, false], [0, 1]))
        #expect(near(loss, -log(Double.ulpOfOne), 1e-9))
    }

    @Test func `tied scores count half in the ROC area`() {
        #expect(ScoreMetrics.rocAuc([true, false], [0.5, 0.5]) == 0.5)
        #expect(ScoreMetrics.rocAuc([true, false, true, false], [0.9, 0.1, 0.4, 0.4]) == 0.875)
    }

    @Test func `confusions of windows add up`() {
        var all = Confusion(truth: ["a", "b"], predicted: ["a", "a"])
        all.merge(Confusion(truth: ["b"], predicted: ["b"]))
        #expect(all == Confusion(truth: ["a", "b", "b"], predicted: ["a", "a", "b"]))
        #expect(all.total == 3)
        #expect(all.correct == 2)
        #expect(all.cells.map(\.count) == [1, 1, 1])
    }

    @Test func `a truth that never varies has no R²`() {
        #expect(RegressionMetrics(truth: [2, 2], predicted: [2, 3]).r2 == nil)
        #expect(RegressionMetrics(truth: [2], predicted: [2]).r2 == nil)
        #expect(RegressionMetrics(truth: [1, 2], predicted: [1, 2]).r2 == 1)
    }
}
