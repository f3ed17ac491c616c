import TernKernel

/// A model as `tern.yaml` declares it.
package struct ModelDeclaration: Codable, Hashable, Sendable {
    package var name: String
    package var purpose: String
    /// `binary`, `multiclass` or `regression`.
    package var task: String
    /// The column that holds the truth in holdout tables.
    package var target: String
    package var owner: String
    package var gates: [GateDeclaration]
    /// How many people must approve a version.
    package var approvals: Int
    /// The same for a version that a policy's retraining made: it has passed the same gates.
    package var approvalsRetrained: Int
    /// The model card, in Markdown.
    package var card: String?
    /// What a new version's inputs are held to; nil is `any`.
    package var inputs: InputsPolicy?

    package init(
        name: String, purpose: String, task: String, target: String, owner: String, gates: [GateDeclaration] = [], approvals: Int = 1,
        approvalsRetrained: Int? = nil, card: String? = nil, inputs: InputsPolicy? = nil
    ) {
        self.name = name
        self.purpose = purpose
        self.task = task
        self.target = target
        self.owner = owner
        self.gates = gates
        self.approvals = approvals
        self.approvalsRetrained = approvalsRetrained ?? approvals
        self.card = card
        self.inputs = inputs
    }
}

/// What the inputs of a new version are compared with when it is registered.
package enum InputsPolicy: String, Codable, Hashable, Sendable, CaseIterable {
    case any
    /// Those of the champion, else of the newest version: whoever calls the endpoint need not change anything.
    case unchanged
}

/// A check that a version must pass before release. Shares are 0 to 1.
package enum GateDeclaration: Codable, Hashable, Sendable {
    /// `{metric: f1, at_least: 0.70}`
    case floor(metric: String, atLeast: Double)
    /// `{metric: f1, against: champion, drop_at_most: 1%}`, also for each value of each slice column.
    case champion(metric: String, dropAtMost: Double, slices: [String])
    /// `{churn: 15%}`: the share of holdout rows whose answer differs from the champion's.
    case churn(atMost: Double)
    /// `{latency_p99: 5ms}`: of single rows through the engine.
    case latency(p99: Period)
}
