import Foundation
import TernKernel
import TernStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The log of one attempt: appended to by the job and its processes, read by offset while it grows.
package final class LogFile: Sendable {
    package let path: String
    let descriptor: Int32

    init(path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DurableFile.failure("cannot write \(path)") }
    }

    deinit { close(descriptor) }

    /// A line that does not fit on the disk is lost; the job goes on.
    func append(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// A piece of a log, and where the next one starts.
package struct LogPiece: Codable, Hashable, Sendable {
    package var text: String
    package var offset: Int64
    package var next: Int64
    /// The length of the file so far.
    package var size: Int64

    /// Reads from `offset` on, at most `limit` bytes, and not into the middle of a character; a missing file is an empty log.
    package static func read(_ path: String, from offset: Int64, limit: Int = 256 << 10) throws -> LogPiece {
        guard offset >= 0 else { throw TernError.invalid("the offset must not be negative") }
        guard let handle = FileHandle(forReadingAtPath: path) else { return LogPiece(text: "", offset: offset, next: offset, size: 0) }
        defer { try? handle.close() }
        let size = Int64(try handle.seekToEnd())
        guard offset < size else { return LogPiece(text: "", offset: offset, next: offset, size: size) }
        try handle.seek(toOffset: UInt64(offset))
        var data = try handle.read(upToCount: max(1, limit)) ?? Data()
        if let cut = LogPiece.incompleteTail(data), cut < data.count { data.removeLast(cut) }
        return LogPiece(text: String(decoding: data, as: UTF8.self), offset: offset, next: offset + Int64(data.count), size: size)
    }

    /// How many bytes at the end belong to a character that is not whole yet.
    private static func incompleteTail(_ data: Data) -> Int? {
        for (back, byte) in data.suffix(4).reversed().enumerated() {
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return back + 1 < length ? back + 1 : nil
        }
        return nil
    }

    /// The last line that is not empty, at most 300 characters: what a failed command said last.
    package static func lastLine(of path: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path), let size = try? handle.seekToEnd() else { return nil }
        defer { try? handle.close() }
        try? handle.seek(toOffset: size > 4096 ? size - 4096 : 0)
        guard let data = try? handle.readToEnd() else { return nil }
        let line = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).last { $0.contains { !$0.isWhitespace } }
        return line.map { String($0.trimmingCharacters(in: .whitespaces).prefix(300)) }
    }
}
