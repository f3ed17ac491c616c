import TernKernel

/// What a monitor found and an owner has to know. There is one at a time for each endpoint, monitor and column.
package struct Alert: Codable, Hashable, Sendable {
    package enum Monitor: String, Codable, Sendable, CaseIterable {
        case drift
        case predictionDrift = "prediction_drift"
        case quality
        case health
    }

    package enum State: String, Codable, Sendable, CaseIterable {
        case open
        case resolved
    }

    package var id: Int64
    package var endpoint: String
    package var monitor: Monitor
    /// The feature or output it is about; nil when it is about the endpoint.
    package var column: String?
    package var state: State
    package var raisedAt: Timestamp
    /// The endpoint's clock when it was raised.
    package var raisedEventTime: Timestamp?
    package var resolvedAt: Timestamp?
    package var resolvedEventTime: Timestamp?
    /// Why it is over.
    package var resolution: String?
    package var acknowledgedAt: Timestamp?
    package var acknowledgedBy: String?
    /// One sentence for people.
    package var message: String
    /// The numbers behind it: the window, before and after.
    package var evidence: JSON
    package var owner: String

    var key: AlertKey { AlertKey(monitor, column) }
}

/// What an endpoint can have one open alert about.
struct AlertKey: Hashable, Sendable {
    var monitor: Alert.Monitor
    var column: String?

    init(_ monitor: Alert.Monitor, _ column: String? = nil) {
        self.monitor = monitor
        self.column = column
    }

    /// As the progress remembers it: `drift/vicprice`.
    var text: String { monitor.rawValue + "/" + (column ?? "") }
}
