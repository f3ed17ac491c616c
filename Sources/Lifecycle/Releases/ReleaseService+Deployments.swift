import TernKernel
import TernLog
import TernStore

/// A time during which a version of a model stood behind an endpoint in one role.
package struct Deployment: Codable, Hashable, Sendable {
    package var endpoint: String
    package var version: Int
    package var role: String
    /// Now, or at its greatest when it is over; 0 to 1.
    package var share: Double
    package var from: LedgerMoment
    /// Nil while it lasts.
    package var to: LedgerMoment?

    /// The ledger entry that made a change.
    package struct LedgerMoment: Codable, Hashable, Sendable {
        package var at: Timestamp
        package var eventTime: Timestamp?
        package var kind: String
        package var actor: String
        package var reason: String?
    }
}

/// Folds the ledger's entries of one endpoint into the times of its variants; pure.
struct DeploymentHistory {
    private struct Key: Hashable {
        var version: Int
        var role: String
    }

    let endpoint: String
    let model: String
    private(set) var over: [Deployment] = []
    private var standing: [Key: Deployment] = [:]
    private var greatest: [Key: Double] = [:]

    init(endpoint: String, model: String) {
        self.endpoint = endpoint
        self.model = model
    }

    /// - Parameter variants: all that the endpoint has from this moment on, as the ledger lists them; nil when the entry changed none.
    mutating func take(_ variants: JSON?, at moment: Deployment.LedgerMoment) throws {
        guard let list = variants else { return }
        var seen: Set<Key> = []
        for variant in try list.decode([EndpointState.VariantShare].self) where variant.model == model {
            let key = Key(version: variant.version, role: variant.role.rawValue)
            seen.insert(key)
            var deployment =
                standing[key]
                ?? Deployment(endpoint: endpoint, version: variant.version, role: variant.role.rawValue, share: 0, from: moment, to: nil)
            greatest[key] = max(greatest[key] ?? 0, variant.share)
            deployment.share = variant.share
            standing[key] = deployment
        }
        for (key, deployment) in standing where !seen.contains(key) {
            var ended = deployment
            ended.to = moment
            ended.share = greatest[key] ?? ended.share
            over.append(ended)
            standing[key] = nil
            greatest[key] = nil
        }
    }

    /// Those that stand first, then those that ended last.
    var all: [Deployment] {
        standing.values.sorted { $0.from.at > $1.from.at } + over.sorted { ($0.to?.at ?? $0.from.at) > ($1.to?.at ?? $1.from.at) }
    }
}

extension ReleaseService {
    /// Where versions of a model answer and have answered, read from the ledger.
    package func deployments(of model: String) async throws -> [Deployment] {
        let ledger = LedgerStore(store.database)
        var deployments: [Deployment] = []
        for endpoint in try await store.endpoints(of: model) {
            var entries: [LedgerEntry] = []
            for kind in ["release.", "endpoint."] {
                var after: Int64 = 0
                while true {
                    let page = try await ledger.entries(LedgerFilter(after: after, subject: "endpoint/\(endpoint)", kind: kind, limit: 1000))
                    entries += page.filter { $0.subject == "endpoint/\(endpoint)" }
                    guard page.count == 1000, let last = page.last else { break }
                    after = last.sequence
                }
            }
            var history = DeploymentHistory(endpoint: endpoint, model: model)
            for entry in entries.sorted(by: { $0.sequence < $1.sequence }) {
                let moment = Deployment.LedgerMoment(
                    at: entry.at, eventTime: entry.eventTime, kind: entry.kind, actor: entry.actor, reason: entry.reason)
                try history.take(entry.data["variants"], at: moment)
            }
            deployments += history.all
        }
        return deployments.sorted { ($0.to == nil ? 0 : 1, $1.from.at) < ($1.to == nil ? 0 : 1, $0.from.at) }
    }
}
