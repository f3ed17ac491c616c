import Foundation
import NIOCore
import TernKernel

/// Folders and files of this machine, as import sources read them.
package enum LocalFiles {
    package static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// The names in a folder, sorted; none when there is no folder.
    package static func names(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    package static func folders(_ folder: String) -> [String] { names(folder).filter { isFolder(folder + "/" + $0) } }

    /// Every file below a folder, by its path below it, in order.
    package static func files(below folder: String) -> [(path: String, size: Int64)] {
        var found: [(String, Int64)] = []
        var waiting = [""]
        while let next = waiting.popLast() {
            for name in names(next.isEmpty ? folder : folder + "/" + next) {
                let path = next.isEmpty ? name : next + "/" + name
                // The file itself where the path is a link; a link to a folder could lead round in circles.
                let whole = folder + "/" + path
                guard let facts = try? FileManager.default.attributesOfItem(atPath: whole) else { continue }
                switch facts[.type] as? FileAttributeType {
                case .typeDirectory: waiting.append(path)
                case .typeRegular: found.append((path, (facts[.size] as? NSNumber)?.int64Value ?? 0))
                case .typeSymbolicLink where !isFolder(whole):
                    let target = try? FileManager.default.attributesOfItem(atPath: (whole as NSString).resolvingSymlinksInPath)
                    if let size = (target?[.size] as? NSNumber)?.int64Value { found.append((path, size)) }
                default: break
                }
            }
        }
        return found.sorted { $0.0 < $1.0 }
    }

    package static func read(_ path: String, _ take: (ByteBuffer) async throws -> Void) async throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("cannot read \(path)") }
        defer { try? handle.close() }
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { try await take(ByteBuffer(bytes: piece)) }
    }

    /// A whole small file as text; damaged UTF-8 is repaired.
    package static func text(_ path: String, upTo limit: Int = 16 << 20) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("cannot read \(path)") }
        defer { try? handle.close() }
        let data = try handle.read(upToCount: limit + 1) ?? Data()
        guard data.count <= limit else { throw TernError(.tooLarge, "\(path) is larger than \(limit) bytes") }
        return String(decoding: data, as: UTF8.self)
    }

    /// Hands over a file's lines without their ends, at most 64 KiB of bytes at a time; a last line without an end counts.
    package static func lines(_ path: String, _ take: (ArraySlice<UInt8>) async throws -> Void) async throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("cannot read \(path)") }
        defer { try? handle.close() }
        var rest: [UInt8] = []
        while let piece = try handle.read(upToCount: 1 << 16), !piece.isEmpty {
            rest += piece
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: 0x0A) {
                try await take(rest[start..<end])
                start = end + 1
            }
            rest.removeSubrange(..<start)
            guard rest.count <= 256 << 20 else { throw TernError.invalid("\(path): a line is longer than 256 MB") }
        }
        if !rest.isEmpty { try await take(rest[...]) }
    }

    /// Size and time of change, to tell whether a file is still the one that was read.
    package static func revision(_ path: String) -> String {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else { return "-" }
        let changed = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\((facts[.size] as? NSNumber)?.int64Value ?? 0)@\(changed)"
    }
}
