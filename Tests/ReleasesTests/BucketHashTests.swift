import Foundation
import TernKernel
import Testing

@testable import Releases

@Suite struct BucketHashTests {
    private func golden() throws -> [JSON] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/bucket_hash.json"))
        return try #require(try JSON(parsing: data)["cases"]?.arrayValue)
    }

    @Test func `the golden vectors of version 2 are met exactly`() throws {
        let cases = try golden().filter { $0["version"]?.intValue == 2 }
        #expect(cases.count >= 8)
        for vector in cases {
            let seed = try #require(vector["seed"]?.stringValue)
            let value = try #require(vector["value"]?.stringValue)
            #expect(BucketHash.bucket(seed: seed, key: value) == vector["hash"]?.doubleValue)
        }
    }

    @Test func `version 1 of the golden vectors confirms the hash below`() throws {
        for vector in try golden() where vector["version"]?.intValue == 1 {
            let seed = try #require(vector["seed"]?.stringValue)
            let value = try #require(vector["value"]?.stringValue)
            #expect(Double(BucketHash.fnv1a((value + seed).utf8) % 1000) / 1000 == vector["hash"]?.doubleValue)
        }
    }

    @Test func `buckets of consecutive numbers are spread evenly`() {
        var counts = [Int](repeating: 0, count: 10)
        for key in 1...10_000 { counts[Int(BucketHash.bucket(seed: "price-r2", key: String(key)) * 10)] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) }, "\(counts)")
    }

    @Test func `another release puts keys elsewhere`() {
        let moved = (1...1000).count { key in
            BucketHash.bucket(seed: "price-r2", key: String(key)) != BucketHash.bucket(seed: "price-r3", key: String(key))
        }
        #expect(moved > 990)
    }
}
