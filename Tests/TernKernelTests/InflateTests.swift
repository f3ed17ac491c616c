import Foundation
import TernKernel
import Testing

@Suite struct Unpacking {
    /// Packed by Python's gzip and zlib: `hello hello hello hello`, in one fixed block.
    private let gzip = Data(base64Encoded: "H4sIAAAAAAACA8tIzcnJV8hAJwHjUT2NFwAAAA==")
    private let zlib = Data(base64Encoded: "eJzLSM3JyVfIQCcBaAMIsQ==")
    private let text = Array("hello hello hello hello".utf8)

    @Test func `gzip, zlib and bare deflate are unpacked`() throws {
        let zlib = [UInt8](try #require(zlib))
        #expect(try Inflate.gzip([UInt8](try #require(gzip)), limit: 1000) == text)
        #expect(try Inflate.deflate(zlib, limit: 1000) == text)
        #expect(try Inflate.deflate(Array(zlib.dropFirst(2)), limit: 1000) == text)
    }

    @Test func `members follow each other`() throws {
        let one = [UInt8](try #require(gzip))
        #expect(try Inflate.gzip(one + one, limit: 1000) == text + text)
    }

    @Test func `a stored block is taken as it is`() throws {
        #expect(try Inflate.deflate([0x01, 3, 0, 0xFC, 0xFF, 65, 66, 67], limit: 10) == [65, 66, 67])
        #expect(throws: TernError.self) { try Inflate.deflate([0x01, 3, 0, 0xFC, 0xFE, 65, 66, 67], limit: 10) }
    }

    @Test func `what would grow beyond the limit is refused`() throws {
        let packed = [UInt8](try #require(gzip))
        #expect(throws: TernError.self) { try Inflate.gzip(packed, limit: 22) }
        #expect(try Inflate.gzip(packed, limit: 23).count == 23)
    }

    @Test func `what is cut short or changed is refused or differs, and never crashes`() throws {
        let packed = [UInt8](try #require(gzip))
        for length in 0..<packed.count { #expect(throws: TernError.self) { try Inflate.gzip(Array(packed[..<length]), limit: 1000) } }
        for _ in 0..<5000 {
            var bytes = packed
            for _ in 0..<Int.random(in: 1...4) { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255) }
            _ = try? Inflate.gzip(bytes, limit: 10_000)
            _ = try? Inflate.deflate((0..<40).map { _ in UInt8.random(in: 0...255) }, limit: 10_000)
        }
    }
}
