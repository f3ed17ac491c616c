import Foundation
import TernKernel

/// What two models answer differently on the same rows.
package struct PredictionChurn: Codable, Hashable, Sendable {
    /// Absolute differences of numbers.
    package struct Spread: Codable, Hashable, Sendable {
        package var mean: Double
        package var p50: Double
        package var p90: Double
        package var p99: Double
        package var max: Double
    }

    /// How often one class became another.
    package struct Flip: Codable, Hashable, Sendable {
        package var from: String
        package var to: String
        package var rows: Int
    }

    /// A row that they answer differently.
    package struct Example: Codable, Hashable, Sendable {
        /// From 0, in the sample.
        package var row: Int
        package var inputs: [String: JSON]
        package var from: String
        package var to: String
        /// Nil when the sample has no target.
        package var truth: String?
    }

    /// `classes` or `numbers`.
    package var kind: String
    /// What the sample is: `holdout of version 3`, `input example of version 3`.
    package var sample: String
    package var sampleDigest: String
    /// Rows compared.
    package var rows: Int
    /// Rows of the sample; more than `rows` when it was cut.
    package var sampleRows: Int
    /// The share of rows that are answered differently: another class, or a number that is not the same.
    package var changed: Double
    /// The most frequent changes of class first.
    package var flips: [Flip]
    /// Of the numbers that a regression answers, or of the scores that a classifier gives.
    package var difference: Spread?
    /// Rows that the second answers rightly and the first did not, and the other way round; nil without a target or for numbers.
    package var mended: Int?
    package var broken: Int?
    package var examples: [Example]

    static let mostExamples = 10
    static let mostFlips = 20
}

/// The answers of one model on a sample.
struct SampleAnswers: Sendable {
    var predicted: [String?]
    var score: [Double?]
}

/// Counts what changed; pure.
struct ChurnCount {
    let from: SampleAnswers
    let to: SampleAnswers
    /// Whether the answers are numbers rather than classes.
    let numbers: Bool
    let truth: [String?]?
    let inputs: [Column]

    /// - Returns: nil when there is no row, or one model answered fewer rows.
    func churn(sample: String, digest: Digest, sampleRows: Int) -> PredictionChurn? {
        let rows = from.predicted.count
        guard rows > 0, to.predicted.count == rows, from.score.count == rows, to.score.count == rows else { return nil }
        let differences: [Double] = (0..<rows).compactMap { row in
            guard let before = from.score[row], let after = to.score[row], before.isFinite, after.isFinite else { return nil }
            return abs(after - before)
        }
        let changed = (0..<rows).filter { numbers ? from.score[$0] != to.score[$0] : from.predicted[$0] != to.predicted[$0] }
        var churn = PredictionChurn(
            kind: numbers ? "numbers" : "classes", sample: sample, sampleDigest: digest.hex, rows: rows, sampleRows: sampleRows,
            changed: Double(changed.count) / Double(rows), flips: numbers ? [] : flips(changed), difference: ChurnCount.spread(differences),
            mended: nil, broken: nil, examples: examples(changed))
        if !numbers, let truth, truth.count == rows {
            churn.mended = changed.reduce(0) { $0 + (truth[$1] != nil && to.predicted[$1] == truth[$1] ? 1 : 0) }
            churn.broken = changed.reduce(0) { $0 + (truth[$1] != nil && from.predicted[$1] == truth[$1] ? 1 : 0) }
        }
        return churn
    }

    private func flips(_ changed: [Int]) -> [PredictionChurn.Flip] {
        var counts: [[String]: Int] = [:]
        for row in changed { counts[[word(from, row), word(to, row)], default: 0] += 1 }
        return counts.map { PredictionChurn.Flip(from: $0.key[0], to: $0.key[1], rows: $0.value) }
            .sorted { ($1.rows, $0.from, $0.to) < ($0.rows, $1.from, $1.to) }
            .prefix(PredictionChurn.mostFlips).map(\.self)
    }

    /// For classes the first rows; for numbers those furthest apart.
    private func examples(_ changed: [Int]) -> [PredictionChurn.Example] {
        func distance(_ row: Int) -> Double { abs((from.score[row] ?? .infinity) - (to.score[row] ?? -.infinity)) }
        let chosen = numbers ? changed.map { ($0, distance($0)) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0) : changed
        return chosen.prefix(PredictionChurn.mostExamples).map { row in
            PredictionChurn.Example(
                row: row, inputs: Dictionary(inputs.map { ($0.name, $0[row]) }, uniquingKeysWith: { first, _ in first }), from: word(from, row),
                to: word(to, row), truth: truth.flatMap { $0.indices.contains(row) ? $0[row] : nil })
        }
    }

    private func word(_ answers: SampleAnswers, _ row: Int) -> String { answers.predicted[row] ?? "(none)" }

    /// Quantiles by the nearest rank.
    static func spread(_ values: [Double]) -> PredictionChurn.Spread? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func quantile(_ q: Double) -> Double { sorted[min(sorted.count - 1, max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1))] }
        return PredictionChurn.Spread(
            mean: values.reduce(0, +) / Double(values.count), p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99),
            max: sorted[sorted.count - 1])
    }
}
