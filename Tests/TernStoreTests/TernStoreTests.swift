import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernStore

private let items = [Migration("2026-11-test-items", ["CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"])]

@Suite struct Writes {
    @Test func `writes that wait are combined, and each gets its own answer`() async throws {
        try await withDatabase(items) { database in
            let answers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        try await database.write { transaction in
                            try transaction.row("INSERT INTO items (name) VALUES (?) RETURNING id", [.text("item \(number)")])?.int("id") ?? 0
                        }
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(answers.count == 500)
            let count = try await database.read { try $0.row("SELECT count(*) AS n FROM items")?.int("n") }
            #expect(count == 500)
        }
    }

    @Test func `a refused write leaves nothing behind and does not disturb its neighbours`() async throws {
        try await withDatabase(items) { database in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                try transaction.execute("INSERT INTO items (name) VALUES (?)", [.text("item \(number)")])
                                try transaction.record(LedgerEvent("item.made", subject: "item/\(number)", by: "test"))
                                if number % 2 == 1 { throw TernError.invalid("odd") }
                            }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                let accepted = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                #expect(accepted == 50)
            }
            let rows = try await database.read { try $0.rows("SELECT name FROM items") }
            #expect(rows.count == 50)
            #expect(try await LedgerStore(database).verify() == 50)
        }
    }

    @Test func `a second row with a unique key says so`() async throws {
        try await withDatabase(items) { database in
            try await database.write { try $0.execute("INSERT INTO items (name) VALUES ('a')") }
            await #expect(throws: TernError.self) { try await database.write { try $0.execute("INSERT INTO items (name) VALUES ('a')") } }
        }
    }

    @Test func `what was written is there after the file is opened again`() async throws {
        try await withDatabaseLocation { location async throws in
            let first = try Database(location, migrations: items)
            try await first.write { try $0.execute("INSERT INTO items (name) VALUES ('kept')") }
            try first.close()
            let second = try Database(location, migrations: items)
            #expect(try await second.read { try $0.row("SELECT name FROM items")?.text("name") } == "kept")
            try second.close()
        }
    }
}

@Suite struct Ledgers {
    private func fill(_ database: Database, _ count: Int) async throws {
        for number in 1...count {
            try await database.write { transaction in
                try transaction.record(
                    LedgerEvent("thing.changed", subject: "thing/\(number % 3)", by: "test", reason: "because", data: ["n": JSON(number)]))
            }
        }
    }

    @Test func `entries are numbered without gaps and verify`() async throws {
        try await withDatabase { database in
            try await fill(database, 25)
            let entries = try await LedgerStore(database).entries()
            #expect(entries.map(\.sequence) == Array(1...25))
            #expect(try await LedgerStore(database).verify() == 25)
        }
    }

    @Test(arguments: [
        "UPDATE ledger SET reason = 'another' WHERE sequence = 7", "UPDATE ledger SET data = '{}' WHERE sequence = 7",
        "DELETE FROM ledger WHERE sequence = 7",
        "UPDATE ledger SET at = at + 1 WHERE sequence = 7",
    ])
    func `a change by hand is found and its place named`(tampering: String) async throws {
        try await withDatabase { database in
            try await fill(database, 12)
            try await database.write { try $0.execute(tampering) }
            do {
                _ = try await LedgerStore(database).verify()
                Issue.record("the ledger verified")
            } catch let error as TernError {
                #expect(error.code == .dataLoss)
                #expect(error.message.contains("entry 7"))
            }
        }
    }

    @Test func `entries are found by subject with what is below it, by kind and by prefix`() async throws {
        try await withDatabase { database in
            try await database.write { transaction in
                for (kind, subject) in [
                    ("a.b", "endpoint/price"), ("a.c", "endpoint/price/release/1"), ("a.c", "endpoint/prices"), ("b.c", "model/m"),
                ] {
                    try transaction.record(LedgerEvent(kind, subject: subject, by: "test"))
                }
            }
            let ledger = LedgerStore(database)
            #expect(try await ledger.entries(LedgerFilter(subject: "endpoint/price")).count == 2)
            #expect(try await ledger.entries(LedgerFilter(kind: "a.c")).count == 2)
            #expect(try await ledger.entries(LedgerFilter(kind: "a.")).count == 3)
            #expect(try await ledger.entries(LedgerFilter(newestFirst: true, limit: 1)).first?.subject == "model/m")
        }
    }

    @Test func `followers wake after a commit that appended`() async throws {
        try await withDatabase { database in
            let changes = database.ledgerChanges.follow()
            try await database.write { _ = try $0.record(LedgerEvent("a.b", subject: "s", by: "test")) }
            var woken = false
            for await _ in changes {
                woken = true
                break
            }
            #expect(woken)
        }
    }

    @Test func `look-ups by subject use their index`() async throws {
        try await withDatabase { database in
            let plan = try await database.read { try $0.plan("SELECT * FROM ledger WHERE subject = ? ORDER BY sequence", ["x"]) }
            #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") }, "\(plan)")
        }
    }
}

@Suite struct Blobs {
    @Test func `the same bytes are stored once and read back`() async throws {
        try await withTemporaryFolder { folder in
            let blobs = try BlobStore(folder: folder)
            let first = try await blobs.put(Data("hello".utf8))
            #expect(try await blobs.put(Data("hello".utf8)) == first)
            #expect(try await blobs.read(first) == Data("hello".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/incoming").isEmpty)
        }
    }

    @Test func `a file is stored under the digest of its bytes`() async throws {
        try await withTemporaryFolder { folder in
            let blobs = try BlobStore(folder: folder + "/blobs")
            try Data("abc".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            let (digest, size) = try await blobs.put(fileAt: folder + "/file")
            #expect(size == 3)
            #expect(digest == Digest(of: "abc"))
            await #expect(throws: TernError.self) { try await blobs.put(fileAt: folder + "/none") }
        }
    }
}
