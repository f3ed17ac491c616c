/// How good a regression is, over the rows whose truth and prediction are both finite. Nil when the rows do not define a number.
package struct RegressionMetrics: Hashable, Sendable, Codable {
    package var rows: Int
    /// `mean(predicted - truth)`.
    package var meanError: Double?
    /// `mean |predicted - truth|`.
    package var mae: Double?
    /// `sqrt(mean (predicted - truth)²)`.
    package var rmse: Double?
    /// `1 - Σ(truth - predicted)² / Σ(truth - mean)²`; nil for fewer than two rows or a truth that never varies.
    package var r2: Double?

    package init(truth: [Double?], predicted: [Double?]) {
        var errors = 0.0
        var absolute = 0.0
        var squares = 0.0
        var truths = Moments()
        for (truth, predicted) in zip(truth, predicted) {
            guard let truth, let predicted, truth.isFinite, predicted.isFinite else { continue }
            let error = predicted - truth
            errors += error
            absolute += abs(error)
            squares += error * error
            truths.add(truth)
        }
        rows = truths.count
        guard rows > 0, let variance = truths.variance else { return }
        let count = Double(rows)
        meanError = errors / count
        mae = absolute / count
        rmse = (squares / count).squareRoot()
        if rows > 1, variance > 0 { r2 = 1 - squares / (variance * count) }
    }

    /// The metrics that are defined: `mean_error`, `mae`, `rmse`, `r2`, `rows`.
    package var named: [String: Double] {
        let all: [String: Double?] = ["mean_error": meanError, "mae": mae, "rmse": rmse, "r2": r2, "rows": Double(rows)]
        return all.compactMapValues { $0 }
    }
}
