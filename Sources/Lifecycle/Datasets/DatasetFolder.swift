import Foundation
import TernKernel
import TernStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files of datasets: new data waits in `incoming`, versions lie as blobs and are shown under names with the right extension.
struct DatasetFolder: Sendable {
    private let folder: String
    let blobs: BlobStore

    /// What an earlier life of the server left half-copied is removed.
    init(folder: String, blobs: BlobStore) throws {
        self.folder = folder
        self.blobs = blobs
        // Of blobs that lie elsewhere these are copies, made again when they are asked for.
        try? FileManager.default.removeItem(atPath: blobs.isElsewhere ? folder : folder + "/incoming")
        try FileManager.default.createDirectory(atPath: folder + "/incoming", withIntermediateDirectories: true)
    }

    /// A place for data that is not yet accepted.
    func incoming(_ format: String) -> String { "\(folder)/incoming/\(Identifier.random()).\(format)" }

    /// A copy of a file, which cannot change while it is looked at.
    func stage(_ path: String, as format: DataFormat) throws -> String {
        let copy = incoming(format.rawValue)
        do {
            try FileManager.default.copyItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path, toPath: copy)
        } catch {
            unlink(copy)
            throw DurableFile.describe(error, "cannot copy \(path)")
        }
        return copy
    }

    func discard(_ staged: String) { unlink(staged) }

    /// The version's file, with an extension that tells its format.
    func path(of version: DatasetVersion) async throws -> String {
        let path = "\(folder)/\(version.dataset)/\(version.version).\(version.format.rawValue)"
        if FileManager.default.fileExists(atPath: path) { return path }
        let blob: String
        do {
            blob = try await blobs.localFile(of: version.digest)
        } catch let error as TernError where error.code == .notFound {
            throw TernError(
                .dataLoss, "the data of \(version.dataset) version \(version.version) is gone (\(version.digest.short))",
                hint: "restore \(blobs.place) from a backup")
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/\(version.dataset)", withIntermediateDirectories: true)
        // A second name of the same file; a copy where the file system has no links.
        if link(blob, path) != 0, errno != EEXIST {
            let partial = incoming(version.format.rawValue)
            do {
                try FileManager.default.copyItem(atPath: blob, toPath: partial)
                try DurableFile.rename(partial, to: path)
            } catch {
                unlink(partial)
                throw DurableFile.describe(error, "cannot show \(version.dataset) version \(version.version)")
            }
        }
        return path
    }
}
