/// A named group of runs.
package struct Experiment: Hashable, Sendable, Codable {
    package var id: Int64
    package var name: String
    /// Where its runs' files go: `mlflow-artifacts:/3`, or a place that clients open themselves (`s3://…`).
    package var artifactLocation: String
    package var stage: LifecycleStage
    /// Milliseconds since 1970, as clients send and read them.
    package var createdAt: Int64
    package var updatedAt: Int64
    package var tags: [String: String]

    /// The experiment that is always there.
    package static let defaultID: Int64 = 0
}

/// Deletion keeps everything: a deleted thing is hidden until it is restored.
package enum LifecycleStage: String, Hashable, Sendable, Codable {
    case active
    case deleted
}

/// Which stages a search looks at.
package enum StageSelection: Hashable, Sendable {
    case active
    case deleted
    case all
}
