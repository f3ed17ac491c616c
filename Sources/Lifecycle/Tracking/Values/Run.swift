/// One execution, with everything that was logged to it.
package struct Run: Hashable, Sendable, Codable {
    package var info: RunInfo
    /// The latest point of each metric, by key.
    package var metrics: [MetricPoint]
    package var params: [String: String]
    package var tags: [String: String]
    package var datasets: [DatasetInput]
    package var modelInputs: [String]
    package var modelOutputs: [ModelOutput]
}

package struct RunInfo: Hashable, Sendable, Codable {
    package var id: String
    package var experiment: Int64
    package var name: String
    package var user: String
    package var status: RunStatus
    package var stage: LifecycleStage
    /// Milliseconds since 1970.
    package var startTime: Int64
    package var endTime: Int64?
    package var artifactURI: String
}

package enum RunStatus: String, Hashable, Sendable, Codable {
    case running = "RUNNING"
    case scheduled = "SCHEDULED"
    case finished = "FINISHED"
    case failed = "FAILED"
    case killed = "KILLED"
}

/// A model that a run made, and at which step of the training.
package struct ModelOutput: Hashable, Sendable, Codable {
    package var model: String
    package var step: Int64

    package init(model: String, step: Int64) {
        self.model = model
        self.step = step
    }
}

/// A dataset that a run read; its tags say what for (`mlflow.data.context` = training).
package struct DatasetInput: Hashable, Sendable, Codable {
    package var name: String
    package var digest: String
    package var sourceType: String
    package var source: String
    package var schema: String?
    package var profile: String?
    package var tags: [String: String]

    package init(
        name: String, digest: String, sourceType: String, source: String, schema: String? = nil, profile: String? = nil, tags: [String: String] = [:]
    ) {
        self.name = name
        self.digest = digest
        self.sourceType = sourceType
        self.source = source
        self.schema = schema
        self.profile = profile
        self.tags = tags
    }

    /// The tag that says what a dataset was read for.
    package static let contextTag = "mlflow.data.context"
}

/// Tags that the tracking rules themselves read or write.
package enum ReservedTag {
    package static let runName = "mlflow.runName"
    package static let loggedModels = "mlflow.log-model.history"
}
