import TernKernel

/// Two versions side by side: what differs in figures, making, data, inputs and answers.
package struct ModelComparison: Codable, Sendable {
    package struct Side: Codable, Sendable {
        package var model: String
        package var version: Int
        package var status: ModelVersionStatus
        package var aliases: [String]
        package var createdAt: Timestamp
        package var createdBy: String
        package var run: String?
        package var codeCommit: String?
        package var codeClean: Bool?
        package var digest: Digest?
        package var holdout: Digest?
    }

    package struct Metric: Codable, Hashable, Sendable {
        package var name: String
        /// `holdout`: measured by the gates; `run`: logged by the run that made it.
        package var origin: String
        package var from: Double?
        package var to: Double?
        /// Second less first.
        package var delta: Double?
        /// `better`, `worse` or `same`, as the second is to the first; nil when nobody knows which direction is good.
        package var verdict: String?
    }

    /// Something that is not the same in both.
    package struct Difference: Codable, Hashable, Sendable {
        package var name: String
        package var from: String?
        package var to: String?
    }

    package struct Data: Codable, Hashable, Sendable {
        package var name: String
        package var from: String?
        package var to: String?
        package var fromDigest: String?
        package var toDigest: String?
        package var fromRows: Int64?
        package var toRows: Int64?
        package var same: Bool
    }

    package var from: Side
    package var to: Side
    package var metrics: [Metric]
    /// Whether both were judged on the very same holdout; if not, their holdout metrics say less.
    package var sameHoldout: Bool
    /// Only those that differ.
    package var params: [Difference]
    package var data: [Data]
    /// Only what differs.
    package var schema: [SchemaDifference]
    /// Files that pin the environment, where they differ; their digests.
    package var environment: [Difference]
    package var churn: PredictionChurn?
    /// Why there is no churn.
    package var churnProblem: String?
}

extension ModelComparison.Metric {
    init(_ name: String, origin: String, _ from: Double?, _ to: Double?) {
        let delta = from.flatMap { from in to.map { $0 - from } }
        self.init(name: name, origin: origin, from: from, to: to, delta: delta, verdict: nil)
        guard let delta, !delta.isNaN, let higher = MetricDirection.higherIsBetter(name) else { return }
        verdict = delta == 0 ? "same" : (delta > 0) == higher ? "better" : "worse"
    }
}

/// Which way a metric gets better, by its name.
package enum MetricDirection {
    private static let lower = ["loss", "error", "rmse", "mae", "mse", "mape", "brier", "latency", "perplexity", "deviance", "logloss"]
    private static let higher = ["accuracy", "f1", "precision", "recall", "auc", "r2", "score", "ndcg", "map", "bleu", "rouge"]

    /// Nil when the name does not tell.
    package static func higherIsBetter(_ name: String) -> Bool? {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        // An error by any other name is still an error: `f1_loss`.
        if words.contains(where: { word in lower.contains { word == $0 || word.hasSuffix($0) } }) { return false }
        if words.contains(where: { word in higher.contains { word == $0 } }) { return true }
        return nil
    }
}

extension ModelComparison.Difference {
    /// Keys whose values are not the same, in order.
    static func between(_ from: [String: String], _ to: [String: String]) -> [ModelComparison.Difference] {
        Set(from.keys).union(to.keys).sorted().filter { from[$0] != to[$0] }.map { .init(name: $0, from: from[$0], to: to[$0]) }
    }
}

extension ModelComparison.Data {
    static func between(_ from: [LineageAnswer.Dataset], _ to: [LineageAnswer.Dataset]) -> [ModelComparison.Data] {
        func word(_ dataset: LineageAnswer.Dataset?) -> String? { dataset.map { $0.version > 0 ? "version \($0.version)" : "tracked" } }
        let names = Set(from.map(\.name)).union(to.map(\.name)).sorted()
        return names.flatMap { name -> [ModelComparison.Data] in
            // A name may stand for several (training and evaluation): they are paired in order.
            let old = from.filter { $0.name == name }
            let new = to.filter { $0.name == name }
            return (0..<max(old.count, new.count)).map { index in
                let before = index < old.count ? old[index] : nil
                let after = index < new.count ? new[index] : nil
                return ModelComparison.Data(
                    name: name, from: word(before), to: word(after), fromDigest: before?.digest, toDigest: after?.digest, fromRows: before?.rows,
                    toRows: after?.rows, same: before?.digest == after?.digest)
            }
        }
    }
}
