import TernKernel

/// What pipelines need from other rooms.
package struct PipelinePorts: Sendable {
    /// A dataset's version, the latest when nil.
    package var dataset: @Sendable (_ name: String, _ version: Int?) async throws -> PipelineDataset
    /// Makes a run of the tracking room and answers its id.
    package var createTrackingRun: @Sendable (_ experiment: String, _ name: String, _ tags: [String: String]) async throws -> String
    package var finishTrackingRun: @Sendable (_ id: String, _ succeeded: Bool) async throws -> Void
    package var logMetrics: @Sendable (_ run: String, _ metrics: [String: Double]) async throws -> Void
    package var logParams: @Sendable (_ run: String, _ params: [String: String]) async throws -> Void
    package var evaluate: @Sendable (_ modelPath: String, _ tablePath: String, _ target: String) async throws -> [String: Double]
    /// Called again for the same `pipelineRun` and `step` after a crash, it must answer the version that it made the first time.
    package var register: @Sendable (RegisterStep) async throws -> RegisterOutcome
    package var trackingURI: @Sendable () -> String
    /// More variables for steps, such as a token for the tracking server.
    package var environment: @Sendable () -> [String: String]

    package init(
        dataset: @escaping @Sendable (String, Int?) async throws -> PipelineDataset,
        createTrackingRun: @escaping @Sendable (String, String, [String: String]) async throws -> String,
        finishTrackingRun: @escaping @Sendable (String, Bool) async throws -> Void,
        logMetrics: @escaping @Sendable (String, [String: Double]) async throws -> Void,
        logParams: @escaping @Sendable (String, [String: String]) async throws -> Void = { _, _ in },
        evaluate: @escaping @Sendable (String, String, String) async throws -> [String: Double],
        register: @escaping @Sendable (RegisterStep) async throws -> RegisterOutcome, trackingURI: @escaping @Sendable () -> String,
        environment: @escaping @Sendable () -> [String: String] = { [:] }
    ) {
        self.dataset = dataset
        self.createTrackingRun = createTrackingRun
        self.finishTrackingRun = finishTrackingRun
        self.logMetrics = logMetrics
        self.logParams = logParams
        self.evaluate = evaluate
        self.register = register
        self.trackingURI = trackingURI
        self.environment = environment
    }
}

package struct PipelineDataset: Codable, Hashable, Sendable {
    package var name: String
    package var version: Int
    package var digest: Digest
    /// A file with the extension of its format; steps read it and must not change it.
    package var path: String

    package init(name: String, version: Int, digest: Digest, path: String) {
        self.name = name
        self.version = version
        self.digest = digest
        self.path = path
    }
}

/// A model file to register, with all that is known of where it came from.
package struct RegisterStep: Sendable {
    package var model: String
    package var modelPath: String
    package var holdoutPath: String?
    package var referencePath: String?
    /// The run of the tracking room.
    package var trackingRun: String?
    package var pipeline: String
    package var pipelineRun: String
    package var step: String
    package var origin: PipelineRun.Origin
    package var reason: String?
    package var eventTime: Timestamp?
    package var code: CodeFacts?
    package var datasets: [PipelineDataset]
    package var params: [String: JSON]
    package var by: Identity
}

package struct RegisterOutcome: Sendable {
    package var version: Int
    /// `approved`, `pendingApproval`, `refused`.
    package var verdict: String
    /// Gates and their evidence.
    package var evidence: JSON

    package init(version: Int, verdict: String, evidence: JSON = [:]) {
        self.version = version
        self.verdict = verdict
        self.evidence = evidence
    }
}
