import Crypto
import Foundation

/// The SHA-256 of some bytes, as 64 lower-case hexadecimal digits: the name under which a blob is stored.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    package let hex: String

    /// Nil unless `hex` is 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        self.hex = hex
    }

    package init(of bytes: some DataProtocol) { self.init(SHA256.hash(data: bytes)) }

    package init(of text: String) { self.init(of: Array(text.utf8)) }

    package init(_ digest: SHA256.Digest) { hex = digest.map { Digest.byte($0) }.joined() }

    private static func byte(_ value: UInt8) -> String {
        let text = String(value, radix: 16)
        return text.utf8.count == 1 ? "0" + text : text
    }

    package var description: String { hex }

    /// The first twelve digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a SHA-256 digest")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

extension Digest {
    /// Hashes a file in pieces of 1 MiB.
    package static func ofFile(at path: String) throws -> (digest: Digest, size: Int64) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("no file at \(path)") }
        defer { try? handle.close() }
        var hasher = SHA256()
        var size: Int64 = 0
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
            hasher.update(data: piece)
            size += Int64(piece.count)
        }
        return (Digest(hasher.finalize()), size)
    }
}
