import Dispatch
import Foundation
import NIOCore
import TernKernel
import TernStore

/// The files of runs and logged models, as plain files under one folder: `<experiment>/<run>/artifacts/…`.
package struct ArtifactStore: Sendable {
    package let folder: String

    /// Unfinished uploads; on the same disk as the files, so that finishing one is a rename.
    private var incoming: String { folder + "/.incoming" }

    /// - Parameter folder: made when missing. Uploads that a crash left unfinished are removed.
    package init(folder: String) throws {
        self.folder = folder
        do {
            try? FileManager.default.removeItem(atPath: folder + "/.incoming")
            try FileManager.default.createDirectory(atPath: folder + "/.incoming", withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make the artifacts folder \(folder)")
        }
    }

    package struct Entry: Hashable, Sendable, Codable {
        /// Below the folder that was listed.
        package var name: String
        package var isFolder: Bool
        /// Nil for a folder.
        package var size: Int64?
    }

    /// Stores a stream; the file is there, whole and synced, when this returns, and untouched when it throws.
    package func put<Pieces: AsyncSequence>(_ path: String, _ pieces: Pieces) async throws where Pieces.Element == ByteBuffer {
        let target = try place(path)
        guard target != folder else { throw TernError.invalid("Invalid path") }
        let partial = "\(incoming)/\(Identifier.random())"
        guard FileManager.default.createFile(atPath: partial, contents: nil), let file = FileHandle(forWritingAtPath: partial) else {
            throw DurableFile.failure("cannot write \(path)")
        }
        do {
            for try await piece in pieces { try file.write(contentsOf: Data(piece.readableBytesView)) }
            // A sync can take seconds: not on a thread that answers requests.
            try await ArtifactStore.offCallerThread {
                try file.synchronize()
                try file.close()
                try makeFolder((target as NSString).deletingLastPathComponent)
                try DurableFile.rename(partial, to: target)
            }
        } catch {
            try? file.close()
            try? FileManager.default.removeItem(atPath: partial)
            throw DurableFile.describe(error, "cannot store \(path)")
        }
    }

    /// Where a file lies, and what it is.
    ///
    /// - Throws: `not_found`, also for a folder.
    package func file(_ path: String) throws -> (path: String, size: Int64, modified: Date) {
        let target = try place(path)
        guard let facts = try? FileManager.default.attributesOfItem(atPath: target), facts[.type] as? FileAttributeType == .typeRegular else {
            throw TernError.notFound("No such artifact: '\(path)'")
        }
        return (target, (facts[.size] as? NSNumber)?.int64Value ?? 0, facts[.modificationDate] as? Date ?? Date())
    }

    /// What a folder holds, by name; a file, or a folder that is not there, holds nothing.
    package func list(_ path: String = "") throws -> [Entry] {
        let target = try place(path)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: target) else { return [] }
        return names.sorted().compactMap { name in
            if target == folder, name == ".incoming" { return nil }
            guard let facts = try? FileManager.default.attributesOfItem(atPath: target + "/" + name) else { return nil }
            let isFolder = facts[.type] as? FileAttributeType == .typeDirectory
            return Entry(name: name, isFolder: isFolder, size: isFolder ? nil : (facts[.size] as? NSNumber)?.int64Value ?? 0)
        }
    }

    /// Removes a file, or a folder with all that it holds; what is not there is no error.
    package func delete(_ path: String) throws {
        let target = try place(path)
        guard target != folder else { throw TernError.invalid("Invalid path") }
        do {
            try FileManager.default.removeItem(atPath: target)
        } catch let error as CocoaError where error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile {
        } catch {
            throw DurableFile.describe(error, "cannot delete \(path)")
        }
    }

    /// The path below `folder` that a client named, refused when it could lead anywhere else.
    private func place(_ path: String) throws -> String {
        // Encoded more than once, `..` must still be found.
        var decoded = path
        for _ in 0..<10 {
            guard let next = decoded.removingPercentEncoding, next != decoded else { break }
            decoded = next
        }
        for text in [path, decoded] {
            let parts = text.split(separator: "/", omittingEmptySubsequences: true)
            let bytes = text.utf8
            guard !text.hasPrefix("/"), !parts.contains(".."), !bytes.contains(0), !text.contains("\\"), parts.first != ".incoming" else {
                throw TernError.invalid("Invalid path")
            }
        }
        let clean = path.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }.joined(separator: "/")
        return clean.isEmpty ? folder : folder + "/" + clean
    }

    /// Makes a folder and those above it, each synced into its parent so that a file in it survives a crash.
    private func makeFolder(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { return }
        let parent = (path as NSString).deletingLastPathComponent
        if path != folder { try makeFolder(parent) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            return
        }
        try DurableFile.sync(parent)
    }

    private static func offCallerThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
