import Foundation
import TernJobs
import TernKernel
import Testing

@Suite struct CronTests {
    struct GoldenFile: Decodable {
        var cases: [GoldenCase]
    }

    struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
        var cron: String
        var tz: String?
        var afterUtc: String?
        var nextUtc: [String]?
        var validity: String?
        var testDescription: String { "\(cron) \(tz ?? "")" }
    }

    static let golden: [GoldenCase] = {
        let path = (#filePath as NSString).deletingLastPathComponent + "/Fixtures/cron.json"
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = FileManager.default.contents(atPath: path), let file = try? decoder.decode(GoldenFile.self, from: data) else { return [] }
        return file.cases
    }()

    @Test func `the golden file is there`() { #expect(CronTests.golden.count == 68) }

    @Test(arguments: CronTests.golden.filter { $0.validity == nil })
    func `times are those of Debian's cron`(golden: GoldenCase) throws {
        let cron = try Cron(golden.cron)
        let zone = try #require(TimeZone(identifier: golden.tz ?? ""))
        var time = try #require(Timestamp(golden.afterUtc ?? ""))
        for expected in golden.nextUtc ?? [] {
            time = try #require(cron.next(after: time, in: zone))
            #expect(time == Timestamp(expected))
        }
    }

    @Test(arguments: CronTests.golden.filter { $0.validity == "invalid" })
    func `bad expressions are refused`(golden: GoldenCase) {
        #expect(throws: TernError.self) { try Cron(golden.cron) }
    }

    @Test(arguments: [
        ("61 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day-of-month"), ("* * * FOO *", "month"), ("* * * * 8", "day-of-week"),
        ("*/0 * * * *", "minute"), ("1,,2 * * * *", "minute"), ("0 0 31 2 *", "day-of-month"), ("0 0 * * MON#6", "day-of-week"),
    ])
    func `the error names the field`(text: String, field: String) throws {
        let error = try #require(throws: TernError.self) { try Cron(text) }
        #expect(error.message.contains(field))
        #expect(error.details["field"] == .string(field))
    }

    @Test func `short forms and names are read in any case`() throws {
        let monday = try #require(Timestamp("2026-06-01T00:00:00Z"))
        #expect(try Cron("@daily").next(after: monday) == Timestamp("2026-06-02T00:00:00Z"))
        #expect(try Cron("@weekly").next(after: monday) == Timestamp("2026-06-07T00:00:00Z"))
        #expect(try Cron("30 6 * jul Wed").next(after: monday) == Timestamp("2026-07-01T06:30:00Z"))
        #expect(throws: TernError.self) { try Cron("@fortnightly") }
    }

    @Test func `two runs in the gap of spring become one`() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        let cron = try Cron("5,35 2 * * *")
        let night = try #require(Timestamp("2026-03-08T06:00:00Z"))
        let first = try #require(cron.next(after: night, in: zone))
        #expect(first == Timestamp("2026-03-08T07:00:00Z"))
        #expect(cron.next(after: first, in: zone) == Timestamp("2026-03-09T06:05:00Z"))
    }

    @Test func `a fixed job does not run again in the repeated hour`() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        // 06:10Z is 01:10 for the second time.
        let second = try #require(Timestamp("2026-11-01T06:10:00Z"))
        #expect(try Cron("30 1 * * *").next(after: second, in: zone) == Timestamp("2026-11-02T06:30:00Z"))
    }

    @Test func `a day that no month has is refused, unless a weekday can stand for it`() throws {
        #expect(try Cron("0 0 30 2 MON").next(after: Timestamp(milliseconds: 0)) == Timestamp("1970-02-02T00:00:00Z"))
        #expect(throws: TernError.self) { try Cron("0 0 30 2 *") }
    }
}
