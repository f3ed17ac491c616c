import TernKernel
import TernStore
import TernTables
import TernWeb

/// What the server sees of monitoring.
package struct MonitoringRoom: Sendable {
    package let service: MonitoringService

    /// - Parameter folder: for temporary files.
    package init(database: Database, tables: TableEngine, ports: MonitoringPorts, folder: String, clock: WallClock = .system) {
        service = MonitoringService(database: database, tables: tables, ports: ports, folder: folder, clock: clock)
    }

    package static let migrations = MonitoringMigrations.all

    /// - Parameter router: rooted at `/api/tern/v1`.
    package func mount(on router: TernRouterGroup) { MonitoringRoutes(service: service).mount(on: router) }
}
