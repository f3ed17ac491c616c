import Foundation
import TernKernel

/// What a key may be: a relative path that leads nowhere else.
package enum ObjectKey {
    /// S3 allows 1024 bytes of UTF-8 for prefix and key together; this leaves room for a prefix. Local file systems allow 255 a name.
    package static let limit = 900

    /// The path without empty parts and `.`; `""` for the top.
    ///
    /// - Throws: `invalid_argument` for `..` (also when it is encoded, once or more), absolute paths, backslashes, U+0000, and what is too long.
    package static func clean(_ path: String) throws -> String {
        var decoded = path
        for _ in 0..<10 {
            guard let next = decoded.removingPercentEncoding, next != decoded else { break }
            decoded = next
        }
        for text in [path, decoded] {
            let parts = text.split(separator: "/", omittingEmptySubsequences: true)
            guard !text.hasPrefix("/"), !parts.contains(".."), !text.utf8.contains(0), !text.utf8.contains(UInt8(ascii: "\\")) else {
                throw TernError.invalid("Invalid path")
            }
        }
        let clean = path.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }.joined(separator: "/")
        guard clean.utf8.count <= limit else {
            throw TernError.invalid("Invalid path: it has \(clean.utf8.count) bytes, and \(limit) is the most")
        }
        return clean
    }
}

func tooLarge(_ limit: Int) -> TernError { TernError(.tooLarge, "the object is larger than \(limit) bytes") }
