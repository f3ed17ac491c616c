import TernStore
import TernWeb

/// What the server sees of experiment tracking.
package struct TrackingRoom: Sendable {
    package let service: TrackingService
    package let artifacts: ArtifactStore

    package init(database: Database, artifacts: ArtifactStore) {
        service = TrackingService(database: database)
        self.artifacts = artifacts
    }

    /// With the files on this machine's disk.
    ///
    /// - Parameter artifactFolder: usually `<home>/artifacts`.
    package init(database: Database, artifactFolder: String) throws {
        self.init(database: database, artifacts: try ArtifactStore(folder: artifactFolder))
    }

    package static let migrations: [Migration] = TrackingMigrations.all

    package func mount(on router: TernRouterGroup) {
        RunRoutes(service: service).mount(on: router)
        RunTableRoutes(service: service).mount(on: router)
    }
}
