import Datasets
import Foundation
import TernKernel
import TernStore
import TernTables
import TernTestSupport
import Testing

@Suite struct DatasetRefusalTests {
    typealias Fixtures = DatasetFixtures

    private static let expect: [String: ColumnExpectation] = [
        "id": ColumnExpectation(unique: true), "price": ColumnExpectation(type: "double", min: 0, max: 1, missing: 0.25),
        "up": ColumnExpectation(allowed: ["0", "1"]),
    ]
    private static let good =
        "id,at,price,up,note\n1,2020-01-01T00:00:00Z,0.5,1,a\n2,2020-01-01T00:30:00Z,0.25,0,\n3,2020-01-01T01:00:00Z,,1,c\n4,2020-01-01T01:30:00Z,1,0,d\n"

    /// A dataset `d` with one good version and the expectations above.
    private func withDataset(_ body: (TestRoom) async throws -> Void) async throws {
        try await Fixtures.withRoom { test async throws in
            let path = try test.write(Self.good, to: "good.csv")
            try await test.service.apply(
                [DatasetDeclaration(name: "d", path: path, owner: "o@example.com", expect: Self.expect)], by: Fixtures.editor)
            _ = try await test.service.add(name: "d", by: Fixtures.editor)
            try await body(test)
        }
    }

    private func refusal(_ test: TestRoom, _ text: String) async throws -> [DataViolation] {
        try await test.refusal("d", try test.write(text, to: "new.csv")) ?? []
    }

