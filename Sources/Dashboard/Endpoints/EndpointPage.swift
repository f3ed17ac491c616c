/// `/endpoints/NAME`.
struct EndpointPage: DashboardPage {
    var title: String
    var owner: String
    var model: Link
    var eventTime: String?
    /// How a new version takes over, in words.
    var plan: String
    /// What happens on alerts, in words.
    var policy: String?
    var clock: Moment?
    var card: EndpointCard
    var variants: [VariantRow]
    var release: ReleaseView?
    /// The version that a rollback brings back.
    var standby: String?
    var alerts: [AlertRow]
    var retrainings: [RetrainingRow]
    var releases: [ReleaseRow]
    /// `/endpoints/price`, escaped for addresses.
    var address: String
    var ledger: Link
    /// The pixels that the heat map needs.
    var driftHeight: Int

    static let name = "endpoint"
}

/// A variant as it answers now.
struct VariantRow: Equatable, Sendable {
    var name: String
    var version: Link
    var role: String
    var share: String
    var width: Int
    var since: Moment
    var loaded: Bool
    var requests: String
    var rows: String
    var errors: String
    var p50: String
    var p99: String
}

/// The release under way.
struct ReleaseView: Equatable, Sendable {
    struct Step: Equatable, Sendable {
        var percent: String
        /// `done`, `now` or `next`.
        var state: String
    }

    struct Guard: Equatable, Sendable {
        var name: String
        var verdict: Badge
        var message: String
    }

    var id: String
    var state: Badge
    var from: Link?
    var to: Link
    var strategy: String
    var steps: [Step]
    var guards: [Guard]
    var cause: String
    var override: String?
    var since: Moment
    var stepSince: Moment
    var wait: String
    var by: String
    var paused: Bool
}

/// A release that ended.
struct ReleaseRow: Equatable, Sendable {
    var number: String
    var version: Link
    var strategy: String
    var state: Badge
    var started: Moment
    var ended: Moment?
    var recorded: Moment?
    var by: String
    var cause: String
    var outcome: String
    var override: String?
}

/// A retraining that the policy decided on.
struct RetrainingRow: Equatable, Sendable {
    var number: String
    var state: Badge
    var at: Moment
    var recorded: Moment
    var cause: String
    var data: String
    var dataset: Link?
    var run: Link?
    var version: Link?
    var outcome: String
}
