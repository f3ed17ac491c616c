import TernKernel

/// An endpoint as `tern.yaml` declares it.
package struct EndpointDeclaration: Codable, Hashable, Sendable {
    package var name: String
    package var model: String
    package var owner: String
    /// The input that carries each row's time. It is logged and drives the endpoint's clock; the model does not see it.
    package var eventTime: String?
    /// Whether each approved version of the model is released without being asked for.
    package var follow: Bool
    package var release: ReleasePlan

    package init(name: String, model: String, owner: String, eventTime: String? = nil, follow: Bool = true, release: ReleasePlan = ReleasePlan()) {
        self.name = name
        self.model = model
        self.owner = owner
        self.eventTime = eventTime
        self.follow = follow
        self.release = release
    }
}

/// How a new version takes over.
package struct ReleasePlan: Codable, Hashable, Sendable {
    package enum Strategy: String, Codable, Sendable, CaseIterable {
        case allAtOnce = "all_at_once"
        case canary
        case shadow
    }

    package var strategy: Strategy
    /// A canary's shares of the traffic, 0 to 1, in order.
    package var steps: [Double]
    /// How long each step lasts at least, by the endpoint's clock.
    package var every: Period
    /// How many rows the canary must have answered in a step before its guards may pass.
    package var minimumRows: Int
    package var `guard`: ReleaseGuard

    package init(
        strategy: Strategy = .allAtOnce, steps: [Double] = [0.05, 0.25, 0.5], every: Period = .minutes(10), minimumRows: Int = 100,
        guard: ReleaseGuard = ReleaseGuard()
    ) {
        self.strategy = strategy
        self.steps = steps
        self.every = every
        self.minimumRows = minimumRows
        self.guard = `guard`
    }
}

/// What ends a canary: each is pass, fail or not enough data.
package struct ReleaseGuard: Codable, Hashable, Sendable {
    /// The largest share of requests that fail.
    package var errors: Double?
    package var latencyP99: Period?
    /// How much smaller the canary's accuracy on labelled rows may be than the primary's over the same time
    /// (one-sided two-proportion test at 1 %).
    package var accuracyDrop: Double?

    package init(errors: Double? = nil, latencyP99: Period? = nil, accuracyDrop: Double? = nil) {
        self.errors = errors
        self.latencyP99 = latencyP99
        self.accuracyDrop = accuracyDrop
    }
}
