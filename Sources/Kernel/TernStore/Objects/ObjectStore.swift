import NIOCore
import TernKernel

/// Named bytes, kept whole: an object is there with all its bytes, or it is not there. Keys are paths such as `artifacts/3/RUN/model/MLmodel`;
/// what ends in `/` names a folder. Two kinds: `DiskObjects` on a local disk, `S3Objects` on any server that speaks S3.
package protocol ObjectStore: Sendable {
    /// Where the objects lie, for people: `/data/tern/artifacts`, `s3://bucket/prefix/artifacts`.
    var place: String { get }

    /// Stores a stream; the object is there, whole, verified and durable when this returns, and what was there before is untouched when it
    /// throws.
    ///
    /// - Throws: `invalid_argument` when the bytes are not the ones that were expected, `data_loss` when the store did not keep them right.
    @discardableResult
    func put(_ key: String, _ bytes: ObjectBytes, expecting: ObjectExpectation) async throws -> ObjectFacts

    /// Nil when there is no such object; a folder is none.
    func head(_ key: String) async throws -> ObjectFacts?

    /// The object's bytes, or a part of them.
    ///
    /// - Parameter range: within the object's size.
    /// - Parameter tag: the version that is meant; another one is a `conflict`. Nil takes what is there.
    /// - Throws: `not_found`, here or when the first piece is read.
    func get(_ key: String, range: Range<Int64>?, matching tag: String?) async throws -> ObjectBytes

    /// What lies below a folder, in pages.
    ///
    /// - Parameter folder: `""`, or a path without a slash at its end.
    /// - Parameter everything: folders opened, all the way down; else only what lies directly in it.
    /// - Parameter next: where an earlier page ended.
    func list(_ folder: String, everything: Bool, after next: String?) async throws -> ObjectPage

    /// What is not there is no error.
    func delete(_ key: String) async throws

    /// Deletes all objects below a folder; a folder that is not there is no error.
    func deleteAll(below folder: String) async throws

    /// - Throws: `not_found`.
    func copy(_ source: String, to target: String) async throws

    /// Makes an object as new as one that was stored just now, so that what cleans up old ones leaves it alone.
    ///
    /// - Throws: `not_found`.
    func refresh(_ key: String) async throws

    /// The path of an object on this machine, for stores that keep plain files; the file may not exist.
    func localPath(_ key: String) -> String?

    /// A link by which whoever has it may do one thing, until it expires.
    func link(_ purpose: ObjectLink.Purpose, _ key: String, expires: Period) throws -> ObjectLink

    // MARK: Uploads in parts

    /// Begins an upload whose parts may come in any order and at once; nothing is visible until it is completed.
    func beginUpload(_ key: String) async throws -> String

    /// Parts are numbered from 1 to 10 000; a part sent again replaces the first.
    func uploadPart(_ key: String, _ upload: String, _ number: Int, _ bytes: ObjectBytes, expecting: ObjectExpectation) async throws -> ObjectPart

    /// - Throws: `invalid_argument` when a part is not there as named, `not_found` when the upload is not known (any more).
    @discardableResult
    func completeUpload(_ key: String, _ upload: String, _ parts: [ObjectPart]) async throws -> ObjectFacts

    /// An upload that is not known is no error.
    func abortUpload(_ key: String, _ upload: String) async throws

    // MARK: Housekeeping

    /// Says what is wrong, if anything, before the store is used: unreachable, refused, not there.
    func check() async throws

    /// Removes what interrupted uploads left behind, when it is older than this.
    func sweep(olderThan age: Period) async throws
}

extension ObjectStore {
    @discardableResult
    package func put(_ key: String, _ bytes: ObjectBytes) async throws -> ObjectFacts {
        try await put(key, bytes, expecting: ObjectExpectation())
    }

    package func get(_ key: String) async throws -> ObjectBytes { try await get(key, range: nil, matching: nil) }
}

/// What is known of an object without its bytes.
package struct ObjectFacts: Hashable, Sendable {
    package var key: String
    package var size: Int64
    package var modified: Timestamp
    /// Changes whenever the bytes do; without quotes.
    package var tag: String

    package init(key: String, size: Int64, modified: Timestamp, tag: String) {
        self.key = key
        self.size = size
        self.modified = modified
        self.tag = tag
    }
}

package struct ObjectPage: Hashable, Sendable {
    package var objects: [ObjectFacts]
    /// Whole keys of the folders, without a slash at their end; empty when everything was asked for.
    package var folders: [String]
    /// Where the next page begins; nil after the last.
    package var next: String?

    package init(objects: [ObjectFacts] = [], folders: [String] = [], next: String? = nil) {
        self.objects = objects
        self.folders = folders
        self.next = next
    }
}

/// A part of an upload, as the store confirmed it.
package struct ObjectPart: Hashable, Sendable {
    package var number: Int
    package var tag: String

    package init(number: Int, tag: String) {
        self.number = number
        self.tag = tag
    }
}

/// What the bytes must turn out to be; what is nil is not checked.
package struct ObjectExpectation: Sendable {
    package var size: Int64?
    package var sha256: Digest?
    /// 16 bytes, as in `Content-MD5`.
    package var md5: [UInt8]?

    package init(size: Int64? = nil, sha256: Digest? = nil, md5: [UInt8]? = nil) {
        self.size = size
        self.sha256 = sha256
        self.md5 = md5
    }
}

/// Permission to do one thing with one object, for a while, without any other login.
package enum ObjectLink: Hashable, Sendable {
    package enum Purpose: Hashable, Sendable {
        /// - Parameter disposition: the answer's `Content-Disposition`, which names the file for whoever saves it.
        case download(disposition: String, type: String)
        case upload
        case part(upload: String, number: Int)
    }

    /// A whole address: the bytes do not pass this server.
    case address(String)
    /// A query (`expires=…&signature=…`) to append to the address where this server itself serves the object.
    case query(String)
}
