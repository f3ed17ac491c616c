import TernKernel

package typealias JobID = String

/// A piece of work that outlives the process: queued, run by the handler of its kind, tried again when it fails.
package struct Job: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case queued, running, succeeded, failed, cancelled

        package var isFinal: Bool { self != .queued && self != .running }
    }

    package var id: JobID
    package var kind: String
    package var payload: JSON
    /// Unique within its kind; enqueueing it again gives this job.
    package var key: String?
    package var state: State
    /// How often it was started.
    package var attempt: Int
    /// How often it failed by its own fault; what `maxAttempts` limits. A crash or a stop of the server does not count.
    package var failures: Int
    package var maxAttempts: Int
    package var runAt: Timestamp
    package var createdAt: Timestamp
    package var createdBy: String
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// 0 to 1.
    package var progress: Double
    package var result: JSON?
    /// Why the last attempt failed.
    package var error: String?
    package var cancelRequested: Bool
    /// The log of its latest attempt.
    package var logPath: String?
}

/// What is to be done.
package struct JobRequest: Sendable {
    package var kind: String
    package var payload: JSON
    package var key: String?
    package var maxAttempts: Int
    /// The wait before the second attempt; it doubles with each further one, up to ten minutes.
    package var backoff: Period
    package var runAt: Timestamp?
    package var by: String

    package init(
        _ kind: String, payload: JSON = [:], key: String? = nil, maxAttempts: Int = 1, backoff: Period = .seconds(1), runAt: Timestamp? = nil,
        by: String
    ) {
        self.kind = kind
        self.payload = payload
        self.key = key
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.runAt = runAt
        self.by = by
    }
}

/// How long a job waits before it is tried again.
package enum Backoff {
    package static let longest = Period.minutes(10)

    package static func wait(after failures: Int, first: Period) -> Period {
        let doublings = min(max(failures - 1, 0), 30)
        let (wait, overflow) = first.milliseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return overflow ? longest : min(Period(milliseconds: wait), longest)
    }
}
