import Foundation
import NIOCore
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Content-addressed files: each is stored once, under the SHA-256 of its bytes, and never changes. They lie on a local disk, or on an S3 server
/// with copies of those in use in a local cache.
package struct BlobStore: Sendable {
    private enum Kind {
        case disk(DiskObjects)
        case remote(any ObjectStore, BlobCache)
    }

    private let kind: Kind

    /// On this machine's disk.
    ///
    /// - Parameter folder: made when missing.
    package init(folder: String) throws { kind = .disk(try DiskObjects(folder: folder, incoming: "incoming")) }

    /// Elsewhere.
    ///
    /// - Parameter cache: where copies lie while they are in use.
    package init(_ objects: any ObjectStore, cache: BlobCache) { kind = .remote(objects, cache) }

    package var objects: any ObjectStore {
        switch kind {
        case .disk(let objects): objects
        case .remote(let objects, _): objects
        }
    }

    /// Whether the blobs lie on another machine, so that whatever shows them here is a copy.
    package var isElsewhere: Bool { if case .remote = kind { true } else { false } }

    /// Where the blobs lie, for people.
    package var place: String { objects.place }

    private func key(_ digest: Digest) -> String { "\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))" }

    package func contains(_ digest: Digest) async throws -> Bool { try await objects.head(key(digest)) != nil }

    /// Stores bytes; visible, whole and durable when this returns.
    @discardableResult
    package func put(_ bytes: Data) async throws -> Digest {
        let digest = Digest(of: bytes)
        if try await keepIfHeld(digest) { return digest }
        try await objects.put(key(digest), ObjectBytes(bytes), expecting: ObjectExpectation(size: Int64(bytes.count), sha256: digest))
        return digest
    }

    /// Stores a copy of a file (a clone where the file system can).
    @discardableResult
    package func put(fileAt source: String) async throws -> (digest: Digest, size: Int64) {
        let staged = newIncoming()
        do {
            // Hash the copy, not the source, which may change under our hands.
            let (digest, size) = try await DiskWork.run {
                try FileManager.default.copyItem(atPath: source, toPath: staged)
                return try Digest.ofFile(at: staged)
            }
            let isHeld = try await keepIfHeld(digest)
            switch kind {
            case .disk(let objects):
                if isHeld { unlink(staged) } else { try await DiskWork.run { [key = key(digest)] in try objects.keep(staged, as: key) } }
            case .remote(let objects, let cache):
                let expected = ObjectExpectation(size: size, sha256: digest)
                if !isHeld { try await objects.put(key(digest), ObjectBytes(fileAt: staged), expecting: expected) }
                // What was just made is often wanted next: a model is loaded, an output becomes an input.
                try await cache.keep(staged, as: digest, size: size)
            }
            return (digest, size)
        } catch {
            unlink(staged)
            throw DurableFile.describe(error, "cannot store \(source)")
        }
    }

    private func newIncoming() -> String {
        switch kind {
        case .disk(let objects): objects.newIncoming()
        case .remote(_, let cache): cache.newIncoming()
        }
    }

    /// Whether the blob is here already. Then it is made young again: it may have been on its way to be collected.
    private func keepIfHeld(_ digest: Digest) async throws -> Bool {
        guard let facts = try await objects.head(key(digest)) else { return false }
        if Timestamp(Date()) - facts.modified < BlobStore.youth { return true }
        do {
            try await objects.refresh(key(digest))
            return true
        } catch let error as TernError where error.code == .notFound {
            return false
        }
    }

    /// - Throws: `not_found`.
    package func read(_ digest: Digest, upTo limit: Int = 1 << 30) async throws -> Data {
        do {
            return Data(try await objects.get(key(digest)).collect(upTo: limit).readableBytesView)
        } catch let error as TernError where error.code == .notFound {
            throw missing(digest)
        }
    }

    /// A file of this machine with the blob's bytes: the blob itself, or a copy that was checked against the digest. It must not be written to,
    /// and may be removed once it has not been asked for in an hour.
    ///
    /// - Throws: `not_found`; `data_loss` when the bytes that are stored are not the blob's.
    package func localFile(of digest: Digest) async throws -> String {
        switch kind {
        case .disk(let objects):
            guard try await objects.head(key(digest)) != nil, let path = objects.localPath(key(digest)) else { throw missing(digest) }
            return path
        case .remote(let objects, let cache):
            do {
                return try await cache.file(digest) { [key = key(digest)] in try await objects.get(key) }
            } catch let error as TernError where error.code == .notFound {
                throw missing(digest)
            }
        }
    }

    private func missing(_ digest: Digest) -> TernError { .notFound("no blob \(digest) in \(place)") }

    // MARK: Housekeeping

    /// Blobs younger than this are not refreshed when they are put again; grace periods of `collect` are longer.
    private static let youth: Period = .hours(1)

    /// Every blob there is.
    package func allDigests() async throws -> Set<Digest> {
        var found: Set<Digest> = []
        try await eachBlob { digest, _ in found.insert(digest) }
        return found
    }

    package struct Collected: Hashable, Sendable, Codable {
        /// Blobs removed.
        package var blobs = 0
        package var bytes: Int64 = 0
        /// Blobs that stay: held by somebody, or too young to tell.
        package var kept = 0
    }

    /// Removes the blobs that nobody holds.
    ///
    /// - Parameter held: the digests that datasets, models, steps and everybody else still name.
    /// - Parameter grace: blobs stored, or stored again, within this time stay: who stores a blob names it a little later. At least two hours.
    /// - Parameter dry: counts only.
    package func collect(keeping held: Set<Digest>, grace: Period = .days(1), dry: Bool = false) async throws -> Collected {
        guard grace >= .hours(2) else {
            throw TernError.invalid("a grace period of \(grace) could remove blobs that are being registered", hint: "give at least 2h")
        }
        let oldest = Timestamp(Date()) - grace
        var collected = Collected()
        var doomed: [(Digest, Int64)] = []
        try await eachBlob { digest, facts in
            if held.contains(digest) || facts.modified > oldest { collected.kept += 1 } else { doomed.append((digest, facts.size)) }
        }
        for (digest, size) in doomed {
            // It may have been stored again since the listing.
            if !dry, let facts = try await objects.head(key(digest)) {
                guard facts.modified <= oldest else {
                    collected.kept += 1
                    continue
                }
                try await objects.delete(key(digest))
                if case .remote(_, let cache) = kind { await cache.forget(digest) }
            }
            collected.blobs += 1
            collected.bytes += size
        }
        return collected
    }

    private func eachBlob(_ body: (Digest, ObjectFacts) -> Void) async throws {
        var next: String?
        repeat {
            let page = try await objects.list("", everything: true, after: next)
            for facts in page.objects {
                if let digest = Digest(hex: facts.key.filter { $0 != "/" }), facts.key == key(digest) { body(digest, facts) }
            }
            next = page.next
        } while next != nil
    }

    /// Removes what interrupted uploads left behind, when it is older than this.
    package func sweep(olderThan age: Period = .days(1)) async throws { try await objects.sweep(olderThan: age) }
}
