import TernKernel
import TernStore
import TernWeb

/// What the server sees of experiment tracking.
package struct TrackingRoom: Sendable {
    package let service: TrackingService
    package let artifacts: ArtifactStore
    package let garbage: GarbageCollector

    package init(database: Database, artifacts: ArtifactStore, clock: WallClock = .system) {
        service = TrackingService(database: database)
        self.artifacts = artifacts
        garbage = GarbageCollector(
            database: database,
            artifacts: ArtifactSweep(
                delete: { try await artifacts.delete($0) }, folders: { try await artifacts.list($0).filter(\.isFolder).map(\.name) }), clock: clock)
    }

    /// With the files on this machine's disk.
    ///
    /// - Parameter artifactFolder: usually `<home>/artifacts`.
    package init(database: Database, artifactFolder: String, clock: WallClock = .system) throws {
        self.init(database: database, artifacts: try ArtifactStore(folder: artifactFolder), clock: clock)
    }

    package static let migrations: [Migration] = TrackingMigrations.all + ImportMigrations.all

    package func mount(on router: TernRouterGroup) {
        RunRoutes(service: service).mount(on: router)
        RunTableRoutes(service: service).mount(on: router)
        ImportRoutes(service: ImportService(tracking: service)).mount(on: router)
    }
}
