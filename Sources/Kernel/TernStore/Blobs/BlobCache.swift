import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Copies of blobs that lie elsewhere. Each was checked against its digest; those unused for longest go when there are too many bytes, but none
/// that was asked for within the last hour, so that the limit may be passed for a while.
package actor BlobCache {
    package nonisolated let folder: String
    private let limit: Int64
    private let clock: WallClock
    private static let inUse: Period = .hours(1)

    private struct Copy {
        var size: Int64
        var used: Timestamp
    }

    private var copies: [Digest: Copy] = [:]
    private var fetching: [Digest: Task<String, any Error>] = [:]

    /// - Parameter folder: made when missing; what is in it from before is used again.
    /// - Parameter limit: bytes.
    package init(folder: String, limit: Int64, clock: WallClock = .system) throws {
        self.folder = folder
        self.limit = limit
        self.clock = clock
        do {
            try? FileManager.default.removeItem(atPath: folder + "/incoming")
            try FileManager.default.createDirectory(atPath: folder + "/incoming", withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make the cache of blobs \(folder)")
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            var status = stat()
            if let digest = Digest(hex: name), stat(folder + "/" + name, &status) == 0 {
                copies[digest] = Copy(size: Int64(status.st_size), used: Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000))
            }
        }
    }

    package nonisolated func newIncoming() -> String { "\(folder)/incoming/\(Identifier.random())" }

    private func path(_ digest: Digest) -> String { "\(folder)/\(digest.hex)" }

    /// The copy of a blob, fetched if it is not here; who asks for the same at once waits for the same.
    ///
    /// - Throws: `data_loss` when the bytes that come are not the blob's.
    func file(_ digest: Digest, fetch: @escaping @Sendable () async throws -> ObjectBytes) async throws -> String {
        let path = path(digest)
        if copies[digest] != nil {
            if access(path, R_OK) == 0 {
                touch(digest)
                return path
            }
            copies[digest] = nil
        }
        if let task = fetching[digest] { return try await task.value }
        let partial = newIncoming()
        let task = Task {
            do {
                let size = try await BlobCache.write(fetch(), to: partial, as: digest)
                try keep(partial, as: digest, size: size)
                return path
            } catch {
                unlink(partial)
                throw error
            }
        }
        fetching[digest] = task
        defer { fetching[digest] = nil }
        return try await task.value
    }

    private static func write(_ bytes: ObjectBytes, to partial: String, as digest: Digest) async throws -> Int64 {
        var check = ByteCheck(ObjectExpectation(sha256: digest))
        let file = try OpenFile(partial, O_WRONLY | O_CREAT | O_TRUNC)
        for try await piece in bytes {
            check.update(piece)
            try file.write(piece)
        }
        do {
            try check.finish("blob \(digest.short)")
        } catch {
            throw TernError(
                .dataLoss, "the stored bytes of blob \(digest) are not its own: they were changed where they lie",
                hint: "restore the blob from a backup", cause: error)
        }
        return check.size
    }

    /// Takes over a file that holds the blob's bytes.
    func keep(_ staged: String, as digest: Digest, size: Int64) throws {
        guard rename(staged, path(digest)) == 0 else { throw DurableFile.failure("cannot keep a copy of blob \(digest.short)") }
        copies[digest] = Copy(size: size, used: clock.now())
        trim()
    }

    func forget(_ digest: Digest) {
        copies[digest] = nil
        unlink(path(digest))
    }

    private func touch(_ digest: Digest) {
        copies[digest]?.used = clock.now()
        utimes(path(digest), nil)
    }

    /// The bytes that are held.
    package var size: Int64 { copies.values.reduce(0) { $0 + $1.size } }

    private func trim() {
        var held = size
        guard held > limit else { return }
        let oldest = clock.now() - BlobCache.inUse
        for (digest, copy) in copies.sorted(by: { $0.value.used < $1.value.used }) where copy.used < oldest {
            forget(digest)
            held -= copy.size
            if held <= limit { return }
        }
    }
}
