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
        /// The reference holds a single value, and current rows differ from it: drift, unless they are very few.
        case constantReference
        /// A number that took many values is stuck at one: drift.
        case constantCurrent
        /// One side is numeric, the other is not.
        case differentKinds
        /// The named method does not exist or does not fit the column.
        case unsupportedMethod
    }

    /// A `DriftMethod`'s name, or the unknown one that was asked for.
    package var method: String
    /// The size of the difference, larger is more (see `DriftMethod.minimumEffect`); nil when it was not computed.
    package var statistic: Double?
    /// How likely chance alone makes so large a difference of so many (independent) rows; for distances approximate.
    package var pValue: Double?
    /// What `statistic` has to reach: the smallest difference that matters, or what chance explains at these sizes if that is larger.
    package var threshold: Double
    package var drifted: Bool
    package var status: Status
    /// Usable rows on either side.
    package var referenceRows: Int
    package var currentRows: Int
    /// Values of the current rows that the reference never had, most frequent first; at most ten, and only when all of the reference's are known.
    package var newValues: [CategoryCount]
    /// One sentence for people: what was compared, and why it is or is not drift.
    package var explanation: String
}
