import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernImport

struct FormatTests {
    @Test func `checksums equal the published ones`() {
        // "123456789": the check values of CRC-32/ISO-HDLC and CRC-32C in the catalogue of parametrised CRCs.
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        let sum: UInt32 = 0xE306_9283
        #expect(CRC32.masked(Array("123456789".utf8)) == (sum >> 15 | sum << 17) &+ 0xA282_EAD8)
    }

    @Test func `a record over several blocks is put together again`() async throws {
        let long = "\"" + String(repeating: "x", count: 100_000) + "\""
        let file = WandbSample.log([WandbSample.history(step: 0, ["a": "1"]), WandbSample.history(step: 1, ["text": long, "b": "2"])])
        try await withTemporaryFolder { folder in
            try Data(file).write(to: URL(fileURLWithPath: folder + "/run-x.wandb"))
            let source = try WandbFolder(path: folder)
            let run = try await #require(source.allRuns().first)
            #expect(try await source.allPoints(of: run).mapValues { $0.map(\.value) } == ["a": [1], "b": [2]])
            #expect(source.notes.all["history values that are no numbers"] == 1)
        }
    }

    @Test(arguments: [
        ("NaN", "NaN"), ("-Infinity", "-Infinity"), (#"{"a": [NaN, 1, -Infinity], "b": "NaN"}"#, ""), (#"{"t": "say \"NaN\" {", "n": Infinity}"#, ""),
    ])
    func `JSON with Python's bare numbers is read`(_ text: String, _ whole: String) throws {
        let json = try LenientJSON.parse(text)
        if !whole.isEmpty { #expect(JSON.array([json]).description == "[\"\(whole)\"]") }
        if let list = json["a"] {
            #expect(list[0]?.doubleValue?.isNaN == true && list[2]?.doubleValue == -.infinity)
            #expect(json["b"] == "NaN")
        }
        if let said = json["t"] { #expect(said == "say \"NaN\" {" && json["n"]?.doubleValue == .infinity) }
    }

    @Test(arguments: [("a b/c.d", "a b/c.d"), ("x(y)", "x_y_"), ("../../etc", "_/_/etc"), ("/abs", "abs"), ("", "_"), (".", "_"), ("ü", "ü")])
    func `foreign names become names that are allowed`(_ name: String, _ expected: String) { #expect(Flat.name(name) == expected) }

    @Test(arguments: ["loss", "a,b", "say \"x\"", "line\nbreak", ""])
    func `a key in a CSV line reads back`(_ key: String) throws {
        let (read, rest) = try #require(CSVText.key(CSVText.quote(key) + ",1,2,3.5"))
        #expect(read == key && rest == "1,2,3.5")
    }

    @Test func `a tally depends on every field and not on the order`() {
        func tally(_ points: [(String, Int64, Int64, Double)]) -> PointTally {
            var tally = PointTally()
            for (key, time, step, value) in points { tally.add(PointTally.hash(key), timestamp: time, step: step, value: value) }
            return tally
        }
        let base: [(String, Int64, Int64, Double)] = [("a", 1, 2, 3), ("b", 4, 5, .nan)]
        #expect(tally(base) == tally(base.reversed()))
        let changed: [(String, Int64, Int64, Double)] = [("c", 1, 2, 3), ("a", 2, 1, 3), ("a", 1, 3, 3), ("a", 1, 2, 4)]
        for other in changed { #expect(tally([other, base[1]]) != tally(base)) }
        #expect(tally([("a", 1, 1, 0)]) != tally([("a", 1, 1, .nan)]))
        #expect(tally([("a", 1, 1, -0.0), ("a", 1, 1, .infinity)]) == tally([("a", 1, 1, 0), ("a", 1, 1, .greatestFiniteMagnitude)]))
    }

    @Test func `artifact addresses lead to folders and never out of the proxy's`() {
        let place = MLflowArtifactPlace(proxied: "/srv/files")
        #expect(place.folder("mlflow-artifacts:/1/r/artifacts") == "/srv/files/1/r/artifacts")
        #expect(place.folder("mlflow-artifacts://host:5000/1/r") == "/srv/files/1/r")
        #expect(place.folder("mlflow-artifacts:/../../etc") == nil)
        #expect(place.folder("file:///a/b%20c") == "/a/b c")
        #expect(place.remote("s3://bucket/x") == "s3://bucket/x" && place.remote("/x") == nil && place.remote("file:///x") == nil)
    }
}
