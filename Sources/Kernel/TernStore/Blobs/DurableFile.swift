import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Files that are either wholly there and synced, or not there at all.
package enum DurableFile {
    /// Writes beside the target, syncs, and renames over it.
    package static func replace(_ path: String, with bytes: Data) throws {
        let temporary = "\(path).\(Identifier.random().prefix(8)).partial"
        do {
            try write(bytes, to: temporary)
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes a new file and syncs it; removes it again on failure.
    package static func write(_ bytes: Data, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure("cannot write \(path)") }
        defer { close(file) }
        do {
            try bytes.withUnsafeBytes { buffer in
                var written = 0
                while written < buffer.count {
                    let count = Glibc.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw failure("cannot write \(path)") }
                    written += count
                }
            }
            guard fsync(file) == 0 else { throw failure("cannot sync \(path)") }
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Syncs a file that is already written.
    package static func sync(_ path: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot open \(path)") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("cannot sync \(path)") }
    }

    /// Renames and syncs the folder, so that the new name survives a crash.
    package static func rename(_ source: String, to target: String) throws {
        guard Glibc.rename(source, target) == 0 else { throw failure("cannot move \(source) to \(target)") }
        try sync((target as NSString).deletingLastPathComponent)
    }

    /// What the operating system said, as an error of ours; a full disk is `resource_exhausted`.
    package static func failure(_ context: String, code: Int32 = errno) -> TernError {
        if code == ENOSPC || code == EDQUOT {
            return TernError(
                .resourceExhausted, "\(context): the disk is full", hint: "free space, then repeat the request; nothing was half-written")
        }
        return TernError(.internal, "\(context): \(String(cString: strerror(code)))")
    }

    /// A Foundation error about files, in our words.
    package static func describe(_ error: any Error, _ context: String) -> TernError {
        if let known = error as? TernError { return known }
        if let cocoa = error as? CocoaError {
            if cocoa.code == .fileWriteOutOfSpace { return failure(context, code: ENOSPC) }
            if cocoa.code == .fileNoSuchFile || cocoa.code == .fileReadNoSuchFile { return .notFound("\(context): no such file") }
        }
        return TernError.wrap(error, context)
    }
}
