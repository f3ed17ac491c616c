import TernKernel

/// What happens to an endpoint when a monitor raises an alert.
package struct PolicyDeclaration: Codable, Hashable, Sendable {
    package var endpoint: String
    package var owner: String
    /// By the monitor's kind: `drift`, `quality`, `health`.
    package var on: [String: [PolicyAction]]
    /// The least time between two retrainings, by the endpoint's clock.
    package var cooldown: Period
    package var budget: RetrainingBudget?
    /// Where alerts are posted.
    package var webhooks: [String]

    package init(
        endpoint: String, owner: String, on: [String: [PolicyAction]] = [:], cooldown: Period = .days(1), budget: RetrainingBudget? = nil,
        webhooks: [String] = []
    ) {
        self.endpoint = endpoint
        self.owner = owner
        self.on = on
        self.cooldown = cooldown
        self.budget = budget
        self.webhooks = webhooks
    }
}

package enum PolicyAction: Codable, Hashable, Sendable {
    /// Tell the owner.
    case alert
    /// Start `pipeline` on a new version of `dataset`, made of the last `last` of labelled production data.
    case retrain(pipeline: String, dataset: String, last: Period)
    case rollback
}

package struct RetrainingBudget: Codable, Hashable, Sendable {
    package var retrainings: Int
    package var per: Period

    package init(retrainings: Int, per: Period) {
        self.retrainings = retrainings
        self.per = per
    }
}
