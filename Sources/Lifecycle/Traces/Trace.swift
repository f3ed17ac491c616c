import TernKernel

/// How a trace ended, or that it has not.
package enum TraceState: String, Sendable, CaseIterable {
    case unspecified = "STATE_UNSPECIFIED"
    case ok = "OK"
    case error = "ERROR"
    case inProgress = "IN_PROGRESS"
}

/// What is known of a trace without its spans.
package struct TraceInfo: Hashable, Sendable {
    package var id: String
    package var experiment: Int64
    /// Milliseconds since 1970.
    package var requestedAt: Int64
    /// Milliseconds; nil while nobody knows.
    package var duration: Int64?
    package var state: TraceState
    /// What the caller's own system calls the request.
    package var clientRequest: String?
    package var requestPreview: String?
    package var responsePreview: String?
    /// May change later.
    package var tags: [String: String]
    /// Is written with the trace and stays.
    package var metadata: [String: String]
    package var assessments: [Assessment]

    package init(
        id: String, experiment: Int64, requestedAt: Int64 = 0, duration: Int64? = nil, state: TraceState = .unspecified,
        clientRequest: String? = nil, requestPreview: String? = nil, responsePreview: String? = nil, tags: [String: String] = [:],
        metadata: [String: String] = [:], assessments: [Assessment] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.requestedAt = requestedAt
        self.duration = duration
        self.state = state
        self.clientRequest = clientRequest
        self.requestPreview = requestPreview
        self.responsePreview = responsePreview
        self.tags = tags
        self.metadata = metadata
        self.assessments = assessments
    }
}

/// A trace with its spans: those without a parent first, then by start.
package struct Trace: Sendable {
    package var info: TraceInfo
    package var spans: [Span]
}

/// MLflow's names for tags and metadata that have a meaning of their own.
package enum TraceKey {
    package static let name = "mlflow.traceName"
    package static let artifactLocation = "mlflow.artifactLocation"
    package static let spansLocation = "mlflow.trace.spansLocation"
    package static let archiveLocation = "mlflow.trace.archiveLocation"
    package static let archivalFailure = "mlflow.trace.archivalFailure"
    package static let linkedPrompts = "mlflow.linkedPrompts"
    package static let sourceRun = "mlflow.sourceRun"
    package static let session = "mlflow.trace.session"
    package static let user = "mlflow.trace.user"
    package static let sizeStatistics = "mlflow.trace.sizeStats"
    package static let tokenUsage = "mlflow.trace.tokenUsage"
    package static let cost = "mlflow.trace.cost"
    /// Says that the client has told the trace's own times, which spans that come later must not change.
    package static let finalized = "mlflow.trace.infoFinalized"
    /// The value of `spansLocation` when the spans are in the database.
    package static let trackingStore = "TRACKING_STORE"
}
