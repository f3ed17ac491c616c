import TernKernel

/// A time during which a version stood behind an endpoint in one role.
package struct VersionDeployment: Codable, Hashable, Sendable {
    package var endpoint: String
    package var version: Int
    /// `primary`, `canary`, `shadow` or `challenger`.
    package var role: String
    /// The share of the traffic, 0 to 1: now, or at its greatest when it is over.
    package var share: Double
    package var from: Timestamp
    /// Nil while it lasts.
    package var to: Timestamp?
    /// The same by the time of the data, where the endpoint's requests carry one.
    package var fromEventTime: Timestamp?
    package var toEventTime: Timestamp?
    /// Who began it, and why.
    package var by: String
    package var reason: String?
    /// The kind of ledger entry that ended it: `release.rolled_back`.
    package var endedBy: String?

    package init(
        endpoint: String, version: Int, role: String, share: Double, from: Timestamp, to: Timestamp? = nil, fromEventTime: Timestamp? = nil,
        toEventTime: Timestamp? = nil, by: String, reason: String? = nil, endedBy: String? = nil
    ) {
        self.endpoint = endpoint
        self.version = version
        self.role = role
        self.share = share
        self.from = from
        self.to = to
        self.fromEventTime = fromEventTime
        self.toEventTime = toEventTime
        self.by = by
        self.reason = reason
        self.endedBy = endedBy
    }
}

extension RegistryService {
    /// Where a model's versions answer now and have answered, newest first.
    ///
    /// - Throws: `not_found`.
    package func deployments(_ model: String) async throws -> [VersionDeployment] {
        _ = try await self.model(model)
        return try await ports.deployments(model)
    }

    package func deployments(_ model: String, _ version: Int) async throws -> [VersionDeployment] {
        _ = try await self.version(model, version)
        return try await ports.deployments(model).filter { $0.version == version }
    }
}
