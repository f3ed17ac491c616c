import TernKernel

/// What a variant is there for.
package enum VariantRole: String, Codable, Sendable {
    /// Answers the callers.
    case primary
    /// Answers a share of the callers, on trial.
    case canary
    /// Sees every request and answers nobody.
    case shadow
}

/// A model version behind an endpoint.
package struct VariantReference: Hashable, Codable, Sendable {
    /// Unique within the endpoint: `v3`, or a name that a person gave (`alone`).
    package var name: String
    package var role: VariantRole
    package var model: String
    package var version: Int

    package init(name: String, role: VariantRole, model: String, version: Int) {
        self.name = name
        self.role = role
        self.model = model
        self.version = version
    }
}

/// One request as one variant answered it. A shadow's record carries the same prediction number as the answer it mirrors.
package struct PredictionRecord: Hashable, Sendable {
    /// The endpoint's request number. The id of row `r` is `<endpoint>-<number>.<r>`, see `PredictionID`.
    package var prediction: Int64
    package var endpoint: String
    package var variant: VariantReference
    /// When the server answered.
    package var at: Timestamp
    /// One time a row, from the endpoint's event-time input; empty when the request carried none (then `at` counts).
    package var eventTimes: [Timestamp]
    package var rows: Int
    package var latencyMicroseconds: Int64
    /// Why there is no answer; nil when there is one.
    package var error: String?
    /// One column a feature, `rows` values each.
    package var inputs: [Column]
    /// One column an output, `rows` values each. `predicted` is the label as text and `score` the probability of the positive class, where the
    /// model gives them.
    package var outputs: [Column]

    package init(
        prediction: Int64, endpoint: String, variant: VariantReference, at: Timestamp, eventTimes: [Timestamp], rows: Int,
        latencyMicroseconds: Int64, error: String? = nil, inputs: [Column], outputs: [Column]
    ) {
        self.prediction = prediction
        self.endpoint = endpoint
        self.variant = variant
        self.at = at
        self.eventTimes = eventTimes
        self.rows = rows
        self.latencyMicroseconds = latencyMicroseconds
        self.error = error
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The time that row `row` is about.
    package func time(ofRow row: Int) -> Timestamp { eventTimes.indices.contains(row) ? eventTimes[row] : at }
}

/// The name of one predicted row, by which feedback finds it: `price-41.7` is row 7 of request 41 of endpoint `price`.
package struct PredictionID: Hashable, Sendable, CustomStringConvertible {
    package var endpoint: String
    package var prediction: Int64
    /// Nil names the whole request.
    package var row: Int?

    package init(endpoint: String, prediction: Int64, row: Int? = nil) {
        self.endpoint = endpoint
        self.prediction = prediction
        self.row = row
    }

    package init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), dash != text.startIndex else { return nil }
        let parts = text[text.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let prediction = Int64(parts[0]), prediction > 0 else { return nil }
        var row: Int?
        if parts.count == 2 {
            guard let value = Int(parts[1]), value >= 0 else { return nil }
            row = value
        }
        self.init(endpoint: String(text[..<dash]), prediction: prediction, row: row)
    }

    package var description: String { "\(endpoint)-\(prediction)" + (row.map { ".\($0)" } ?? "") }
}
