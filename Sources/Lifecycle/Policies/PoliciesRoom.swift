import TernKernel
import TernStore
import TernWeb

/// What the server may see of policies.
package struct PoliciesRoom: Sendable {
    package let service: PolicyService

    package static let migrations = PolicyStore.migrations

    package init(database: Database, ports: PolicyPorts, externalURL: String, clock: WallClock = .system) {
        service = PolicyService(database: database, ports: ports, externalURL: externalURL, clock: clock)
    }

    package func mount(on router: TernRouterGroup) { PolicyRoutes(service: service).mount(on: router) }
}
