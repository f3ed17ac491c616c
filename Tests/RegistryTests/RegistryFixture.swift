import Foundation
import TernInference
import TernKernel
import TernStore
import TernTables
import TernTestSupport

@testable import Registry

/// A registry on a fresh database and folder, with the files of `Fixtures/make_fixtures.py`.
struct RegistryFixture: Sendable {
    let room: RegistryRoom
    let database: Database
    let blobs: BlobStore
    let folder: String

    var service: RegistryService { room.service }

    static let ann = Identity(name: "ann", role: .approver)
    static let bob = Identity(name: "bob", role: .approver)
    static let eve = Identity(name: "eve", role: .editor)
    static let guest = Identity(name: "guest", role: .viewer)

    /// Shared: loading the libraries once is enough, and both are made for it.
    static let engine = InferenceEngine()
    static let tables = TableEngine()

    static func path(_ name: String) -> String { (#filePath as NSString).deletingLastPathComponent + "/Fixtures/" + name }

    /// A registry in which `market` is declared as `declaration` says.
    static func with(
        _ declaration: ModelDeclaration? = RegistryFixture.declaration(), ports: RegistryPorts = RegistryPorts(),
        _ body: (RegistryFixture) async throws -> Void
    ) async throws {
        try await withDatabase(RegistryRoom.migrations) { database in
            try await withTemporaryFolder { folder in
                let blobs = try BlobStore(folder: folder + "/blobs")
                let room = RegistryRoom(
                    database: database, blobs: blobs, tables: tables, engine: engine, folder: folder + "/staging", ports: ports)
                if let declaration { try await room.service.apply([declaration], by: ann) }
                try await body(RegistryFixture(room: room, database: database, blobs: blobs, folder: folder))
            }
        }
    }

    static func declaration(
        gates: [GateDeclaration] = [.floor(metric: "f1", atLeast: 0.7)], approvals: Int = 1, approvalsRetrained: Int? = nil, task: String = "binary",
        target: String = "up", card: String? = nil, inputs: InputsPolicy? = nil
    ) -> ModelDeclaration {
        ModelDeclaration(
            name: "market", purpose: "Will it rise?", task: task, target: target, owner: "grid@example.com", gates: gates, approvals: approvals,
            approvalsRetrained: approvalsRetrained, card: card, inputs: inputs)
    }

    func request(
        _ model: String = "good.onnx", holdout: String? = "holdout.parquet", reference: String? = nil, origin: VersionOrigin = .person,
        pipelineRun: String? = nil, lineage: Lineage = Lineage(), by identity: Identity = eve
    ) -> RegisterRequest {
        RegisterRequest(
            model: "market", modelFile: model.hasPrefix("/") ? model : RegistryFixture.path(model),
            holdoutFile: holdout.map { $0.hasPrefix("/") ? $0 : RegistryFixture.path($0) }, referenceFile: reference.map(RegistryFixture.path),
            pipelineRun: pipelineRun, origin: origin, lineage: lineage, by: identity)
    }

    /// A registered version that everybody agreed to.
    func approved(_ model: String = "good.onnx") async throws -> ModelVersion {
        let version = try await service.register(request(model))
        return try await service.approve("market", version.version, by: RegistryFixture.ann)
    }

    func ledger(_ kind: String) async throws -> [LedgerEntry] { try await LedgerStore(database).entries(LedgerFilter(kind: kind)) }

    /// Every file that the blob store holds.
    func storedFiles() -> [String] {
        (FileManager.default.subpaths(atPath: folder + "/blobs") ?? []).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder + "/blobs/" + path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }
}

/// The error that a body throws, nil when it throws none.
func refusal(_ body: () async throws -> Void) async -> TernError? {
    do {
        try await body()
        return nil
    } catch {
        return TernError.wrap(error)
    }
}
