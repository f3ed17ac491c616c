import TernKernel

/// What sweeps need from the tracking room.
package struct SweepPorts: Sendable {
    /// The run of a trial: made when there is none with these tags yet, so that a trial has one run also after a crash.
    package var trackingRun: @Sendable (_ experiment: String, _ name: String, _ tags: [String: String]) async throws -> String
    package var logParams: @Sendable (_ run: String, _ params: [(name: String, value: String)]) async throws -> Void
    /// A metric's values in the order of their steps, one a step (the last logged); only those logged since a time, if one is given.
    package var history: @Sendable (_ run: String, _ metric: String, _ since: Timestamp?) async throws -> [Double]
    package var finishRun: @Sendable (_ run: String, _ ending: RunEnding) async throws -> Void
    package var trackingURI: @Sendable () -> String
    /// More variables for trials, such as a token for the tracking server.
    package var environment: @Sendable () -> [String: String]

    package enum RunEnding: String, Sendable {
        case finished, failed, killed
    }

    package init(
        trackingRun: @escaping @Sendable (String, String, [String: String]) async throws -> String,
        logParams: @escaping @Sendable (String, [(name: String, value: String)]) async throws -> Void,
        history: @escaping @Sendable (String, String, Timestamp?) async throws -> [Double],
        finishRun: @escaping @Sendable (String, RunEnding) async throws -> Void, trackingURI: @escaping @Sendable () -> String,
        environment: @escaping @Sendable () -> [String: String] = { [:] }
    ) {
        self.trackingRun = trackingRun
        self.logParams = logParams
        self.history = history
        self.finishRun = finishRun
        self.trackingURI = trackingURI
        self.environment = environment
    }
}
