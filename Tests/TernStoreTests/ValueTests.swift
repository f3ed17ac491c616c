import Foundation
import TernKernel
import TernStore
import TernTestSupport
import Testing

private let values = [
    Migration(
        "2026-11-test-values",
        ["CREATE TABLE stored (id INTEGER PRIMARY KEY, n INTEGER, d DOUBLE PRECISION, t TEXT, b BLOB)"])
]

@Suite struct ValueTests {
    @Test func `values come back as they were, on both databases`() async throws {
        let numbers: [Int64] = [0, 1, -1, .max, .min]
        // Not -0, which SQLite keeps as 0.
        let doubles: [Double] = [0, 0.1, 1.0 / 3, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity, 1e308]
        let texts = ["", "it's", "?", "\"", "\\", "Grüße 👩‍👩‍👧‍👦", String(repeating: "x", count: 100_000), "a\nb\tc\u{1}"]
        let blobs = [Data(), Data([0, 1, 255]), Data(repeating: 7, count: 70_000)]
        try await withDatabase(values) { database async throws in
            let rows: [[SQLValue]] =
                numbers.map { [.int($0), .null, .null, .null] } + doubles.map { [.null, .double($0), .null, .null] }
                + texts.map { [.null, .null, .text($0), .null] } + blobs.map { [.null, .null, .null, .blob($0)] }
            try await database.write { try $0.execute("INSERT INTO stored (n, d, t, b) VALUES (?, ?, ?, ?)", each: rows) }
            let back = try await database.read { try $0.rows("SELECT n, d, t, b FROM stored ORDER BY id") }
            #expect(back.compactMap { $0.optionalInt("n") } == numbers)
            #expect(back.compactMap { $0.optionalDouble("d") }.map(\.bitPattern) == doubles.map(\.bitPattern))
            #expect(back.compactMap { $0.optionalText("t") } == texts)
            #expect(back.compactMap { if case .blob(let data) = $0["b"] { data } else { nil } } == blobs)
            #expect(back.allSatisfy { $0["missing"] == .null })
        }
    }

    @Test func `sums and counts of whole numbers are whole, means are not`() async throws {
        try await withDatabase(values) { database async throws in
            let rows: [[SQLValue]] = [[1_000_000_007], [-10_000], [3]]
            try await database.write { try $0.execute("INSERT INTO stored (n) VALUES (?)", each: rows) }
            let row = try #require(
                try await database.read {
                    try $0.row("SELECT count(*) AS count, sum(n) AS sum, avg(n) AS mean, max(n) AS top, sum(d) AS none, 1 AS one FROM stored")
                })
            #expect(["count", "sum", "top", "one"].map { row.optionalInt($0) } == [3, 999_990_010, 1_000_000_007, 1])
            #expect(abs((row.optionalDouble("mean") ?? 0) - 333_330_003.333_333_3) < 1e-3)
            #expect(row["none"] == .null)
        }
    }

    @Test func `a text with U+0000 is refused before anything is written`() async throws {
        try await withDatabase(values) { database async throws in
            for bad in ["\0", "a\0b"] {
                let error = await #expect(throws: TernError.self) {
                    try await database.write { try $0.execute("INSERT INTO stored (t) VALUES (?)", each: [[.text("fine")], [.text(bad)]]) }
                }
                #expect(error?.code == .invalidArgument)
                await #expect(throws: TernError.self) { try await database.read { try $0.rows("SELECT * FROM stored WHERE t = ?", [.text(bad)]) } }
            }
            #expect(try await database.read { try $0.rows("SELECT id FROM stored") }.isEmpty)
        }
    }

    @Test func `LIKE minds the case, and its escape is an escape`() async throws {
        try await withDatabase(values) { database async throws in
            try await database.write { try $0.execute("INSERT INTO stored (t) VALUES (?)", each: [["Alpha"], ["alpha"], ["50%"], ["500"]]) }
            func found(_ condition: String, _ pattern: String) async throws -> [String] {
                try await database.read {
                    try $0.rows("SELECT t FROM stored WHERE \(condition) ORDER BY t", [.text(pattern)]).map { try $0.text("t") }
                }
            }
            #expect(try await found("t LIKE ? ESCAPE '\\'", "a%") == ["alpha"])
            #expect(try await found("t LIKE ? ESCAPE '\\'", "50\\%") == ["50%"])
            #expect(try await found("lower(t) LIKE lower(?) ESCAPE '\\'", "ALPH_") == ["Alpha", "alpha"])
        }
    }

    @Test func `many rows are written by one call, more than one pipeline holds`() async throws {
        try await withDatabase(values) { database async throws in
            let rows: [[SQLValue]] = (0..<2345).map { [.int($0), .text("row \($0)")] }
            let changed = try await database.write { try $0.execute("INSERT INTO stored (n, t) VALUES (?, ?)", each: rows) }
            #expect(changed == 2345)
            #expect(try await database.read { try $0.row("SELECT sum(n) AS sum FROM stored")?.int("sum") } == 2345 * 2344 / 2)
        }
    }
}
