import TernKernel

/// An alert as policies see it.
package struct PolicyAlert: Codable, Hashable, Sendable {
    package var id: String
    package var endpoint: String
    /// `drift`, `prediction_drift`, `quality` or `health`.
    package var monitor: String
    package var column: String?
    package var message: String
    package var owner: String
    package var raisedAt: Timestamp
    package var raisedEventTime: Timestamp?
    /// Nil while it is open.
    package var resolvedAt: Timestamp?
    package var resolvedEventTime: Timestamp?

    package init(
        id: String, endpoint: String, monitor: String, column: String? = nil, message: String, owner: String, raisedAt: Timestamp,
        raisedEventTime: Timestamp? = nil, resolvedAt: Timestamp? = nil, resolvedEventTime: Timestamp? = nil
    ) {
        self.id = id
        self.endpoint = endpoint
        self.monitor = monitor
        self.column = column
        self.message = message
        self.owner = owner
        self.raisedAt = raisedAt
        self.raisedEventTime = raisedEventTime
        self.resolvedAt = resolvedAt
        self.resolvedEventTime = resolvedEventTime
    }

    var isOpen: Bool { resolvedAt == nil }
}
