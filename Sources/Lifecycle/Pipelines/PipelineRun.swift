import TernJobs
import TernKernel

/// One execution of a pipeline.
package struct PipelineRun: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable {
        case queued, running, succeeded, failed, cancelled

        package var isFinal: Bool { self != .queued && self != .running }
    }

    package enum Origin: String, Codable, Sendable {
        case person, schedule, policy
    }

    package var id: String
    package var pipeline: String
    package var state: State
    package var params: [String: JSON]
    /// The versions of the datasets that it reads, pinned at its start.
    package var datasets: [String: Int]
    package var reason: String?
    package var origin: Origin
    package var eventTime: Timestamp?
    package var createdBy: String
    package var createdAt: Timestamp
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// The run of the tracking room, which steps log to.
    package var trackingRun: String?
    package var code: CodeFacts?
    package var steps: [StepRun]
    /// What came out: metrics of evaluate steps, and model, version and verdict of a register step.
    package var result: JSON?
    /// Why it failed, in one sentence.
    package var error: String?

    package func step(_ name: String) -> StepRun? { steps.first { $0.name == name } }
}

/// One step of a run.
package struct StepRun: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable {
        case pending, running, succeeded, failed, cached, skipped, cancelled

        package var isGood: Bool { self == .succeeded || self == .cached }
        package var isFinal: Bool { self != .pending && self != .running }
    }

    package var name: String
    package var state: State = .pending
    /// How often it was started in this run.
    package var attempt = 0
    /// How often since the run was started or retried; what the step's `retries` limits.
    package var tries = 0
    /// Why it ran, or why an earlier result could stand in.
    package var cause: String?
    /// Why it failed.
    package var error: String?
    /// `exited with code 1`, `killed by signal 9 (SIGKILL)`, `timed out`.
    package var exit: String?
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var outputs: [StepOutput] = []
    /// What a built-in step found.
    package var result: JSON?
    /// The run whose result it reuses.
    package var reusedRun: String?
    package var logPath: String?
    /// The job that runs it, once there is one.
    package var job: JobID?
}

/// A file that a step wrote, kept as a blob.
package struct StepOutput: Codable, Hashable, Sendable {
    package var name: String
    package var digest: Digest
    package var bytes: Int64
}

/// What starts a run.
package struct PipelineStart: Sendable {
    package var pipeline: String
    /// Over the defaults of the definition.
    package var params: [String: JSON]
    /// Dataset versions; the latest where not named.
    package var datasets: [String: Int]
    package var reason: String?
    package var origin: PipelineRun.Origin
    package var eventTime: Timestamp?
    /// The same key gives the same run, however often it is sent.
    package var idempotencyKey: String?
    package var by: Identity

    package init(
        pipeline: String, params: [String: JSON] = [:], datasets: [String: Int] = [:], reason: String? = nil, origin: PipelineRun.Origin = .person,
        eventTime: Timestamp? = nil, idempotencyKey: String? = nil, by: Identity
    ) {
        self.pipeline = pipeline
        self.params = params
        self.datasets = datasets
        self.reason = reason
        self.origin = origin
        self.eventTime = eventTime
        self.idempotencyKey = idempotencyKey
        self.by = by
    }
}

/// A pipeline as lists show it.
package struct PipelineSummary: Codable, Hashable, Sendable {
    package var definition: PipelineDefinition
    package var folder: String
    package var nextRun: Timestamp?
    package var lastRun: String?
    package var lastState: PipelineRun.State?
}
