import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernStore

@Suite struct ForeignDatabaseTests {
    private static let items = [
        Migration("2026-11-test-items", ["CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, value DOUBLE PRECISION)"])
    ]

    @Test func `a foreign database is read with the same statements on both, beside its owner`() async throws {
        try await withDatabaseLocation { location in
            let owner = try Database(location, migrations: ForeignDatabaseTests.items)
            defer { try? owner.close() }
            let foreign = try ForeignDatabase(location)
            #expect(try await foreign.tables().contains("items"))
            for number in 1...3 {
                try await owner.write { try $0.execute("INSERT INTO items (name, value) VALUES (?, ?)", [.text("n\(number)"), .double(0.5)]) }
                let rows = try await foreign.rows("SELECT name, value FROM items WHERE value > ? ORDER BY name", [.double(0.1)])
                #expect(try rows.map { try $0.text("name") } == (1...number).map { "n\($0)" })
            }
        }
    }

    @Test func `a foreign database cannot be written`() async throws {
        try await withDatabaseLocation { location in
            let owner = try Database(location, migrations: ForeignDatabaseTests.items)
            defer { try? owner.close() }
            let foreign = try ForeignDatabase(location)
            for statement in ["INSERT INTO items (name) VALUES ('mine') RETURNING id", "DELETE FROM items RETURNING id", "DROP TABLE items"] {
                await #expect(throws: TernError.self) { try await foreign.rows(statement) }
            }
            #expect(try await owner.read { try $0.row("SELECT count(*) AS total FROM items")?.int("total") } == 0)
        }
    }

    @Test func `opening a foreign database makes and changes nothing`() async throws {
        try await withTemporaryFolder { folder in
            let missing = try #require(throws: TernError.self) { try ForeignDatabase(.file(folder + "/none.db")) }
            #expect(missing.code == .notFound && !FileManager.default.fileExists(atPath: folder + "/none.db"))
            let text = folder + "/text.db"
            try Data(repeating: 65, count: 5000).write(to: URL(fileURLWithPath: text))
            let other = try #require(throws: TernError.self) { try ForeignDatabase(.file(text)) }
            #expect(other.code == .invalidArgument && other.message.contains("not a SQLite database"))
        }
        let nobody = try #require(throws: TernError.self) { try ForeignDatabase(.postgresql("postgresql://a:secret@127.0.0.1:1/none")) }
        #expect(nobody.code == .unavailable && nobody.message.contains("does not answer") && !nobody.message.contains("secret"))
    }

    @Test func `a foreign table that is missing is named with its database`() async throws {
        try await withDatabaseLocation { location in
            try Database(location, migrations: ForeignDatabaseTests.items).close()
            let foreign = try ForeignDatabase(location)
            let error = try #require(await #expect(throws: TernError.self) { try await foreign.rows("SELECT * FROM elsewhere") })
            #expect(error.code == .dataLoss && error.message.contains("elsewhere") && error.message.hasPrefix(foreign.name))
        }
    }
}
