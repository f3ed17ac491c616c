/// Compares a column with its reference.
package enum DriftTest {
    package static let minimumRows = 30

    package static func compare(
        reference: ColumnProfile, current: ColumnProfile, method: String? = nil, threshold: Double? = nil
    ) -> DriftScore {
        DriftScore(
            method: method ?? DriftMethod.ks.rawValue, statistic: nil, pValue: nil, threshold: threshold ?? 0.1, drifted: false,
            status: .notEnoughData, referenceRows: reference.used, currentRows: current.used, newValues: [], explanation: "")
    }
}
