import TernKernel
import TernStore
import TernWeb

/// What the server may see of releases. Call `service.restore()` before requests come in.
package struct ReleasesRoom: Sendable {
    package let service: ReleaseService

    package static let migrations = ReleaseStore.migrations

    package init(database: Database, ports: ReleasePorts) {
        service = ReleaseService(database: database, ports: ports)
    }

    package func mount(on router: TernRouterGroup) { ReleaseRoutes(service: service).mount(on: router) }
}
