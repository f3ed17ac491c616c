import TernStore
import TernWeb

/// What the server sees of experiment tracking.
package struct TrackingRoom: Sendable {
    package let service: TrackingService
    package let artifacts: ArtifactStore

    /// - Parameter artifactFolder: usually `<home>/artifacts`.
    package init(database: Database, artifactFolder: String) throws {
        service = TrackingService(database: database)
        artifacts = try ArtifactStore(folder: artifactFolder)
    }

    package static let migrations: [Migration] = TrackingMigrations.all

    package func mount(on router: TernRouterGroup) {
        RunRoutes(service: service).mount(on: router)
        RunTableRoutes(service: service).mount(on: router)
    }
}
