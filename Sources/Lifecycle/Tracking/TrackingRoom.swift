import TernKernel
import TernStore
import TernWeb

/// What the server sees of experiment tracking.
package struct TrackingRoom: Sendable {
    package let service: TrackingService
    package let artifacts: ArtifactStore
    package let garbage: GarbageCollector

    /// - Parameter artifactFolder: usually `<home>/artifacts`.
    package init(database: Database, artifactFolder: String, clock: WallClock = .system) throws {
        service = TrackingService(database: database)
        let artifacts = try ArtifactStore(folder: artifactFolder)
        self.artifacts = artifacts
        garbage = GarbageCollector(
            database: database,
            artifacts: ArtifactSweep(
                delete: { try artifacts.delete($0) }, folders: { try artifacts.list($0).filter(\.isFolder).map(\.name) }), clock: clock)
    }

    package static let migrations: [Migration] = TrackingMigrations.all

    package func mount(on router: TernRouterGroup) {
        RunRoutes(service: service).mount(on: router)
        RunTableRoutes(service: service).mount(on: router)
    }
}
