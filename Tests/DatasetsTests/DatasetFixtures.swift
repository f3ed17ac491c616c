import Datasets
import Foundation
import TernKernel
import TernStats
import TernStore
import TernTables
import TernTestSupport

enum DatasetFixtures {
    static let tables = TableEngine()
    static let editor = Identity(name: "eva", role: .editor)
    static let folder = (#filePath as NSString).deletingLastPathComponent + "/Fixtures"
    /// Half-hours of the New South Wales electricity market: 500 rows, and the 500 after them.
    static let market = folder + "/market.csv"
    static let next = folder + "/market-next.csv"

    static func declaration(expect: [String: ColumnExpectation] = [:]) -> DatasetDeclaration {
        DatasetDeclaration(name: "market", path: market, time: "settled_at", owner: "grid-team@example.com", expect: expect)
    }

    /// A room in a home of its own.
    static func withRoom(_ body: (TestRoom) async throws -> Void) async throws {
        try await withDatabase(DatasetsRoom.migrations, clock: ManualClock().wall) { database async throws in
            try await withTemporaryFolder { folder async throws in
                let blobs = try BlobStore(folder: folder + "/blobs")
                let room = try DatasetsRoom(database: database, blobs: blobs, tables: tables, folder: folder + "/datasets")
                try await body(TestRoom(room: room, database: database, blobs: blobs, folder: folder))
            }
        }
    }
}

struct TestRoom {
    let room: DatasetsRoom
    let database: Database
    let blobs: BlobStore
    let folder: String
    var service: DatasetService { room.service }

    func write(_ text: String, to name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The violations that adding a file is refused with; nil when it is taken.
    func refusal(_ name: String, _ path: String) async throws -> [DataViolation]? {
        do {
            _ = try await service.add(name: name, fileAt: path, by: DatasetFixtures.editor)
            return nil
        } catch let error as TernError where error.code == .invalidArgument {
            return try error.details["violations"]?.decode([DataViolation].self)
        }
    }

    /// How many files lie in a folder of the home, at any depth.
    func files(in name: String) -> Int {
        let found = FileManager.default.enumerator(atPath: "\(folder)/\(name)")?.compactMap { $0 as? String } ?? []
        return found.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)/\(path)", isDirectory: &isFolder) && !isFolder.boolValue
        }.count
    }
}
