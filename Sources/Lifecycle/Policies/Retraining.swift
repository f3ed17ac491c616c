import TernKernel

/// One retraining that a policy decided on, from the decision to its outcome.
package struct Retraining: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// Decided and written down; nothing is started yet.
        case planned
        /// Its training set is made.
        case prepared
        /// Its pipeline runs.
        case running
        case succeeded
        /// The pipeline ran, and a gate said no to the version.
        case refused
        case failed
    }

    /// `price-retrain-3`. Whoever starts the pipeline uses it to start it once.
    package var key: String
    package var endpoint: String
    package var number: Int
    package var state: State
    /// When it was decided.
    package var at: Timestamp
    /// The same by the endpoint's clock: cooldown and budget count from here.
    package var eventTime: Timestamp
    /// Why, in words.
    package var cause: String
    /// The alerts that it answers.
    package var alerts: [String]
    package var pipeline: String
    package var dataset: String
    /// The production data it learns from.
    package var from: Timestamp
    package var to: Timestamp
    package var datasetVersion: Int?
    package var pipelineRun: String?
    /// The model version that came out.
    package var version: Int?
    /// What went wrong, or what the gate said.
    package var outcome: String?
    package var endedAt: Timestamp?
    package var endedEventTime: Timestamp?

    package var isOpen: Bool {
        switch state {
        case .planned, .prepared, .running: true
        case .succeeded, .refused, .failed: false
        }
    }
}
