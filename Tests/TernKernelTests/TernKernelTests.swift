import Foundation
import TernKernel
import Testing

@Suite struct TimestampText {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1996-05-07T00:00:00+10:00", 831_391_200_000), ("2026-11-21T05:20:00.123Z", 1_795_238_400_123),
            ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29", 951_782_400_000), ("2024-06-01 12:30", 1_717_245_000_000),
        ] as [(String, Int64)])
    func `ISO 8601 is read with its offset`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "yesterday", "1996-13-01", "1996-05-07T25:00:00Z", "1996-05-07T00:00:00+1", "1996-5-7", "1996-05-07T00:00:00Zx"])
    func `what is not a time is refused`(text: String) { #expect(Timestamp(text) == nil) }

    @Test func `every written time reads back as itself`() {
        for _ in 0..<2000 {
            let time = Timestamp(milliseconds: Int64.random(in: -60_000_000_000_000...250_000_000_000_000))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func `windows start at multiples of their length, also before the epoch`() {
        #expect(Timestamp(milliseconds: -1).floor(to: .days(1)).milliseconds == -86_400_000)
        #expect(Timestamp(milliseconds: 86_400_001).floor(to: .days(1)).milliseconds == 86_400_000)
    }

    @Test func `sums at the edge saturate instead of trapping`() {
        #expect(Timestamp(milliseconds: .max) + .days(1) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min) - .days(1) == Timestamp(milliseconds: .min))
    }
}

@Suite struct PeriodText {
    @Test(
        arguments: [("250ms", 250), ("30s", 30_000), ("1.5h", 5_400_000), ("1d12h", 129_600_000), ("2w", 1_209_600_000), ("0s", 0)]
            as [(String, Int64)])
    func `periods are read as people write them`(text: String, milliseconds: Int64) { #expect(Period(text)?.milliseconds == milliseconds) }

    @Test(arguments: ["", "10", "m", "-5m", "5 parsecs", "1e99d", "99999999999999999999d", "nanm"])
    func `what is not a period is refused`(text: String) { #expect(Period(text) == nil) }

    @Test(arguments: ["1d12h", "90d", "250ms", "10m"])
    func `a period reads back as it was written`(text: String) { #expect(Period(text)?.description == text) }
}

@Suite struct JSONText {
    @Test func `a document survives reading and writing`() throws {
        let text = #"{"a":[1,-2.5,true,null,"q\"uote\n","\u0001é"],"b":{"big":9007199254740993}}"#
        let value = try JSON(parsing: text)
        #expect(value["a"]?[4] == "q\"uote\n")
        #expect(value["b"]?["big"]?.intValue == 9_007_199_254_740_993)
        #expect(try JSON(parsing: value.description) == value)
        #expect(try JSON(parsing: value.pretty) == value)
    }

    @Test func `equal values are equal bytes, whatever the order of keys`() throws {
        #expect(try JSON(parsing: #"{"b":1,"a":2}"#).description == #"{"a":2,"b":1}"#)
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\":}", "nul", "NaN", "\"\u{FFFF}", "[1 2]", "{\"a\" 1}"])
    func `what is not JSON is refused`(text: String) { #expect(throws: TernError.self) { try JSON(parsing: text) } }

    @Test func `very deep nesting is refused, not followed`() {
        #expect(throws: TernError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    }

    @Test func `random bytes never crash the parser`() {
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: .min ... .max) }
            _ = try? JSON(parsing: bytes)
        }
    }

    @Test func `numbers that JSON lacks are written as text`() {
        #expect(JSON.array([.double(.nan), .double(.infinity), .double(-.infinity)]).description == #"["NaN","Infinity","-Infinity"]"#)
    }

    @Test func `a missing field is named with its place`() {
        struct Inner: Decodable { var name: String }
        struct Outer: Decodable { var items: [Inner] }
        #expect(throws: TernError.self) { try JSON(parsing: #"{"items":[{}]}"#).decode(Outer.self) }
        do {
            _ = try JSON(parsing: #"{"items":[{}]}"#).decode(Outer.self)
        } catch {
            #expect("\(error)" == "missing field 'name' in 'items.[0]'")
        }
    }
}

@Suite struct Identities {
    @Test func `a role includes the ones before it`() throws {
        try Identity(name: "a", role: .admin).require(.approver, to: "approve")
        #expect(throws: TernError.self) { try Identity(name: "a", role: .editor).require(.approver, to: "approve") }
    }
}

@Suite struct Digests {
    @Test func `the digest of a file is that of its bytes`() throws {
        let path = NSTemporaryDirectory() + "tern-digest-" + Identifier.random()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) })
        try bytes.write(to: URL(fileURLWithPath: path))
        let (digest, size) = try Digest.ofFile(at: path)
        #expect(size == 3_000_000)
        #expect(digest == Digest(of: bytes))
        #expect(Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
