import Foundation
import TernKernel
import TernStore

/// Copies of a registration's files, in a folder of its own: what is checked is what is stored, and it stands alone there.
struct Staging {
    struct File: Sendable {
        var path: String
        var digest: Digest
        /// The name's extension: `parquet`, `csv`, `onnx`.
        var format: String
    }

    let folder: String

    private static let prefix = "registering-"

    /// - Parameter parent: made when missing.
    init(in parent: String) throws {
        folder = "\(parent)/\(Staging.prefix)\(Identifier.random())"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make \(folder)")
        }
    }

    /// What a crash left behind.
    static func sweep(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }

    func add(_ source: String, as name: String) throws -> File {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder), !isFolder.boolValue else {
            throw TernError.notFound("there is no \(name) file at \(source)")
        }
        let format = (source as NSString).pathExtension.lowercased()
        let path = format.isEmpty ? "\(folder)/\(name)" : "\(folder)/\(name).\(format)"
        do {
            // The file itself, where the path is a link to it.
            try FileManager.default.copyItem(atPath: (source as NSString).resolvingSymlinksInPath, toPath: path)
        } catch {
            throw DurableFile.describe(error, "cannot read the \(name) file \(source)")
        }
        return File(path: path, digest: try Digest.ofFile(at: path).digest, format: format)
    }

    /// A blob under a name with its extension, by which readers know the format.
    func link(_ blob: String, as name: String, format: String?) throws -> String {
        let path = format.map { $0.isEmpty ? "\(folder)/\(name)" : "\(folder)/\(name).\($0)" } ?? "\(folder)/\(name)"
        do {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: blob)
        } catch {
            throw DurableFile.describe(error, "cannot link \(path)")
        }
        return path
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
