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

    /// What `DriftScore.statistic` is, and the smallest difference that matters unless a monitor says otherwise. For a normal
    /// column `ks`, `wasserstein`, `t_test` and `mannw` ask for a shift of a quarter of its standard deviation, the binned distances for nearly half.
    package var minimumEffect: Double {
        switch self {
        /// The largest distance D between the distribution functions.
        case .ks: 0.1
        /// Between the reference's deciles, or the values.
        case .psi: 0.2
        case .divergence: 0.1
        case .jensenshannon, .hellinger: 0.15
        /// In standard deviations of the reference.
        case .wasserstein: 0.25
        /// The root of the symmetric chi-square (`BinnedPair.symmetricChiSquare`): 0.2 is 50 % against 60 %.
        case .chisquare, .z: 0.2
        /// The distance of the means in pooled standard deviations.
        case .student: 0.25
        /// `|2 P(reference < current) - 1|`, ties half.
        case .mannWhitney: 0.15
        }
    }

    /// Whether it can compare numbers that have many values.
    var takesNumbers: Bool { self != .chisquare && self != .z }
    /// Whether it can compare categories.
    var takesCategories: Bool {
        switch self {
        case .psi, .jensenshannon, .divergence, .hellinger, .chisquare, .z: true
        case .ks, .wasserstein, .student, .mannWhitney: false
        }
    }
}
