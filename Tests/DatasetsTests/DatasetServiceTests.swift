import Datasets
import Foundation
import TernKernel
import TernStats
import TernStore
import TernTables
import TernTestSupport
import Testing

@Suite struct DatasetServiceTests {
    typealias Fixtures = DatasetFixtures

    @Test func `the first version fixes the schema and has a profile`() async throws {
        try await Fixtures.withRoom { test async throws in
            try await test.service.apply([Fixtures.declaration(expect: ["up": ColumnExpectation(allowed: ["0", "1"])])], by: Fixtures.editor)
            let version = try await test.service.add(name: "market", by: Fixtures.editor, reason: "the start")
            #expect(
                version.version == 1 && version.rows == 500 && version.format == .csv && version.createdBy == "eva" && version.reason == "the start")
            #expect(
                version.schema.map(\.name) == ["settled_at", "weekday", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer", "up"])
            #expect(version.schema.map(\.type) == ["time", "int", "int", "double", "double", "double", "double", "double", "int"])
            #expect(version.schema.allSatisfy { !$0.nullable })
            #expect(version.digest == (try Digest.ofFile(at: Fixtures.market).digest))
            #expect(version.profile.rows == 500 && version.profile.columns.count == 9)
            let price = try #require(version.profile.columns["nswprice"])
            #expect(price.kind == .numeric && price.count == 500 && price.missing == 0)
            // What the file starts with: 1996-05-07T00:00:00+10:00.
            #expect(version.profile.columns["settled_at"]?.minimum == Timestamp("1996-05-06T14:00:00Z").map { Double($0.milliseconds) })
            #expect(try await test.service.version("market") == version)
            let dataset = try await test.service.get("market")
            #expect(dataset.schema == version.schema && dataset.versions.map(\.version) == [1] && dataset.owner == "grid-team@example.com")
        }
    }

    @Test func `the same bytes are the same version`() async throws {
        try await Fixtures.withRoom { test async throws in
            let first = try await test.service.add(name: "market", fileAt: Fixtures.market, by: Fixtures.editor)
            let copy = test.folder + "/elsewhere.csv"
            try FileManager.default.copyItem(atPath: Fixtures.market, toPath: copy)
            #expect(try await test.service.add(name: "market", fileAt: copy, by: Fixtures.editor) == first)
            let second = try await test.service.add(name: "market", fileAt: Fixtures.next, by: Fixtures.editor)
            #expect(second.version == 2)
            #expect(try await test.service.version("market", 1) == first)
            #expect(try await test.service.version("market") == second)
            #expect(try await test.service.get("market").versions.map(\.version) == [2, 1])
        }
    }

    @Test func `many adds at once give one version for each content`() async throws {
        try await Fixtures.withRoom { test async throws in
            let service = test.service
            let versions = try await withThrowingTaskGroup(of: DatasetVersion.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try await service.add(name: "market", fileAt: index % 2 == 0 ? Fixtures.market : Fixtures.next, by: Fixtures.editor)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(versions.map(\.version)) == [1, 2])
            #expect(try await test.service.get("market").versions.count == 2)
        }
    }

    @Test func `a version's file is the file that was added, with its extension`() async throws {
        try await Fixtures.withRoom { test async throws in
            let version = try await test.service.add(name: "market", fileAt: Fixtures.market, by: Fixtures.editor)
            let path = try await test.service.file(of: version)
            #expect(path.hasSuffix("/market/1.csv"))
            #expect(try Digest.ofFile(at: path).digest == version.digest)
            #expect(try await test.service.file(of: version) == path)
            #expect(try await Fixtures.tables.rowCount(of: path) == 500)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.removeItem(atPath: await test.blobs.localFile(of: version.digest))
            let lost = await #expect(throws: TernError.self) { try await test.service.file(of: version) }
            #expect(lost?.code == .dataLoss)
        }
    }

    @Test func `the ledger tells what was added and what was refused`() async throws {
        try await Fixtures.withRoom { test async throws in
            try await test.service.apply([Fixtures.declaration()], by: Fixtures.editor)
            try await test.service.apply([Fixtures.declaration()], by: Fixtures.editor)
            let version = try await test.service.add(name: "market", by: Fixtures.editor, reason: "start")
            let bad = try test.write("settled_at\n1\n", to: "bad.csv")
            await #expect(throws: TernError.self) { try await test.service.add(name: "market", fileAt: bad, by: Fixtures.editor) }
            let entries = try await LedgerStore(test.database).entries(LedgerFilter(subject: "dataset/market"))
            #expect(entries.map(\.kind) == ["dataset.declared", "dataset.version.added", "dataset.version.refused"])
            #expect(entries[1].subject == "dataset/market/1" && entries[1].actor == "eva" && entries[1].reason == "start")
            #expect(entries[1].data["digest"] == .string(version.digest.hex) && entries[1].data["rows"] == 500)
        }
    }

