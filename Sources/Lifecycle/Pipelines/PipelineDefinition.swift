import TernKernel

/// A pipeline as `tern.yaml` declares it.
package struct PipelineDefinition: Codable, Hashable, Sendable {
    package var name: String
    /// Five cron fields.
    package var schedule: String?
    /// An IANA name; nil is UTC.
    package var timezone: String?
    package var params: [String: JSON]
    /// In the order of the file; no cycles (TernProject refuses them).
    package var steps: [StepDefinition]
    package var owner: String

    package init(
        name: String, schedule: String? = nil, timezone: String? = nil, params: [String: JSON] = [:], steps: [StepDefinition], owner: String
    ) {
        self.name = name
        self.schedule = schedule
        self.timezone = timezone
        self.params = params
        self.steps = steps
        self.owner = owner
    }
}

package struct StepDefinition: Codable, Hashable, Sendable {
    package var name: String
    package var action: StepAction
    package var inputs: [StepInput]
    /// File names that the step must write.
    package var outputs: [String]
    /// Steps that must have ended well first, beside those whose outputs are read.
    package var after: [String]
    package var retries: Int
    package var timeout: Period?
    /// Whether an earlier result with the same inputs, command, params and code may stand in.
    package var cache: Bool

    package init(
        name: String, action: StepAction, inputs: [StepInput] = [], outputs: [String] = [], after: [String] = [], retries: Int = 0,
        timeout: Period? = nil, cache: Bool = true
    ) {
        self.name = name
        self.action = action
        self.inputs = inputs
        self.outputs = outputs
        self.after = after
        self.retries = retries
        self.timeout = timeout
        self.cache = cache
    }
}

package enum StepAction: Codable, Hashable, Sendable {
    /// A command line, run by `sh -c` in the folder of `tern.yaml`.
    case run(String)
    /// Scores a model file on a table with the registry's own metrics.
    case evaluate(model: StepInput, on: StepInput, target: String)
    /// Registers a model file as a new version. `holdout` is the table its gates are judged on; `reference` the one its monitors compare with.
    case register(model: String, from: StepInput, holdout: StepInput?, reference: StepInput?)
}

/// `dataset:market`, or `prepare/train.parquet`.
package enum StepInput: Codable, Hashable, Sendable {
    case dataset(String)
    case output(step: String, file: String)
    /// A file of the project, relative to `tern.yaml`: `file:steps/config.json`.
    case file(String)
}
