/// How often each truth was predicted as each label. Mergeable: windows add up.
package struct Confusion: Hashable, Sendable, Codable {
    package struct Cell: Hashable, Sendable, Codable {
        package var truth: String
        package var predicted: String
        package var count: Int
    }

    private var counts: [String: [String: Int]] = [:]

    package init() {}

    /// Pairs the two by position; the longer one's rest is left out.
    package init(truth: [String], predicted: [String]) {
        for (truth, predicted) in zip(truth, predicted) { add(truth: truth, predicted: predicted) }
    }

    package mutating func add(truth: String, predicted: String, times: Int = 1) {
        counts[truth, default: [:]][predicted, default: 0] += times
    }

    package mutating func merge(_ other: Confusion) {
        for (truth, row) in other.counts {
            for (predicted, count) in row { add(truth: truth, predicted: predicted, times: count) }
        }
    }

    package func count(truth: String, predicted: String) -> Int { counts[truth]?[predicted] ?? 0 }
    package var total: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
    package var correct: Int { counts.reduce(0) { $0 + ($1.value[$1.key] ?? 0) } }
    /// Every label that was a truth or a prediction, in ascending order.
    package var labels: [String] { Set(counts.keys).union(counts.values.flatMap(\.keys)).sorted() }

    /// The cells that are not zero, by truth, then prediction.
    package var cells: [Cell] {
        counts.flatMap { truth, row in row.map { Cell(truth: truth, predicted: $0.key, count: $0.value) } }
            .sorted { ($0.truth, $0.predicted) < ($1.truth, $1.predicted) }
    }

    private func row(_ label: String) -> Int { counts[label]?.values.reduce(0, +) ?? 0 }
    private func column(_ label: String) -> Int { counts.values.reduce(0) { $0 + ($1[label] ?? 0) } }

    /// The share that is right; nil without rows.
    package var accuracy: Double? { total == 0 ? nil : Double(correct) / Double(total) }

    /// `TP / (TP + FP)`. As in scikit-learn it is 0 when the label was never predicted; nil without rows.
    package func precision(of label: String) -> Double? {
        ratio(count(truth: label, predicted: label), column(label))
    }

    /// `TP / (TP + FN)`. 0 when the label is never the truth; nil without rows.
    package func recall(of label: String) -> Double? {
        ratio(count(truth: label, predicted: label), row(label))
    }

    /// `2 TP / (2 TP + FP + FN)`. 0 when the label is neither truth nor prediction; nil without rows.
    package func f1(of label: String) -> Double? {
        ratio(2 * count(truth: label, predicted: label), row(label) + column(label))
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double? {
        if total == 0 { return nil }
        return whole == 0 ? 0 : Double(part) / Double(whole)
    }

    package var macroPrecision: Double? { average(precision) }
    package var macroRecall: Double? { average(recall) }
    package var macroF1: Double? { average(f1) }

    private func average(_ metric: (String) -> Double?) -> Double? {
        let labels = labels
        return labels.isEmpty ? nil : labels.reduce(0) { $0 + (metric($1) ?? 0) } / Double(labels.count)
    }
}