    @Test func `each broken rule is named with its row, column and value`() async throws {
        try await withDataset { test async throws in
            let found = try await refusal(
                test,
                "id,at,price,up,note\n1,2020-01-01T00:00:00Z,abc,1,a\n2,yesterday,0.25,0,\n2,2020-01-01T01:00:00Z,1.5,1,c\nx,2020-01-01T01:30:00Z,-0.1,7,d\n"
            )
            let facts = found.map { [$0.row.map { String($0) } ?? "", $0.column ?? "", $0.value ?? "", $0.rule] }
            #expect(
                facts == [
                    ["1", "price", "abc", "type"], ["2", "at", "yesterday", "type"], ["3", "price", "1.5", "range"], ["3", "id", "2", "unique"],
                    ["4", "id", "x", "type"], ["4", "price", "-0.1", "range"], ["4", "up", "7", "allowed"],
                ])
            #expect(found.first?.message == "row 1, column 'price': 'abc' is not a number (double)")
            #expect(found[2].message == "row 3, column 'price': '1.5' is above the maximum 1")
            #expect(found[3].message.contains("already in row 2"))
        }
    }

    @Test func `a refused file leaves a record and nothing else`() async throws {
        try await withDataset { test async throws in
            let blobs = test.files(in: "blobs")
            let path = try test.write("id,at,price,up,note\n1,2020-01-01,0.5,2,a\n", to: "bad.csv")
            let error = await #expect(throws: TernError.self) {
                try await test.service.add(name: "d", fileAt: path, by: Fixtures.editor, reason: "monday's data")
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message == "dataset 'd' refuses the data: row 1, column 'up': '2' is not one of 0, 1")
            #expect(error?.details["total"] == 1)
            #expect(test.files(in: "blobs") == blobs && test.files(in: "datasets/incoming") == 0)
            #expect(try await test.service.get("d").versions.count == 1)
            let rejected = try await test.service.rejected("d")
            #expect(rejected.count == 1 && rejected[0].by == "eva" && rejected[0].reason == "monday's data" && rejected[0].violations.first?.row == 1)
            #expect(rejected[0].source["path"] == .string(path))
        }
    }

    @Test func `missing and extra columns are refused, and another order is fine`() async throws {
        try await withDataset { test async throws in
            let missing = try await refusal(test, "id,at,up,note\n1,2020-01-01,1,a\n")
            #expect(missing.map(\.rule) == ["missing_column"] && missing.first?.column == "price" && missing.first?.row == nil)
            let renamed = try await refusal(test, "id,at,Price,up,note\n1,2020-01-01,0.1,1,a\n")
            #expect(renamed.map(\.rule) == ["missing_column", "extra_column"])
            #expect(renamed.first?.message == "the column 'price' is missing; did you mean 'Price'?")
            #expect(try await refusal(test, "note,up,price,at,id\na,1,0.5,2020-01-01,9\n").isEmpty)
            #expect(try await test.service.version("d").schema.map(\.name) == ["id", "at", "price", "up", "note"])
        }
    }

    @Test func `too many missing values are refused, NaN counted`() async throws {
        try await withDataset { test async throws in
            let found = try await refusal(test, "id,at,price,up,note\n1,2020-01-01,0.5,1,a\n2,2020-01-01,NaN,1,a\n3,2020-01-01,,1,a\n")
            #expect(found.map(\.rule) == ["missing"] && found.first?.row == 2)
            #expect(found.first?.message.contains("66.67% of the values are missing, and at most 25% may be") == true)
        }
    }

    @Test func `files that are no tables are refused`() async throws {
        try await withDataset { test async throws in
            #expect(try await refusal(test, "").map(\.rule) == ["rows"])
            #expect(try await refusal(test, "id,at,price,up,note\n").map(\.rule) == ["rows"])
            #expect(try await refusal(test, "id,at,price,up,id\n1,2,3,4,5\n").map(\.rule) == ["repeated_column"])
            #expect(try await refusal(test, "\n\n").map(\.rule) == ["readable"])
            let short = try await refusal(test, "id,at,price,up,note\n1,2020-01-01,0.5,1,a\n2,2020-01-01,0.5,1\n")
            #expect(short.map(\.rule) == ["readable"] && short.first?.row == 2, "\(short)")
            #expect(short.first?.message == "row 2 has 4 fields, and the header has 5")
            let long = try await refusal(test, "id,at,price,up,note\n1,2020-01-01,0.5,1,a,b\n")
            #expect(long.map(\.rule) == ["readable"] && long.first?.row == 1, "\(long)")
            let path = test.folder + "/binary.csv"
            try Data([0xff, 0xfe, 0x00, 0x01]).write(to: URL(fileURLWithPath: path))
            #expect(try await test.refusal("d", path)?.map(\.rule) == ["readable"])
            let latin = test.folder + "/latin.csv"
            try (Data("id,at,price,up,note\n1,2020-01-01,0.5,1,gr".utf8) + Data([0xfc]) + Data("n\n".utf8)).write(to: URL(fileURLWithPath: latin))
            #expect(try await test.refusal("d", latin)?.map(\.rule) == ["readable"])
            let parquet = try test.write("PAR1 cut off", to: "cut.parquet")
            #expect(try await test.refusal("d", parquet)?.map(\.rule) == ["readable"])
        }
    }

    @Test func `quoted values, CRLF, a byte order mark and other delimiters are read`() async throws {
        try await Fixtures.withRoom { test async throws in
            let quoted = try test.write("\u{FEFF}a,\"b, c\"\r\n1,\"x \"\"y\"\"\nz\"\r\n2,\"\"\r\n", to: "q.csv")
            let version = try await test.service.add(name: "q", fileAt: quoted, by: Fixtures.editor)
            #expect(version.rows == 2 && version.schema.map(\.name) == ["a", "b, c"] && version.schema.map(\.type) == ["int", "text"])
            let semicolons = try test.write("a;b\n1;2,5\n", to: "s.csv")
            #expect(try await test.service.add(name: "s", fileAt: semicolons, by: Fixtures.editor).schema.map(\.name) == ["a", "b"])
        }
    }

    @Test func `types are found by every value, not by the first ones`() async throws {
        try await Fixtures.withRoom { test async throws in
            let rows = (0..<30_000).map { "\($0),\($0),\($0 % 2 == 0 ? "true" : "false"),2020-01-01T00:00:0\($0 % 10)+10:00,1.0,," }
            let text = "i,d,b,t,w,none,last\n" + rows.joined(separator: "\n") + "\n7,0.5,TRUE,2020-01-01,2,,x\n"
            let version = try await test.service.add(name: "wide", fileAt: try test.write(text, to: "wide.csv"), by: Fixtures.editor)
            #expect(version.schema.map(\.type) == ["int", "double", "bool", "time", "int", "text", "text"])
            #expect(version.rows == 30_001)
        }
    }

    @Test func `only the first twenty violations are shown, and all are counted`() async throws {
        try await withDataset { test async throws in
            let rows = (1...300).map { "\($0),2020-01-01,\($0 % 2 == 0 ? "0.5" : "bad"),1,a" }
            let path = try test.write("id,at,price,up,note\n" + rows.joined(separator: "\n"), to: "many.csv")
            let error = await #expect(throws: TernError.self) { try await test.service.add(name: "d", fileAt: path, by: Fixtures.editor) }
            #expect(error?.details["total"] == 150)
            let shown = try error?.details["violations"]?.decode([DataViolation].self).map(\.row)
            #expect(shown == (0..<20).map { Int64($0 * 2 + 1) })
        }
    }

    @Test func `a parquet file's own types must fit`() async throws {
        try await withDataset { test async throws in
            let time = Timestamp(milliseconds: 0)
            func add(_ price: Column.Values, _ up: Column.Values) async throws -> [DataViolation]? {
                let path = test.folder + "/new.parquet"
                let columns = [
                    Column("id", .double([10, 11])), Column("at", .time([time, time])), Column("price", price), Column("up", up),
                    Column("note", .text(["a", nil])),
                ]
                try await Fixtures.tables.write(columns, toParquet: path)
                return try await test.refusal("d", path)
            }
            #expect(try await add(.int([0, 1]), .double([1, 0])) == nil)
            let text = try await add(.text(["0.1", "0.2"]), .int([0, 1]))
            #expect(text?.map(\.rule) == ["type"] && text?.first?.message == "the column 'price' holds text, and double is expected")
            let part = try await add(.double([0.5, .infinity]), .double([1, 0.5]))
            #expect(part?.map(\.rule) == ["range", "type"] && part?.map(\.row) == [2, 2])
        }
    }

    @Test func `what tern yaml expects holds for the first version too`() async throws {
        try await Fixtures.withRoom { test async throws in
            let path = try test.write("a,b\n1,2\n3,4\n", to: "a.csv")
            try await test.service.apply(
                [DatasetDeclaration(name: "d", path: path, owner: "o", expect: ["c": ColumnExpectation(type: "int")])], by: Fixtures.editor)
            #expect(try await test.refusal("d", path)?.map(\.rule) == ["missing_column"])
            try await test.service.apply(
                [DatasetDeclaration(name: "d", path: path, owner: "o", expect: ["a": ColumnExpectation(type: "double", max: 2)])], by: Fixtures.editor
            )
            #expect(try await test.refusal("d", path)?.map(\.rule) == ["range"])
            try await test.service.apply(
                [DatasetDeclaration(name: "d", path: path, owner: "o", expect: ["a": ColumnExpectation(type: "double", max: 3)])], by: Fixtures.editor
            )
            #expect(try await test.service.add(name: "d", by: Fixtures.editor).schema.map(\.type) == ["double", "int"])
            await #expect(throws: TernError.self) {
                try await test.service.apply(
                    [DatasetDeclaration(name: "d", path: path, owner: "o", expect: ["a": ColumnExpectation(type: "number")])], by: Fixtures.editor)
            }
        }
    }

    @Test func `an interrupted start leaves no half-copied data behind`() async throws {
        try await Fixtures.withRoom { test async throws in
            _ = try test.write("half", to: "datasets/incoming/left.csv")
            _ = try DatasetsRoom(database: test.database, blobs: test.blobs, tables: Fixtures.tables, folder: test.folder + "/datasets")
            #expect(test.files(in: "datasets/incoming") == 0)
        }
    }
}
