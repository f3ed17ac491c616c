/// The tests that compare two columns. Names as in Evidently.
package enum DriftMethod: String, Hashable, Sendable, Codable, CaseIterable {
    case ks
    case psi
    case jensenshannon
    case wasserstein
    case divergence = "kl_div"
    case hellinger
    case chisquare
    case z
    case student = "t_test"
    case mannWhitney = "mannw"

    /// Whether the score is a p-value, small when the columns differ; else it is a distance, large when they do.
    package var scoresByProbability: Bool {
        switch self {
        case .ks, .chisquare, .z, .student, .mannWhitney: true
        case .psi, .jensenshannon, .wasserstein, .divergence, .hellinger: false
        }
    }
}

/// What a comparison of two columns came to.
package struct DriftScore: Hashable, Sendable, Codable {
    package enum Status: String, Hashable, Sendable, Codable {
        /// Compared.
        case ok
        /// Fewer than 30 usable rows on one side.
        case notEnoughData
        /// No usable row on one side.
        case allMissing
        /// Both sides hold the same single value: no drift.
        case constant
        /// The reference holds one value, and the current rows differ from it.
        case constantReference
        /// Both are constant, and not the same; or the current rows froze at one value.
        case constantCurrent
        /// One side is numeric, the other is not.
        case differentKinds
        /// The named method does not exist or does not fit the column.
        case unsupportedMethod
    }

    /// A `DriftMethod`'s name, or the unknown one that was asked for.
    package var method: String
    /// The size of the difference, larger is more (D, V, PSI, a distance); nil when it was not computed.
    package var statistic: Double?
    package var pValue: Double?
    /// What `statistic` has to reach; already raised to what chance explains at these sizes.
    package var threshold: Double
    package var drifted: Bool
    package var status: Status
    /// Usable rows on either side.
    package var referenceRows: Int
    package var currentRows: Int
    /// Categories (or values) of the current rows that the reference never had, most frequent first; at most ten.
    package var newValues: [CategoryCount]
    /// One sentence for people: what was compared, and why it is or is not drift.
    package var explanation: String
}
