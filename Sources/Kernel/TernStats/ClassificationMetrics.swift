import Foundation

/// How good a classifier is. A number that the rows do not define (no rows, one class only, no scores) is nil, never 0 or NaN.
package struct ClassificationMetrics: Hashable, Sendable, Codable {
    /// Rows that were counted: those with both truth and prediction.
    package var rows: Int
    package var confusion: Confusion
    /// The label that precision, recall and F1 are about; nil means their plain mean over all labels (macro).
    package var positive: String?
    package var accuracy: Double?
    package var precision: Double?
    package var recall: Double?
    package var f1: Double?
    package var rocAuc: Double?
    package var logLoss: Double?
    package var brier: Double?

    /// From counts only: no `rocAuc`, `logLoss`, `brier`.
    package init(_ confusion: Confusion, positive: String?) {
        rows = confusion.total
        self.confusion = confusion
        self.positive = positive
        accuracy = confusion.accuracy
        precision = positive.map { confusion.precision(of: $0) } ?? confusion.macroPrecision
        recall = positive.map { confusion.recall(of: $0) } ?? confusion.macroRecall
        f1 = positive.map { confusion.f1(of: $0) } ?? confusion.macroF1
    }

    /// - Parameters:
    ///   - score: the probability of `positive`, by row; rows without a usable one are left out of the three metrics that need it.
    ///   - positive: nil for more than two classes.
    package init(truth: [String?], predicted: [String?], score: [Double?] = [], positive: String?) {
        var confusion = Confusion()
        for (truth, predicted) in zip(truth, predicted) {
            if let truth, let predicted { confusion.add(truth: truth, predicted: predicted) }
        }
        self.init(confusion, positive: positive)
        guard let positive else { return }
        var outcomes: [Bool] = []
        var scores: [Double] = []
        for (truth, score) in zip(truth, score) {
            guard let truth, let score, score.isFinite else { continue }
            outcomes.append(truth == positive)
            scores.append(score)
        }
        rocAuc = ScoreMetrics.rocAuc(outcomes, scores)
        logLoss = ScoreMetrics.logLoss(outcomes, scores)
        brier = ScoreMetrics.brier(outcomes, scores)
    }

    /// The metrics that are defined, by the names that gates and monitors use: `accuracy`, `precision`, `recall`, `f1`, `roc_auc`, `log_loss`,
    /// `brier`, `rows`.
    package var named: [String: Double] {
        let all: [String: Double?] = [
            "accuracy": accuracy, "precision": precision, "recall": recall, "f1": f1, "roc_auc": rocAuc, "log_loss": logLoss, "brier": brier,
            "rows": Double(rows),
        ]
        return all.compactMapValues { $0 }
    }
}

/// Metrics of probabilities against what happened. Arrays are paired by position.
package enum ScoreMetrics {
    /// The area under the ROC curve, ties counting half: `(R₊ - n₊(n₊+1)/2) / (n₊ n₋)` with mid-ranks (Mann-Whitney). Nil unless both classes
    /// occur.
    package static func rocAuc(_ outcomes: [Bool], _ scores: [Double]) -> Double? {
        let pairs = zip(scores, outcomes).sorted { $0.0 < $1.0 }
        let positives = pairs.count { $0.1 }
        let negatives = pairs.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        var rankSum = 0.0
        var start = 0
        while start < pairs.count {
            var end = start
            var hits = 0
            while end < pairs.count, pairs[end].0 == pairs[start].0 {
                if pairs[end].1 { hits += 1 }
                end += 1
            }
            rankSum += Double(hits) * Double(start + 1 + end) / 2
            start = end
        }
        let positive = Double(positives)
        return (rankSum - positive * (positive + 1) / 2) / (positive * Double(negatives))
    }

    /// `-mean(y ln p + (1-y) ln(1-p))`, p kept within ε…1-ε with ε = 2^-52 (scikit-learn). Nil without rows or with a score outside 0…1.
    package static func logLoss(_ outcomes: [Bool], _ scores: [Double]) -> Double? {
        mean(outcomes, scores) { outcome, score in
            let kept = min(max(score, Double.ulpOfOne), 1 - Double.ulpOfOne)
            return outcome ? -log(kept) : -log1p(-kept)
        }
    }

    /// `mean((p - y)²)`. Nil without rows or with a score outside 0…1.
    package static func brier(_ outcomes: [Bool], _ scores: [Double]) -> Double? {
        mean(outcomes, scores) { outcome, score in
            let difference = score - (outcome ? 1 : 0)
            return difference * difference
        }
    }

    private static func mean(_ outcomes: [Bool], _ scores: [Double], _ loss: (Bool, Double) -> Double) -> Double? {
        let pairs = Array(zip(outcomes, scores))
        guard !pairs.isEmpty, pairs.allSatisfy({ $0.1 >= 0 && $0.1 <= 1 }) else { return nil }
        return pairs.reduce(0) { $0 + loss($1.0, $1.1) } / Double(pairs.count)
    }
}
