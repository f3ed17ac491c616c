import TernKernel
import TernStats

/// What kind of answer a model gives.
package enum ModelTask: String, Codable, Hashable, Sendable, CaseIterable {
    case binary
    case multiclass
    case regression

    /// - Throws: `invalid_argument`.
    package init(named name: String) throws {
        guard let task = ModelTask(rawValue: name) else {
            throw TernError.invalid("'\(name)' is not a task", hint: "a task is one of binary, multiclass, regression")
        }
        self = task
    }

    /// Metrics that are better when they are smaller.
    static let lowerIsBetter: Set<String> = ["log_loss", "brier", "mae", "rmse", "mean_error"]
}

/// What a model answered, row by row, on a table whose truth is known.
struct HoldoutAnswers: Codable, Hashable, Sendable {
    var task: ModelTask
    var truth: [String?]
    var predicted: [String?]
    var score: [Double?]

    /// - Parameter truth: labels; a boolean column is read as 0 and 1, as models answer it.
    init(task: ModelTask, truth: Column, predicted: [String?], score: [Double?]) {
        self.task = task
        self.truth = HoldoutAnswers.truth(truth)
        self.predicted = predicted
        self.score = score
    }

    /// A column of truth as the labels that models answer.
    static func truth(_ column: Column) -> [String?] {
        column.type == "bool" ? column.numbers.map { $0.map { $0.map { $0 == 0 ? "0" : "1" } } } ?? [] : column.texts
    }

    var rows: Int { truth.count }

    /// The label that counts as positive: `1`, else `true`, else the last of the labels in order.
    var positive: String? {
        let labels = Set(truth.compactMap(\.self))
        if labels.contains("1") || labels.isSubset(of: ["0"]) { return "1" }
        return labels.contains("true") ? "true" : labels.max()
    }

    /// Every metric that the task has; one that these rows do not define is absent.
    func metrics(of chosen: [Int]? = nil) -> [String: Double] {
        func pick<Value>(_ values: [Value?]) -> [Value?] { chosen.map { $0.map { values.indices.contains($0) ? values[$0] : nil } } ?? values }
        switch task {
        case .binary, .multiclass:
            // A row without an answer is a wrong answer, not one row less.
            let answered = pick(predicted).map { $0 ?? "(none)" }
            let binary = task == .binary
            return ClassificationMetrics(
                truth: pick(truth), predicted: answered, score: binary ? pick(score) : [], positive: binary ? positive : nil
            ).named
        case .regression:
            let numbers = pick(truth).map { $0.flatMap { Double($0) } }
            let answers = pick(score)
            // A row that has a truth and no answer leaves nothing to average over.
            guard !zip(numbers, answers).contains(where: { $0 != nil && !($1?.isFinite ?? false) }) else { return [:] }
            return RegressionMetrics(truth: numbers, predicted: answers).named
        }
    }

    /// The share of rows that the other model answers differently.
    func churn(against other: HoldoutAnswers) -> Double? {
        guard rows > 0, other.rows == rows, predicted.count == rows, other.predicted.count == rows else { return nil }
        let different = zip(predicted, other.predicted).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
        return Double(different) / Double(rows)
    }
}
