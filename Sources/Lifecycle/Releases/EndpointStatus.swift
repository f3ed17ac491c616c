import TernKernel
import TernLog

/// An endpoint as it is now.
package struct EndpointStatus: Codable, Hashable, Sendable {
    package struct VariantStatus: Codable, Hashable, Sendable {
        package var reference: VariantReference
        package var share: Double
        package var since: Timestamp
        package var sinceEventTime: Timestamp?
        package var loaded: Bool
    }

    package var declaration: EndpointDeclaration
    package var variants: [VariantStatus]
    /// The release under way.
    package var release: Release?
    /// What its guards say at this moment.
    package var guards: [GuardResult]
    /// Releases that ended, newest first.
    package var history: [Release]
    /// The endpoint's clock; nil before any request carried a time.
    package var clock: Timestamp?
    /// The version that a rollback would bring back.
    package var standby: Int?
}

/// What an endpoint ran at some past moment, read from the ledger.
package struct EndpointState: Codable, Hashable, Sendable {
    package struct VariantShare: Codable, Hashable, Sendable {
        package var name: String
        package var role: VariantRole
        package var model: String
        package var version: Int
        package var share: Double
    }

    package var endpoint: String
    package var variants: [VariantShare]
    /// The release that the entry below belongs to, if one does.
    package var release: String?
    /// The ledger entry that made it so.
    package var sequence: Int64
    package var since: Timestamp
    package var sinceEventTime: Timestamp?
    package var kind: String
    package var actor: String
    package var reason: String?
}

/// Which clock a question about the past means.
package enum PastClock: String, Codable, Sendable, CaseIterable {
    /// When the server did it.
    case ledger
    /// The time of the data when it did.
    case event
}
