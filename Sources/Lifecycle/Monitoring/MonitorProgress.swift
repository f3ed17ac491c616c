import TernKernel
import TernLog

/// A version as the log names it.
struct VersionKey: Hashable, Codable, Sendable {
    var model: String
    var version: Int

    init(_ variant: VariantReference) {
        model = variant.model
        version = variant.version
    }
}

/// How far an endpoint's monitors have come. Stored in the same transaction as what they found up to here, so that after a crash
/// nothing is found twice and nothing is missed: open windows are rebuilt from the log after `needed`.
struct MonitorProgress: Hashable, Codable, Sendable {
    /// Every record up to this position has been taken in.
    var read: Int64 = 0
    /// The position before the oldest record that an open window still needs.
    var needed: Int64 = 0
    /// The greatest event time of any request.
    var eventClock: Timestamp?
    /// The time of the first request's first row: a window that began before it is not a whole one.
    var first: Timestamp?
    /// When the last request was dealt with, by the clock on the wall.
    var lastRequest: Timestamp?
    /// Who answers.
    var primary: VersionKey?
    /// Rows before this belong to feature windows that are closed.
    var featuresClosed: Timestamp?
    /// Rows before this belong to quality windows that have been judged.
    var qualityJudged: Timestamp?
    /// Label changes up to this number are in the judged windows.
    var labels: Int64 = 0
    /// Rows that came after their window had closed.
    var lateRows: Int64 = 0
    /// See `AlertRules`.
    var streaks: [String: Int] = [:]
    /// From where `observe` would have to read again after a restart.
    var observed: Int64?

    /// The endpoint's clock as the monitors know it: event time, or the wall clock where requests carry none.
    func clock(now: Timestamp) -> Timestamp { eventClock ?? now }

    /// Before this, no more rows are expected. `now` is only given once the whole log has been read, and counts where requests carry no event time;
    /// an answer may be on its way into the log for a moment.
    func watermark(now: Timestamp?) -> Timestamp? {
        if let eventClock { return eventClock }
        guard let lastRequest else { return nil }
        return (now ?? lastRequest) - .seconds(10)
    }

    /// Takes note of a request that was answered, or that nobody could answer.
    mutating func note(_ record: PredictionRecord) {
        if first == nil { first = record.eventTimes.min() ?? record.at }
        if let greatest = record.eventTimes.max(), greatest > eventClock ?? Timestamp(milliseconds: .min) { eventClock = greatest }
        if record.at > lastRequest ?? Timestamp(milliseconds: .min) { lastRequest = record.at }
    }
}
