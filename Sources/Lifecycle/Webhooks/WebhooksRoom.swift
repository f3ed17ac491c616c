import TernStore

/// What the server sees of Webhooks: calls to other servers about what happened in the registry.
package struct WebhooksRoom: Sendable {
    package static let migrations: [Migration] = []
}
