import TernKernel
import TernStore
import TernTables
import TernWeb

/// The room of datasets as the server sees it.
package struct DatasetsRoom: Sendable {
    package let service: DatasetService

    package static let migrations = DatasetStore.migrations

    /// - Parameter folder: `<home>/datasets`; made when missing.
    package init(database: Database, blobs: BlobStore, tables: TableEngine, folder: String) throws {
        service = DatasetService(
            store: DatasetStore(database: database), folder: try DatasetFolder(folder: folder, blobs: blobs), tables: tables)
    }

    /// Hangs the routes into `/api/tern/v1`.
    package func mount(on router: TernRouterGroup) { DatasetRoutes(service: service).mount(on: router) }
}
