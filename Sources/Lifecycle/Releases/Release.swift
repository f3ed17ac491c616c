import TernKernel
import TernLog

/// The act of putting a model version behind an endpoint, from its start to its end.
package struct Release: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case running
        /// Neither steps nor ends well until a person resumes it; its guards still stand.
        case paused
        /// The version answers the callers.
        case promoted
        /// A guard or a person gave the traffic back, during the release or after it.
        case rolledBack = "rolled_back"
        /// A person stopped it, or the version could not be loaded.
        case aborted
    }

    /// `price-r3`: the third release of endpoint `price`. Also the seed of the bucket hash.
    package var id: String
    package var endpoint: String
    package var number: Int
    package var model: String
    /// The version that answered before; nil for an endpoint's first.
    package var from: Int?
    package var to: Int
    package var strategy: ReleasePlan.Strategy
    /// The plan as it was when the release started; a later `tern apply` does not change a release under way.
    package var plan: ReleasePlan
    package var state: State
    /// Which of the plan's steps the canary is at, from 0.
    package var step: Int
    /// Since when, by the endpoint's clock.
    package var stepSince: Timestamp
    /// When it started, by the endpoint's clock; labels are compared from here on.
    package var since: Timestamp
    /// Why it was started, in words.
    package var cause: String
    /// Why a version that was not approved was released all the same.
    package var override: String?
    package var startedAt: Timestamp
    package var startedBy: String
    /// The time of the data when it started; nil when the endpoint's requests carry none.
    package var startedEventTime: Timestamp?
    package var endedAt: Timestamp?
    package var endedBy: String?
    package var endedEventTime: Timestamp?
    /// Why it ended as it did.
    package var outcome: String?
    /// What the guards said at the last step, promotion or rollback.
    package var evidence: [GuardResult]

    package var isOpen: Bool { state == .running || state == .paused }

    /// The name of its variant.
    package var variant: String { Release.variantName(to) }

    /// The share of the traffic that the version gets now.
    package var share: Double {
        switch state {
        case .promoted: 1
        case .rolledBack, .aborted: 0
        case .running, .paused: strategy == .canary && plan.steps.indices.contains(step) ? plan.steps[step] : 0
        }
    }

    package static func variantName(_ version: Int) -> String { "v\(version)" }
    static func identifier(endpoint: String, number: Int) -> String { "\(endpoint)-r\(number)" }
}

/// What one variant did on the endpoint's traffic since some moment of the endpoint's clock.
package struct VariantObservation: Codable, Hashable, Sendable {
    package var variant: String
    package var requests: Int
    package var rows: Int
    /// Requests that this variant failed (the primary answered them instead).
    package var errors: Int
    package var latencyP99Microseconds: Int64?
    /// Requests slower than the guard's limit, where the observer counted them. With fewer than a hundred requests the 99th percentile is the slowest
    /// one, so only this tells one hiccup from a slow model.
    package var slow: Int?
    /// Rows with feedback.
    package var labelled: Int
    /// Of those, rows whose prediction was right.
    package var correct: Int

    package init(
        variant: String, requests: Int, rows: Int, errors: Int = 0, latencyP99Microseconds: Int64? = nil, slow: Int? = nil, labelled: Int = 0,
        correct: Int = 0
    ) {
        self.variant = variant
        self.requests = requests
        self.rows = rows
        self.errors = errors
        self.latencyP99Microseconds = latencyP99Microseconds
        self.slow = slow
        self.labelled = labelled
        self.correct = correct
    }
}
