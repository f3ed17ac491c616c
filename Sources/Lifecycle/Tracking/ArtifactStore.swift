import Foundation
import NIOCore
import TernKernel
import TernStore

/// The files of runs and logged models, under `<experiment>/<run>/artifacts/…`: on a local disk, or on an S3 server.
package struct ArtifactStore: Sendable {
    package let objects: any ObjectStore
    /// Whether a client may be given links to the S3 server itself.
    package let allowsLinks: Bool

    package init(_ objects: any ObjectStore, allowsLinks: Bool = true) {
        self.objects = objects
        self.allowsLinks = allowsLinks
    }

    /// On this machine's disk.
    ///
    /// - Parameter folder: made when missing. Uploads that a crash left unfinished are removed.
    package init(folder: String) throws { self.init(try DiskObjects(folder: folder)) }

    package struct Entry: Hashable, Sendable, Codable {
        /// Below the folder that was listed.
        package var name: String
        package var isFolder: Bool
        /// Nil for a folder.
        package var size: Int64?
    }

    /// Stores a stream; the file is there, whole and durable, when this returns, and untouched when it throws.
    ///
    /// - Throws: `invalid_argument` for a path that leads elsewhere, or bytes that are not the expected ones.
    package func put<Pieces: AsyncSequence & Sendable>(
        _ path: String, _ pieces: Pieces, expecting: ObjectExpectation = ObjectExpectation()
    ) async throws where Pieces.Element == ByteBuffer {
        try await objects.put(file(at: path), ObjectBytes(pieces), expecting: expecting)
    }

    /// What is known of a file.
    ///
    /// - Throws: `not_found`, also for a folder.
    package func facts(_ path: String) async throws -> ObjectFacts {
        let key = try folder(at: path)
        guard !key.isEmpty, let facts = try await objects.head(key) else { throw TernError.notFound("No such artifact: '\(path)'") }
        return facts
    }

    /// A file's bytes, or some of them.
    ///
    /// - Parameter facts: the file that is meant; if another one took its place meanwhile, that is a `conflict`.
    package func read(_ facts: ObjectFacts, range: Range<Int64>? = nil) async throws -> ObjectBytes {
        try await objects.get(facts.key, range: range, matching: facts.tag)
    }

    /// What a folder holds, by name; a file, or a folder that is not there, holds nothing.
    package func list(_ path: String = "") async throws -> [Entry] {
        let key = try folder(at: path)
        let skip = key.isEmpty ? 0 : key.utf8.count + 1
        func name(_ whole: String) -> String { String(decoding: whole.utf8.dropFirst(skip), as: UTF8.self) }
        var found: [Entry] = []
        var next: String?
        repeat {
            let page = try await objects.list(key, everything: false, after: next)
            found += page.objects.map { Entry(name: name($0.key), isFolder: false, size: $0.size) }
            found += page.folders.map { Entry(name: name($0), isFolder: true, size: nil) }
            next = page.next
        } while next != nil
        return found.sorted { $0.name < $1.name }
    }

    /// Removes a file, or a folder with all that it holds; what is not there is no error.
    package func delete(_ path: String) async throws {
        let key = try file(at: path)
        try await objects.delete(key)
        try await objects.deleteAll(below: key)
    }

    /// Removes every file below an artifact address of this server, such as a run's `mlflow-artifacts:/3/RUN/artifacts`, or an experiment's.
    ///
    /// - Throws: `invalid_argument` for an address that this server does not serve.
    package func deleteAll(at address: String) async throws {
        guard let folder = ArtifactStore.folder(of: address), !folder.isEmpty else {
            throw TernError.invalid("the files at \(address) are not kept by this server", hint: "delete them there")
        }
        try await delete(folder)
    }

    /// A file on this machine with the artifact's bytes: the file itself, or a copy made in `scratch`.
    ///
    /// - Throws: `not_found`.
    package func localFile(_ path: String, scratch: String) async throws -> String {
        let facts = try await facts(path)
        if let local = objects.localPath(facts.key) { return local }
        let copy = "\(scratch)/\(Identifier.random())-\((facts.key as NSString).lastPathComponent)"
        guard FileManager.default.createFile(atPath: copy, contents: nil), let file = FileHandle(forWritingAtPath: copy) else {
            throw DurableFile.failure("cannot copy \(path) to \(scratch)")
        }
        defer { try? file.close() }
        for try await piece in try await read(facts) {
            do {
                try file.write(contentsOf: Data(piece.readableBytesView))
            } catch {
                throw DurableFile.describe(error, "cannot copy \(path) to \(scratch)")
            }
        }
        return copy
    }

    // MARK: Paths

    /// The key behind a path that a client named, refused when it could lead anywhere else.
    private func folder(at path: String) throws -> String {
        let key = try ObjectKey.clean(path)
        // What the store on disk keeps for itself is no artifact anywhere.
        guard let first = key.split(separator: "/").first, [".incoming", ".uploads"].contains(first) else { return key }
        throw TernError.invalid("Invalid path")
    }

    /// The same, for what must be a file or folder below the top.
    func file(at path: String) throws -> String {
        let key = try folder(at: path)
        guard !key.isEmpty else { throw TernError.invalid("Invalid path") }
        return key
    }
}
