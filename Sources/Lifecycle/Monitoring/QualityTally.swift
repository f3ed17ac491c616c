import TernKernel
import TernLog
import TernStats

/// The labelled rows of one window and one variant, and the metrics they give.
struct QualityTally: Sendable {
    /// Metrics that a monitor can put a floor under.
    static let floors = ["accuracy", "precision", "recall", "f1", "roc_auc", "r2"]
    /// Fewer labelled rows than this are not judged.
    static let minimumLabels = 30

    private(set) var rows = 0
    private(set) var truths: [String] = []
    private(set) var predictions: [String] = []
    private(set) var scores: [Double?] = []
    var labelled: Int { truths.count }

    mutating func add(_ record: PredictionRecord, labels: [Int: String], where belongs: (Timestamp) -> Bool) {
        let predicted = record.predictedLabels
        let scores = record.outputs.first { $0.name == "score" }?.numbers
        for row in 0..<max(0, record.rows) where belongs(record.time(ofRow: row)) {
            rows += 1
            guard let truth = labels[row], predicted.indices.contains(row), let answer = predicted[row] else { continue }
            truths.append(truth)
            predictions.append(answer)
            self.scores.append(scores.flatMap { $0.indices.contains(row) ? $0[row] : nil })
        }
    }

    /// The metrics that the rows define.
    func metrics(for metric: String, knownLabels: Set<String>) -> [String: Double] {
        if metric == "r2" {
            var named = RegressionMetrics(truth: truths.map { Double($0) }, predicted: predictions.map { Double($0) }).named
            named["rows"] = nil
            return named
        }
        let positive = Self.positive(among: knownLabels.union(truths).union(predictions))
        var named = ClassificationMetrics(truth: truths, predicted: predictions, score: scores, positive: positive).named
        named["rows"] = nil
        // Without a single positive, true or predicted, these are not 0: they say nothing.
        if let positive, !truths.contains(positive), !predictions.contains(positive) {
            for name in ["f1", "precision", "recall"] { named[name] = nil }
        }
        return named
    }

    /// The label that precision and recall are about: `1`, else the last of two. Nil with more than two labels (then macro).
    static func positive(among labels: Set<String>) -> String? {
        if labels.count > 2 { return nil }
        return labels.contains("1") || labels.isSubset(of: ["0"]) ? "1" : labels.max()
    }
}

extension PredictionRecord {
    /// What was predicted for each row, spelled as labels are.
    var predictedLabels: [String?] {
        outputs.first { $0.name == "predicted" }.map { $0.texts.map { $0.map { LabelText.of($0) } } } ?? []
    }
}