    @Test func `viewers may look and not add`() async throws {
        try await Fixtures.withRoom { test async throws in
            let viewer = Identity(name: "vera", role: .viewer)
            for error in [
                await #expect(throws: TernError.self) { try await test.service.add(name: "market", fileAt: Fixtures.market, by: viewer) },
                await #expect(throws: TernError.self) { try await test.service.apply([Fixtures.declaration()], by: viewer) },
            ] { #expect(error?.code == .notAllowed) }
        }
    }

    @Test func `what is not there is said to be not there`() async throws {
        try await Fixtures.withRoom { test async throws in
            func code(_ body: () async throws -> Void) async -> TernError.Code? {
                do {
                    try await body()
                    return nil
                } catch {
                    return TernError.wrap(error).code
                }
            }
            #expect(await code { _ = try await test.service.get("nope") } == .notFound)
            #expect(await code { _ = try await test.service.version("nope") } == .notFound)
            #expect(await code { _ = try await test.service.add(name: "x", fileAt: "/nowhere/x.csv", by: Fixtures.editor) } == .notFound)
            #expect(await code { _ = try await test.service.add(name: "x", by: Fixtures.editor) } == .invalidArgument)
            #expect(await code { _ = try await test.service.add(name: "../x", fileAt: Fixtures.market, by: Fixtures.editor) } == .invalidArgument)
            let note = try test.write("x", to: "note.txt")
            #expect(await code { _ = try await test.service.add(name: "x", fileAt: note, by: Fixtures.editor) } == .invalidArgument)
            try await test.service.apply([Fixtures.declaration()], by: Fixtures.editor)
            #expect(await code { _ = try await test.service.version("market") } == .notFound)
            #expect(try await test.service.list().map(\.name) == ["market"])
        }
    }

    @Test func `a difference names rows, and drift column by column`() async throws {
        try await Fixtures.withRoom { test async throws in
            _ = try await test.service.add(name: "market", fileAt: Fixtures.market, by: Fixtures.editor)
            let text = try String(contentsOfFile: Fixtures.market, encoding: .utf8)
            let lines = text.split(separator: "\n")
            // Prices ten times as high, half the rows.
            let moved = lines.prefix(251).enumerated().map { index, line in
                var fields = line.split(separator: ",").map(String.init)
                if index > 0, let price = Double(fields[3]) { fields[3] = String(price * 10) }
                return fields.joined(separator: ",")
            }
            _ = try await test.service.add(
                name: "market", fileAt: try test.write(moved.joined(separator: "\n"), to: "moved.csv"), by: Fixtures.editor)
            let difference = try await test.service.diff("market", 1, 2)
            #expect(difference.rowsFrom == 500 && difference.rowsTo == 250 && difference.schema.isEmpty)
            #expect(difference.drift.map(\.column) == ["weekday", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer", "up"])
            #expect(difference.drift.first { $0.column == "nswprice" }?.score.drifted == true)
            #expect(difference.drift.first { $0.column == "period" }?.score.drifted == false)
            let same = try await test.service.diff("market", 1, 1)
            #expect(same.drift.allSatisfy { !$0.score.drifted })
        }
    }

    @Test func `a profile survives the database, also of columns in camel case`() async throws {
        try await Fixtures.withRoom { test async throws in
            let path = try test.write("camelCase,snake_case\n1,a\n2,\n,b\n", to: "a.csv")
            let version = try await test.service.add(name: "names", fileAt: path, by: Fixtures.editor)
            let back = try await test.service.version("names", 1)
            #expect(back == version)
            #expect(back.profile.columns.keys.sorted() == ["camelCase", "snake_case"])
            #expect(back.profile.columns["camelCase"]?.missing == 1 && back.profile.columns["snake_case"]?.kind == .categorical)
            #expect(back.schema.map(\.nullable) == [true, true])
        }
    }

    @Test func `parquet and jsonl are versions too`() async throws {
        try await Fixtures.withRoom { test async throws in
            let parquet = test.folder + "/a.parquet"
            try await Fixtures.tables.write([Column("n", .int([1, 2, nil])), Column("word", .text(["a", "b", "c"]))], toParquet: parquet)
            let first = try await test.service.add(name: "a", fileAt: parquet, by: Fixtures.editor)
            #expect(first.format == .parquet && first.schema.map(\.type) == ["int", "text"] && first.rows == 3)
            let lines = try test.write(#"{"n": 4, "word": "x"}"# + "\n" + #"{"n": 5, "word": null}"# + "\n", to: "a.jsonl")
            let second = try await test.service.add(name: "a", fileAt: lines, by: Fixtures.editor)
            #expect(second.format == .jsonl && second.version == 2)
            #expect(try await test.service.file(of: second).hasSuffix("/a/2.jsonl"))
        }
    }
}

@Suite struct DatasetStoreTests {
    @Test func `what is asked for often is found by an index`() async throws {
        try await withDatabase(DatasetsRoom.migrations) { database in
            for sql in [
                "SELECT * FROM dataset_versions WHERE dataset = ? ORDER BY version DESC LIMIT 1",
                "SELECT * FROM dataset_rejections WHERE dataset = ? ORDER BY at DESC, id LIMIT 100",
                "SELECT * FROM datasets WHERE name = ?",
            ] {
                let plan = try await database.read { try $0.plan(sql, ["market"]) }
                #expect(plan.allSatisfy { !$0.contains("SCAN") }, "\(plan)")
            }
            let plan = try await database.read {
                try $0.plan("SELECT * FROM dataset_versions WHERE dataset = ? AND digest = ?", ["market", "x"])
            }
            #expect(plan.allSatisfy { !$0.contains("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
