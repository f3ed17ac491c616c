import Foundation
import TernKernel
import TernTables
import TernTestSupport
import Testing

@Suite struct TableFileTests {
    private static let columns = [
        Column("flag", .bool([true, nil, false])), Column("count", .int([1, nil, .min])), Column("share", .double([0.1, .nan, nil])),
        Column("wörd", .text(["", "a long text that does not fit inside", nil])),
        Column("at", .time([Timestamp(milliseconds: -1), nil, Timestamp(milliseconds: 831_422_400_000)])),
    ]

    @Test func `columns come back from Parquet as they were`() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder + "/it's [1].parquet"
            try await engine.write(Self.columns, toParquet: path)
            let back = try await engine.readColumns(of: path)
            #expect(back.map(\.name) == Self.columns.map(\.name) && back.map(\.type) == Self.columns.map(\.type))
            for (left, right) in zip(back, Self.columns) where left.name != "share" { #expect(left == right) }
            let shares = back[2].numbers ?? []
            #expect(shares.count == 3 && shares[0] == 0.1 && shares[1]?.isNaN == true && shares[2] == nil)
            #expect(try await engine.rowCount(of: path) == 3)
            #expect(try await engine.schema(of: path).map(\.duckType) == ["BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["it's [1].parquet"])
        }
    }

    @Test func `more rows than one vector, and none`() async throws {
        try await withTemporaryFolder { folder async throws in
            let many = [
                Column("i", .int((0..<5000).map { $0 % 7 == 0 ? nil : Int64($0) })),
                Column("t", .text((0..<5000).map { $0 % 5 == 0 ? nil : "row number \($0)" })),
            ]
            try await engine.write(many, toParquet: folder + "/many.parquet")
            #expect(try await engine.readColumns(of: folder + "/many.parquet") == many)
            let none = [Column("i", .int([])), Column("t", .text([]))]
            try await engine.write(none, toParquet: folder + "/none.parquet")
            #expect(try await engine.readColumns(of: folder + "/none.parquet") == none)
        }
    }

    @Test func `columns that do not make a table are refused`() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder + "/x.parquet"
            for columns in [[], [Column("a", .int([1])), Column("b", .int([1, 2]))], [Column("a", .int([1])), Column("A", .int([1]))]] {
                let error = await #expect(throws: TernError.self) { try await engine.write(columns, toParquet: path) }
                #expect(error?.code == .invalidArgument)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func `a failed export leaves the old file and no other`() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder + "/x.parquet"
            #expect(try await engine.export("SELECT * FROM range(?) AS t(i)", [12], toParquet: path) == 12)
            await #expect(throws: TernError.self) {
                try await engine.export(
                    "SELECT CASE WHEN i = 90000 THEN ('x' || i)::INTEGER ELSE i END AS i FROM range(100000) AS t(i)", toParquet: path)
            }
            #expect(try await engine.rowCount(of: path) == 12)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.parquet"])
            await #expect(throws: TernError.self) { try await engine.export("SELECT 1", toParquet: folder + "/no/such/folder/x.parquet") }
        }
    }

    @Test func `csv and jsonl are read with their types`() async throws {
        try await withTemporaryFolder { folder async throws in
            let csv = "at,n,x,word,flag\n1996-05-07T00:00:00+10:00,1,0.5,\"a,b\",true\n1996-05-07T00:30:00+10:00,,NaN,,false\n"
            try Data(csv.utf8).write(to: URL(fileURLWithPath: folder + "/a.csv"))
            let columns = try await engine.readColumns(of: folder + "/a.csv")
            #expect(columns.map(\.type) == ["time", "int", "double", "text", "bool"])
            #expect(columns[0][0] == "1996-05-06T14:00:00Z")
            #expect(columns[1] == Column("n", .int([1, nil])) && columns[3] == Column("word", .text(["a,b", nil])))
            let json = #"{"n": 1, "word": "x", "deep": {"a": [1]}}"# + "\n" + #"{"n": 2.5, "word": null}"# + "\n"
            try Data(json.utf8).write(to: URL(fileURLWithPath: folder + "/a.jsonl"))
            let rows = try await engine.readColumns(of: folder + "/a.jsonl")
            #expect(rows[0] == Column("n", .double([1, 2.5])) && rows[1] == Column("word", .text(["x", nil])) && rows[2].type == "text")
        }
    }

    @Test func `another extension, a missing file and garbage are refused`() async throws {
        try await withTemporaryFolder { folder async throws in
            let unknown = await #expect(throws: TernError.self) { try await engine.rowCount(of: "x.xlsx") }
            #expect(unknown?.hint == "the name must end in .csv, .parquet or .jsonl")
            let missing = await #expect(throws: TernError.self) { try await engine.readColumns(of: folder + "/none.csv") }
            #expect(missing?.code == .notFound)
            try Data("PAR1 and then nothing".utf8).write(to: URL(fileURLWithPath: folder + "/bad.parquet"))
            let bad = await #expect(throws: TernError.self) { try await engine.readColumns(of: folder + "/bad.parquet") }
            #expect(bad?.code == .invalidArgument)
        }
    }

    @Test func `a full disk is said to be full`() async throws {
        // Every write to this device fails with ENOSPC.
        let error = await #expect(throws: TernError.self) { try await engine.query("COPY (SELECT * FROM range(100000)) TO '/dev/full' (FORMAT csv)") }
        #expect(error?.code == .resourceExhausted, "\(error?.message ?? "")")
    }
}
