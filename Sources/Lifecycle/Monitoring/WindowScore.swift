import TernKernel
import TernLog

/// How far one column of one window is from its reference.
package struct WindowScore: Codable, Hashable, Sendable {
    package var monitor: Alert.Monitor
    package var column: String
    package var from: Timestamp
    package var to: Timestamp
    package var rows: Int
    /// `psi`, `ks`, …; `missing_share` for feature health.
    package var method: String
    /// Nil when there is nothing to compute it from; `status` says why.
    package var score: Double?
    package var pValue: Double?
    package var threshold: Double?
    /// Whether this window counts as bad.
    package var drifted: Bool
    /// `ok`, `constant`, `notEnoughData`, … (TernStats), `partial`, `versionChanged` or `noReference`.
    package var status: String
    /// The numbers before (reference) and after (window).
    package var evidence: JSON
}

/// How good the answers of one window were, as far as labels have come.
package struct QualityWindow: Codable, Hashable, Sendable {
    /// Labels may still come, or will not be waited for any longer.
    package enum State: String, Codable, Sendable {
        case provisional
        case final
    }

    package var from: Timestamp
    package var to: Timestamp
    /// `kept` (what clients got), or a shadow's name.
    package var variant: String
    /// `kept` or `shadow`.
    package var role: String
    package var metrics: [String: Double]
    package var rows: Int
    package var labelled: Int
    /// Labelled rows by rows.
    package var coverage: Double
    package var state: State
    /// `ok`, `notEnoughLabels`, or `undefined` when the labelled rows do not define the metric.
    package var status: String
    /// The metric that is watched, its floor, and whether it holds (nil: not judged).
    package var metric: String
    package var threshold: Double
    package var passed: Bool?
}

/// What one variant did after a moment, for release guards.
package struct VariantObservation: Codable, Hashable, Sendable {
    package var variant: VariantReference
    package var requests: Int
    package var rows: Int
    package var errors: Int
    /// Nil without an answered request.
    package var latencyP99Microseconds: Int64?
    /// Answered requests that took longer than the limit that was asked about.
    package var slow: Int?
    /// Rows with a label, and those of them whose answer was right.
    package var labelled: Int
    package var correct: Int
}

/// One stretch of an endpoint's history.
package struct ReportWindow: Codable, Hashable, Sendable {
    package var from: Timestamp
    package var to: Timestamp
    /// Answered requests, and those that nobody answered.
    package var requests: Int
    package var failed: Int
    /// Answered rows.
    package var rows: Int
    /// `kept` is what clients got; shadows go by their names.
    package var variants: [String: ReportVariant]
}

package struct ReportVariant: Codable, Hashable, Sendable {
    package var rows: Int
    package var labelled: Int
    package var f1: Double?
    package var precision: Double?
    package var recall: Double?
    package var accuracy: Double?

    package init(rows: Int, labelled: Int, f1: Double? = nil, precision: Double? = nil, recall: Double? = nil, accuracy: Double? = nil) {
        self.rows = rows
        self.labelled = labelled
        self.f1 = f1
        self.precision = precision
        self.recall = recall
        self.accuracy = accuracy
    }
}

/// Of answered requests, in milliseconds; nil when there is none.
package struct EndpointLatency: Codable, Hashable, Sendable {
    package var requests: Int
    package var p50: Double?
    package var p99: Double?

    package init(requests: Int, p50: Double? = nil, p99: Double? = nil) {
        self.requests = requests
        self.p50 = p50
        self.p99 = p99
    }
}
