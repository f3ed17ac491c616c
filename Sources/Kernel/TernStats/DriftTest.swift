import Foundation

/// Compares a column with its reference, on profiles.
///
/// The rule:
/// 1. No usable row on a side: `allMissing`. Fewer than 30: `notEnoughData`. Neither is drift.
/// 2. A constant reference: the same constant is no drift; other values are (`constantReference`), once there are more than a stray few.
/// 3. Categories, and numbers with at most five values in all: `chisquare` (`z` for two values). Categories that the reference never had are
///    drift when they are more than 1 % of the rows and more than chance and the reference's own rare categories explain.
/// 4. Other numbers: `ks`.
/// 5. Drift is a difference that both matters and is not chance: `statistic >= max(minimum effect, critical value)`. The critical value is that
///    of `significance` at the *effective* numbers of rows, which the reference's own ups and downs give (`ColumnProfile.effectiveRows`); so
///    a week is not called drift because it is warmer than the average week. A `threshold` that is given replaces the minimum effect only.
package enum DriftTest {
    package static let minimumRows = 30
    /// The share of windows without any drift that may look like drift.
    package static let significance = 0.005
    /// Numbers with no more values than this are tested as categories.
    package static let fewValues = 5

    package static func compare(
        reference: ColumnProfile, current: ColumnProfile, method: String? = nil, threshold: Double? = nil
    ) -> DriftScore {
        var comparison = DriftComparison(reference: reference, current: current, method: method, threshold: threshold)
        return comparison.score()
    }

    /// Every column of `reference` that `current` has too, by name.
    package static func compare(reference: Profile, current: Profile) -> [String: DriftScore] {
        reference.columns.reduce(into: [:]) { scores, column in
            if let other = current.columns[column.key] { scores[column.key] = compare(reference: column.value, current: other) }
        }
    }
}
