import TernKernel

/// A record and where it lies. Positions are ordered within an endpoint and otherwise opaque; 0 lies before the first record.
package struct LoggedPrediction: Hashable, Sendable {
    package let position: Int64
    package let record: PredictionRecord

    package init(position: Int64, record: PredictionRecord) {
        self.position = position
        self.record = record
    }
}

/// What the log remembers of an answered request, so that feedback can be told from noise.
package struct PredictionReference: Hashable, Sendable {
    package let prediction: Int64
    package let rows: Int
    /// The smallest and the greatest time its rows are about.
    package let first: Timestamp
    package let last: Timestamp

    package init(prediction: Int64, rows: Int, first: Timestamp, last: Timestamp) {
        self.prediction = prediction
        self.rows = rows
        self.first = first
        self.last = last
    }

    init(of record: PredictionRecord) {
        self.init(
            prediction: record.prediction, rows: record.rows, first: record.eventTimes.min() ?? record.at, last: record.eventTimes.max() ?? record.at)
    }
}

/// An endpoint's counters since its first record; `dropped` counts answers that could not be logged since the server started.
package struct LogStatistics: Hashable, Codable, Sendable {
    package let records: Int64
    package let bytes: Int64
    package let dropped: Int64

    package init(records: Int64, bytes: Int64, dropped: Int64) {
        self.records = records
        self.bytes = bytes
        self.dropped = dropped
    }
}
