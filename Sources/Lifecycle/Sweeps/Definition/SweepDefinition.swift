import TernKernel
import TernStats

/// A search as its file declares it: which command, over which parameters, by which method.
package struct SweepDefinition: Sendable {
    package enum Method: String, Sendable, CaseIterable {
        case grid, random, bayes
    }

    package var name: String
    package var description: String?
    package var method: Method
    package var metric: SweepMetric?
    /// By name; the order in which everything goes through them.
    package var parameters: [SweepParameter]
    package var command: CommandTemplate
    package var hyperband: Hyperband?
    package var runCap: Int?
    /// What it was read from, as it was sent.
    package var source: JSON
}

/// What a search makes as small or as large as it can.
package struct SweepMetric: Hashable, Sendable {
    /// Which value a trial without a result of its own counts with.
    package enum Imputation: String, Sendable, CaseIterable {
        case worst, best, latest
    }

    package var name: String
    package var isMaximized: Bool
    /// The search ends when a trial's value is this good.
    package var target: Double?
    package var impute: Imputation
    package var imputeWhileRunning: Imputation?

    /// The value as one to be made small.
    package func cost(_ value: Double) -> Double { isMaximized ? -value : value }

    package func reachesTarget(_ value: Double) -> Bool { target.map { cost(value) <= cost($0) } ?? false }
}

/// One hyperparameter and the values it can take.
package struct SweepParameter: Sendable {
    package enum Space: Sendable {
        case constant(JSON)
        /// Equally likely, unless there are probabilities.
        case categorical([JSON], probabilities: [Double]?)
        /// Whole numbers, both ends included.
        case integers(min: Int64, max: Int64)
        /// With a step, values are its multiples; `isWhole` says that they are written without a point.
        case number(SearchDistribution, step: Double?, isWhole: Bool)
    }

    /// Where it stands among nested parameters; most have one name only.
    package var path: [String]
    package var space: Space
    /// The distribution's name in the file.
    package var distribution: String

    /// `lr`; `optimizer.lr` when nested.
    package var name: String { path.joined(separator: ".") }

    package var isConstant: Bool { if case .constant = space { true } else { false } }
}
