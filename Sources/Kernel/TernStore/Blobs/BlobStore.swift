import Foundation
import TernKernel

/// Content-addressed files: each is stored once, under the SHA-256 of its bytes, and never changes.
package struct BlobStore: Sendable {
    package let folder: String

    /// - Parameter folder: made when missing.
    package init(folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder + "/incoming", withIntermediateDirectories: true)
    }

    /// Where the blob lies; the file may not exist.
    package func path(of digest: Digest) -> String { "\(folder)/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))" }

    package func contains(_ digest: Digest) -> Bool { FileManager.default.fileExists(atPath: path(of: digest)) }

    /// Stores bytes; visible, whole and synced when this returns.
    @discardableResult
    package func put(_ bytes: Data) throws -> Digest {
        let digest = Digest(of: bytes)
        if contains(digest) { return digest }
        let incoming = "\(folder)/incoming/\(Identifier.random())"
        try DurableFile.write(bytes, to: incoming)
        try settle(incoming, as: digest)
        return digest
    }

    /// Stores a copy of a file (a clone where the file system can).
    package func put(fileAt source: String) throws -> (digest: Digest, size: Int64) {
        let incoming = "\(folder)/incoming/\(Identifier.random())"
        do {
            try FileManager.default.copyItem(atPath: source, toPath: incoming)
            // Hash the copy, not the source, which may change under our hands.
            let (digest, size) = try Digest.ofFile(at: incoming)
            if contains(digest) {
                try FileManager.default.removeItem(atPath: incoming)
            } else {
                try DurableFile.sync(incoming)
                try settle(incoming, as: digest)
            }
            return (digest, size)
        } catch {
            try? FileManager.default.removeItem(atPath: incoming)
            throw DurableFile.describe(error, "cannot store \(source)")
        }
    }

    /// - Throws: `not_found`.
    package func read(_ digest: Digest) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path(of: digest)) else { throw TernError.notFound("no blob \(digest)") }
        return data
    }

    private func settle(_ incoming: String, as digest: Digest) throws {
        let target = path(of: digest)
        try FileManager.default.createDirectory(atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try DurableFile.rename(incoming, to: target)
    }
}
