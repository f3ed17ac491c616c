import Foundation
import NIOCore
import TernKernel
import Testing

@testable import TernStore

@Suite struct ObjectsAnswerTests {
    private let listing = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- a page --><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>
        <NextContinuationToken>1/+=&amp;</NextContinuationToken>
        <Contents><Key>a &lt;&quot;&#x1F986;&#233;.txt</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;fba9&quot;</ETag>
        <Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>
        <Contents><Key><![CDATA[x&y]]></Key><ETag/><Size>0</Size></Contents>
        <CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes></ListBucketResult>
        """

    @Test func `a listing is read, entities and all`() throws {
        let page = try S3Listing(parsing: listing.utf8)
        #expect(page.next == "1/+=&")
        #expect(page.prefixes == ["photos/"])
        #expect(page.entries.map(\.key) == ["a <\"🦆é.txt", "x&y"])
        #expect(page.entries[0].size == 434_234 && page.entries[0].tag == "fba9")
        #expect(page.entries[0].modified == Timestamp("2009-10-12T17:50:30Z"))
    }

    @Test func `unfinished uploads are read with the place where the list goes on`() throws {
        let page = try S3Uploads(
            parsing: """
                <ListMultipartUploadsResult><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>i</NextUploadIdMarker><IsTruncated>true</IsTruncated>
                <Upload><Key>a</Key><UploadId>u</UploadId><Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload></ListMultipartUploadsResult>
                """.utf8)
        #expect(page.uploads == [.init(key: "a", id: "u", initiated: try #require(Timestamp("2010-11-10T20:48:33Z")))])
        #expect(page.next?.key == "k" && page.next?.id == "i")
    }

    @Test(arguments: [
        "", "<", "<a", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", "<a>&#xD800;</a>", "<a x></a>", "<a x=1/>", "hello", "{}", "<a><!-- </a>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><![CDATA[</a>", "<a>&#99999999999;</a>", "<></>", "<?xml", "<a>&amp</a>",
    ])
    func `what is not whole XML is refused`(text: String) {
        let error = #expect(throws: TernError.self) { try XMLElement(parsing: text.utf8) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `a bottomless document is refused`() {
        let text = String(repeating: "<a>", count: 100_000)
        #expect(throws: TernError.self) { try XMLElement(parsing: text.utf8) }
    }

    @Test func `damaged answers are read or refused, never worse`() {
        var random = Seeded(state: 7)
        let whole = Array(listing.utf8)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do {
                let page = try S3Listing(parsing: bytes)
                #expect(page.entries.count <= 2)
            } catch {
                #expect((error as? TernError)?.code == .invalidArgument)
            }
        }
    }

    @Test func `what is sent is XML that says the same`() throws {
        let keys = ["a&b<c>\"d\".txt", "é 🦆", "tab\tline\n"]
        #expect(try XMLElement(parsing: S3Documents.delete(keys).utf8).all("Object").map { $0["Key"] } == keys)
        let parts = try XMLElement(parsing: S3Documents.complete([ObjectPart(number: 1, tag: "x\"&")]).utf8)
        #expect(parts.first("Part")?["ETag"] == "\"x\"&\"" && parts.first("Part")?["PartNumber"] == "1")
    }

    @Test func `dates of headers are read`() {
        #expect(HTTPDate.parse("Fri, 24 May 2013 00:00:09 GMT") == Timestamp("2013-05-24T00:00:09Z"))
        for bad in ["", "Fri, 24 May 2013", "Fri, 99 May 2013 00:00:00 GMT", "Fri, 24 Foo 2013 00:00:00 GMT", "Fri, 24 May 2013 25:00:00 GMT"] {
            #expect(HTTPDate.parse(bad) == nil)
        }
    }

    @Test(arguments: [0, 1, 9, 10, 11, 20, 21, 35]) func `a stream is cut into parts of one size`(count: Int) async throws {
        let bytes = Data((0..<count).map { UInt8($0) })
        for step in [1, 3, 10, 25] {
            let pieces = stride(from: 0, to: count, by: step).map { ByteBuffer(bytes: bytes[$0..<min(count, $0 + step)]) }
            let stream = AsyncStream<ByteBuffer> { continuation in
                for piece in pieces { continuation.yield(piece) }
                continuation.finish()
            }
            var reader = PartReader(ObjectBytes(stream), ObjectExpectation(size: Int64(count), sha256: Digest(of: bytes)), size: 10)
            var parts: [Int] = []
            var all = Data()
            while true {
                let part = try await reader.next()
                parts.append(part.bytes.readableBytes)
                all.append(contentsOf: part.bytes.readableBytesView)
                if part.isLast { break }
            }
            #expect(all == bytes)
            #expect(parts.dropLast().allSatisfy { $0 == 10 } && parts.count == max(1, (count + 9) / 10))
            try reader.check.finish("it")
        }
    }
}

/// A small generator whose numbers are the same each time (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
