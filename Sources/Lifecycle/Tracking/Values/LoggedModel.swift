/// A model that a run saved: an entity of its own, with params, tags and metrics, before anything is registered.
package struct LoggedModel: Hashable, Sendable, Codable {
    package var id: String
    package var experiment: Int64
    package var name: String
    package var type: String
    package var sourceRun: String
    package var artifactURI: String
    package var status: LoggedModelStatus
    package var stage: LifecycleStage
    /// Milliseconds since 1970.
    package var createdAt: Int64
    package var updatedAt: Int64
    package var params: [String: String]
    package var tags: [String: String]
    package var metrics: [ModelMetric]
}

package enum LoggedModelStatus: String, Hashable, Sendable, Codable {
    case pending = "PENDING"
    case ready = "READY"
    case failed = "UPLOAD_FAILED"
}

package struct LoggedModelDraft: Sendable {
    package var experiment: Int64
    package var name: String?
    package var type: String
    package var sourceRun: String
    package var params: [String: String]
    package var tags: [String: String]

    package init(
        experiment: Int64, name: String? = nil, type: String = "", sourceRun: String = "", params: [String: String] = [:],
        tags: [String: String] = [:]
    ) {
        self.experiment = experiment
        self.name = name
        self.type = type
        self.sourceRun = sourceRun
        self.params = params
        self.tags = tags
    }
}
