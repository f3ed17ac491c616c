import Foundation
import TernKernel

extension PolicyDeclaration {
    /// The events that a policy may name. Guards always roll back; naming them says so and changes nothing.
    static let events = ["drift", "prediction_drift", "quality", "health", "guard"]

    /// - Throws: `invalid_argument` naming what is wrong and what to write instead.
    func validate() throws {
        guard !owner.isEmpty else {
            throw TernError.invalid("the policy of endpoint '\(endpoint)' has no owner", hint: "add `owner:` to it or to the project")
        }
        if let unknown = on.keys.sorted().first(where: { !PolicyDeclaration.events.contains($0) }) {
            throw TernError.invalid(
                "endpoint '\(endpoint)': nothing is called '\(unknown)' that a policy could act on",
                hint: "one of \(PolicyDeclaration.events.joined(separator: ", "))")
        }
        for case .retrain(let pipeline, let dataset, let last) in on.values.flatMap({ $0 }) {
            guard !pipeline.isEmpty, !dataset.isEmpty, last.milliseconds > 0 else {
                throw TernError.invalid(
                    "endpoint '\(endpoint)': a retraining names its pipeline, its dataset and a period of data",
                    hint: "{retrain: train, dataset: market, last: 90d}")
            }
        }
        guard cooldown.milliseconds >= 0 else { throw TernError.invalid("endpoint '\(endpoint)': `cooldown` cannot be negative") }
        if let budget, budget.retrainings < 0 || budget.per.milliseconds <= 0 {
            throw TernError.invalid(
                "endpoint '\(endpoint)': a budget is a number of retrainings per period", hint: "budget: {retrainings: 12, per: 365d}")
        }
        for webhook in webhooks {
            guard let url = URL(string: webhook), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), url.host != nil else {
                throw TernError.invalid("'\(webhook)' is not an address to post to", hint: "http://host:port/path or https://…")
            }
        }
    }

    /// What to do about an alert. A prediction's drift is a drift unless it is named by itself.
    func actions(for monitor: String) -> [PolicyAction] {
        on[monitor] ?? (monitor == "prediction_drift" ? on["drift"] ?? [] : [])
    }
}
