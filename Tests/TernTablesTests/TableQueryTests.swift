import Foundation
import TernKernel
import TernTables
import TernTestSupport
import Testing

/// One engine for all these tests, as in the server.
let engine = TableEngine(configuration: TableConfiguration(temporaryFolder: NSTemporaryDirectory() + "tern-tables-tests-\(getpid())"))

@Suite struct TableQueryTests {
    @Test func `every native type is read, with its missing values`() async throws {
        let table = try await engine.query(
            """
            SELECT * FROM (VALUES
                (true, 1::TINYINT, -2::SMALLINT, 3::INTEGER, 9223372036854775807::BIGINT, 200::UTINYINT, 60000::USMALLINT, 4000000000::UINTEGER,
                 7::UBIGINT, 8::HUGEINT, 1.5::FLOAT, 2.5::DOUBLE, 12.34::DECIMAL(4,2), -0.5::DECIMAL(9,3), 1e10::DECIMAL(18,1),
                 123456789012345678901.5::DECIMAL(30,1), 'short', 'longer than twelve bytes ü', DATE '1996-05-07',
                 TIMESTAMP '1996-05-07 00:30:00.123456', TIMESTAMPTZ '1996-05-07 00:30:00+10:00', TIMESTAMP_S '1969-12-31 23:59:59',
                 TIMESTAMP_MS '2020-01-01 00:00:00.001', TIMESTAMP_NS '1969-12-31 23:59:59.9999', NULL),
                (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
              AS t (b, i8, i16, i32, i64, u8, u16, u32, u64, huge, f, d, d4, d9, d18, d30, s, l, day, ts, tz, tss, tsms, tsns, nothing)
            """)
        #expect(table.rows == 2)
        #expect(table["b"] == Column("b", .bool([true, nil])))
        let ints: [String: Int64] = ["i8": 1, "i16": -2, "i32": 3, "i64": .max, "u8": 200, "u16": 60_000, "u32": 4_000_000_000, "u64": 7, "huge": 8]
        for (name, value) in ints { #expect(table[name] == Column(name, .int([value, nil]))) }
        let doubles = ["f": 1.5, "d": 2.5, "d4": 12.34, "d9": -0.5, "d18": 1e10, "d30": 123_456_789_012_345_678_901.5]
        for (name, value) in doubles { #expect(table[name] == Column(name, .double([value, nil]))) }
        #expect(table["s"] == Column("s", .text(["short", nil])))
        #expect(table["l"] == Column("l", .text(["longer than twelve bytes ü", nil])))
        let times = [
            "day": "1996-05-07T00:00:00Z", "ts": "1996-05-07T00:30:00.123Z", "tz": "1996-05-06T14:30:00Z", "tss": "1969-12-31T23:59:59Z",
            "tsms": "2020-01-01T00:00:00.001Z", "tsns": "1969-12-31T23:59:59.999Z",
        ]
        for (name, text) in times {
            #expect(table[name]?[0] == .string(text), "\(name)")
            #expect(table[name]?[1] == .null)
        }
        #expect(table["nothing"]?.texts == [nil, nil])
    }

    @Test func `whole numbers beyond 64 bits become doubles, with those before them`() async throws {
        let table = try await engine.query(
            "SELECT unnest([5::UBIGINT, 18446744073709551615, NULL]) AS u, unnest([-3::HUGEINT, -170141183460469231731687303715884105727, 2]) AS h")
        #expect(table["u"] == Column("u", .double([5, 0x1p64, nil])))
        #expect(table["h"]?.numbers?[0] == -3 && table["h"]?.numbers?[1] == -0x1p127)
        #expect(try await engine.query("SELECT sum(i) AS s FROM range(10) AS t(i)")["s"] == Column("s", .int([45])))
    }

    @Test func `other types come as text`() async throws {
        let table = try await engine.query(
            """
            SELECT [1, 2] AS list, {'a': 1} AS struct, INTERVAL 1 DAY AS span, TIME '12:00:00' AS "the time", '\\xAA'::BLOB AS bytes,
                'b'::ENUM('a', 'b') AS enum, uuid '00000000-0000-0000-0000-000000000001' AS id, 7 AS plain
            """)
        #expect(table["list"]?.texts == ["[1, 2]"] && table["struct"]?.texts == ["{'a': 1}"] && table["span"]?.texts == ["1 day"])
        #expect(table["the time"]?.texts == ["12:00:00"] && table["enum"]?.texts == ["b"] && table["plain"] == Column("plain", .int([7])))
        #expect(table["id"]?.texts == ["00000000-0000-0000-0000-000000000001"] && table["bytes"]?.texts == ["\\xAA"])
    }

    @Test func `many rows come whole and in order`() async throws {
        let table = try await engine.query("SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'value number ' || i END AS t FROM range(10000) AS r(i)")
        #expect(table.rows == 10_000)
        #expect(table["i"] == Column("i", .int((0..<10_000).map { Int64($0) })))
        #expect(table["t"] == Column("t", .text((0..<10_000).map { $0 % 3 == 0 ? nil : "value number \($0)" })))
    }

    @Test func `arguments are bound, never pasted`() async throws {
        let evil = "'); DROP TABLE x; -- \u{0} ü"
        let time = Timestamp(milliseconds: -1)
        let table = try await engine.query(
            "SELECT ? AS t, ? AS i, ? AS d, ? AS b, ? AS n, ?::TIMESTAMP AS at",
            [.text(evil), .int(.min), .double(.infinity), true, .null, .time(time)])
        #expect(table["t"]?.texts == [evil] && table["i"] == Column("i", .int([.min])) && table["d"]?.numbers == [.infinity])
        #expect(table["b"] == Column("b", .bool([true])) && table.value("n").isNull && table["at"] == Column("at", .time([time])))
        let error = await #expect(throws: TernError.self) { try await engine.query("SELECT ? + ?", [1]) }
        #expect(error?.message == "the query has 2 placeholders, and 1 values are given")
    }

    @Test func `an error says what DuckDB says`() async throws {
        let cases = [
            ("SELEC 1", "syntax error", TernError.Code.invalidArgument),
            ("SELECT nope FROM range(3) AS t(i)", "\"nope\" not found", .invalidArgument),
            ("SELECT 'x'::INTEGER", "Could not convert string 'x' to INT32", .invalidArgument),
            ("SELECT * FROM read_parquet('/nowhere/x.parquet')", "/nowhere/x.parquet", .notFound), ("", "No statement", .invalidArgument),
        ]
        for (sql, words, code) in cases {
            let error = await #expect(throws: TernError.self) { try await engine.query(sql) }
            #expect(error?.code == code, "\(sql)")
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a cancelled task interrupts its query`() async throws {
        let task = Task { try await engine.query("SELECT sum(a.i * b.i) AS s FROM range(10000000) AS a(i), range(10000000) AS b(i)") }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        let error = await #expect(throws: TernError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test(.timeLimit(.minutes(1))) func `a query is interrupted whenever the cancellation comes`() async throws {
        for delay in 0..<20 {
            let task = Task { try await engine.query("SELECT sum(a.i * b.i) AS s FROM range(10000000) AS a(i), range(10000000) AS b(i)") }
            try await Task.sleep(for: .microseconds(delay * 150))
            task.cancel()
            let error = await #expect(throws: TernError.self) { _ = try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func `a task cancelled before its query runs nothing`() async throws {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await engine.query("SELECT 1 AS one")
        }
        task.cancel()
        let error = await #expect(throws: TernError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func `many queries run at once`() async throws {
        try await withThrowingTaskGroup(of: Int64?.self) { group in
            for index in 0..<40 {
                group.addTask { try await engine.query("SELECT sum(i) + ? AS s FROM range(1000) AS t(i)", [.int(Int64(index))]).value("s").intValue }
            }
            var answers: Set<Int64> = []
            for try await answer in group { if let answer { answers.insert(answer) } }
            #expect(answers == Set((0..<40).map { Int64(499_500 + $0) }))
        }
    }

    @Test func `a query that needs more memory than it may have fails alone`() async throws {
        let small = TableEngine(configuration: TableConfiguration(memoryLimit: "20MB", threads: 1))
        let error = await #expect(throws: TernError.self) {
            try await small.query("SELECT list(i::VARCHAR || repeat('x', 100)) AS l FROM range(5000000) AS t(i)")
        }
        #expect(error?.code == .resourceExhausted)
        #expect(try await small.query("SELECT 1 AS one").value("one") == 1)
    }

    @Test func `nothing is loaded before the first use, and an absent library says how to get it`() async throws {
        let lost = TableEngine(configuration: TableConfiguration(library: "/nowhere/libduckdb.so"))
        let error = await #expect(throws: TernError.self) { try await lost.query("SELECT 1") }
        #expect(error?.code == .unavailable)
        #expect(error?.hint?.contains("script/setup") == true && error?.hint?.contains("TERN_DUCKDB") == true)
        let other = TableEngine(configuration: TableConfiguration(library: "/lib/x86_64-linux-gnu/libm.so.6"))
        let refused = await #expect(throws: TernError.self) { try await other.version() }
        #expect(refused?.message.contains("so it is not DuckDB") == true)
        #expect(try await engine.version().hasPrefix("v1."))
    }

    @Test func `names and texts are quoted`() async throws {
        #expect(TableEngine.quoted(identifier: "a\"b") == "\"a\"\"b\"")
        #expect(TableEngine.quoted(literal: "it's") == "'it''s'")
        let table = try await engine.query("SELECT \(TableEngine.quoted(literal: "it's")) AS \(TableEngine.quoted(identifier: "a \"b\""))")
        #expect(table["a \"b\""]?.texts == ["it's"])
    }
}
