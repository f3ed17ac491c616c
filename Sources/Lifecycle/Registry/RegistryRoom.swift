import TernInference
import TernKernel
import TernStore
import TernTables
import TernWeb

/// The registry as the server sees it: models, versions, gates and approvals.
package struct RegistryRoom: Sendable {
    package let service: RegistryService

    /// - Parameter folder: for files under way; swept of what a crash left there by `service.resume()`.
    package init(
        database: Database, blobs: BlobStore, tables: TableEngine = TableEngine(), engine: InferenceEngine = InferenceEngine(), folder: String,
        ports: RegistryPorts = RegistryPorts()
    ) {
        service = RegistryService(
            database: database, blobs: blobs,
            evaluator: ModelEvaluator(database: database, blobs: blobs, tables: tables, engine: engine), ports: ports, workFolder: folder)
    }

    /// Puts the room's routes below `/api/tern/v1`.
    package func mount(on router: TernRouterGroup) {
        RegistryRoutes(service: service).mount(on: router)
        RegistryIntakeRoutes(service: service).mount(on: router)
    }
}
