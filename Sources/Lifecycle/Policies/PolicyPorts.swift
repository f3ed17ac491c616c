import TernKernel

/// What policies need from other rooms and from the world; the server fills it.
package struct PolicyPorts: Sendable {
    /// A retraining to start. Starting it again with the same key answers the run that is there.
    package struct PipelineRequest: Hashable, Sendable {
        package var key: String
        package var pipeline: String
        /// Pinned versions, by dataset.
        package var datasets: [String: Int]
        package var reason: String
        package var endpoint: String
        package var eventTime: Timestamp
    }

    package struct PipelineOutcome: Hashable, Sendable {
        package enum State: String, Sendable { case running, succeeded, failed }

        package var state: State
        /// The model version that was registered.
        package var version: Int?
        /// Whether a gate refused it.
        package var refused: Bool
        package var message: String?

        package init(_ state: State, version: Int? = nil, refused: Bool = false, message: String? = nil) {
            self.state = state
            self.version = version
            self.refused = refused
            self.message = message
        }
    }

    /// Monitoring: all open alerts of an endpoint, and those resolved lately (so that their resolution can be told); more than that does no harm.
    package var alerts: @Sendable (_ endpoint: String) async throws -> [PolicyAlert]
    /// Releases.
    package var releaseInProgress: @Sendable (_ endpoint: String) async throws -> Bool
    /// Monitoring and Datasets: labelled production data from a time to a time, as a new version of a dataset. The same data gives the same version.
    package var makeTrainingSet:
        @Sendable (_ endpoint: String, _ dataset: String, _ from: Timestamp, _ to: Timestamp, _ by: Identity, _ reason: String) async throws -> Int
    /// Pipelines: starts a run, once for each key, and answers its id.
    package var startPipeline: @Sendable (PipelineRequest) async throws -> String
    package var pipelineState: @Sendable (_ run: String) async throws -> PipelineOutcome
    /// Releases: rolls an endpoint back, once for each key.
    package var rollback: @Sendable (_ endpoint: String, _ reason: String, _ key: String) async throws -> Void
    /// Posts JSON to an address and answers the HTTP status; see `WebhookClient`.
    package var post: @Sendable (_ url: String, _ body: String) async throws -> Int

    package init(
        alerts: @escaping @Sendable (String) async throws -> [PolicyAlert],
        releaseInProgress: @escaping @Sendable (String) async throws -> Bool,
        makeTrainingSet: @escaping @Sendable (String, String, Timestamp, Timestamp, Identity, String) async throws -> Int,
        startPipeline: @escaping @Sendable (PipelineRequest) async throws -> String,
        pipelineState: @escaping @Sendable (String) async throws -> PipelineOutcome,
        rollback: @escaping @Sendable (String, String, String) async throws -> Void,
        post: @escaping @Sendable (String, String) async throws -> Int
    ) {
        self.alerts = alerts
        self.releaseInProgress = releaseInProgress
        self.makeTrainingSet = makeTrainingSet
        self.startPipeline = startPipeline
        self.pipelineState = pipelineState
        self.rollback = rollback
        self.post = post
    }
}
