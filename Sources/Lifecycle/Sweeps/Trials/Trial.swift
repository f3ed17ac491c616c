import TernKernel
import TernStats

/// One run of a sweep's command with certain values.
package struct Trial: Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case queued, running, succeeded, failed
        /// Stopped early because others were better.
        case pruned
        /// Stopped because the sweep was.
        case stopped

        package var isFinal: Bool { self != .queued && self != .running }
    }

    /// From 1, in the order in which they were suggested.
    package var number: Int
    package var state: State
    /// Nested as the definition's parameters are.
    package var params: JSON
    /// The metric's last value.
    package var objective: Double?
    /// The metric's best value.
    package var best: Double?
    /// What Hyperband knows of it.
    package var curve: Hyperband.Curve?
    /// Its run in the tracking room.
    package var run: String?
    package var job: String?
    /// How often it was started; more than once only after a crash or a restart of the server.
    package var attempt: Int
    /// What it is to become when it has been stopped.
    package var stopAs: State?
    package var error: String?
    package var logPath: String?
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// Whether its run in the tracking room has been ended.
    package var isClosed: Bool

    package init(number: Int, params: JSON, state: State = .queued, objective: Double? = nil) {
        self.number = number
        self.params = params
        self.state = state
        self.objective = objective
        best = objective
        attempt = 0
        isClosed = false
    }

    package var json: JSON {
        var fields: [String: JSON] = [
            "number": JSON(number), "state": .string(state.rawValue), "params": params, "objective": JSON(objective), "best": JSON(best),
            "run": JSON(run), "attempt": JSON(attempt), "error": JSON(error), "started_at": JSON(startedAt?.description),
            "ended_at": JSON(endedAt?.description),
        ]
        fields["iterations"] = curve.map { JSON($0.count) }
        return .object(fields)
    }
}
