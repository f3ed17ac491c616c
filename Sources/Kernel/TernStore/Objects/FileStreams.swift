import Crypto
import Dispatch
import Foundation
import NIOCore
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Work that may wait for a disk: not on a thread that answers requests.
enum DiskWork {
    static func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Answer, any Error>) in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }
}

/// An open file; closed when nobody holds it.
final class OpenFile: Sendable {
    let descriptor: Int32
    let path: String

    init(_ path: String, _ flags: Int32) throws {
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw TernError.notFound("no file at \(path)") }
            throw DurableFile.failure("cannot open \(path)")
        }
    }

    deinit { close(descriptor) }

    /// At most `count` bytes from `offset`; fewer at the end of the file.
    func read(_ count: Int, at offset: Int64) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count)
        while buffer.readableBytes < count {
            let missing = count - buffer.readableBytes
            let position = offset + Int64(buffer.readableBytes)
            let got = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
                var got: Int
                repeat { got = pread(descriptor, space.baseAddress, min(space.count, missing), off_t(position)) } while got < 0 && errno == EINTR
                guard got >= 0 else { throw DurableFile.failure("cannot read \(path)") }
                return got
            }
            if got == 0 { break }
        }
        return buffer
    }

    func write(_ buffer: ByteBuffer) throws {
        try buffer.withUnsafeReadableBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw DurableFile.failure("cannot write \(path)") }
                written += count
            }
        }
    }

    /// Appends all of another file.
    func append(_ other: OpenFile) throws {
        var offset: Int64 = 0
        while true {
            let piece = try other.read(1 << 20, at: offset)
            if piece.readableBytes == 0 { return }
            try write(piece)
            offset += Int64(piece.readableBytes)
        }
    }

    func sync() throws { guard fsync(descriptor) == 0 else { throw DurableFile.failure("cannot sync \(path)") } }
}

/// Reads a file, or a part of one, in pieces of 512 KiB.
struct FileReader: ByteReading {
    private static let piece: Int64 = 512 << 10

    let path: String
    var file: OpenFile?
    var position: Int64 = 0
    /// Where to stop; nil is the end of the file.
    var end: Int64?

    init(path: String) { self.path = path }

    init(file: OpenFile, range: Range<Int64>) {
        path = file.path
        self.file = file
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next() async throws -> ByteBuffer? {
        let wanted = min(FileReader.piece, (end ?? .max) - position)
        guard wanted > 0 else { return nil }
        let (known, path, position) = (file, path, position)
        let (opened, buffer) = try await DiskWork.run {
            let file = try known ?? OpenFile(path, O_RDONLY)
            return (file, try file.read(Int(wanted), at: position))
        }
        file = opened
        self.position += Int64(buffer.readableBytes)
        if buffer.readableBytes == 0 {
            if end != nil { throw TernError(.dataLoss, "\(path) ended early: it was changed while it was read") }
            return nil
        }
        return buffer
    }
}

/// Counts and hashes what passes, as far as something is expected of it.
struct ByteCheck {
    private let expected: ObjectExpectation
    private var sha256: SHA256?
    private var md5: Insecure.MD5?
    private(set) var size: Int64 = 0

    init(_ expected: ObjectExpectation) {
        self.expected = expected
        sha256 = expected.sha256 == nil ? nil : SHA256()
        md5 = expected.md5 == nil ? nil : Insecure.MD5()
    }

    mutating func update(_ piece: ByteBuffer) {
        size += Int64(piece.readableBytes)
        piece.withUnsafeReadableBytes { bytes in
            sha256?.update(bufferPointer: bytes)
            md5?.update(bufferPointer: bytes)
        }
    }

    /// - Throws: `invalid_argument` when the bytes are not what was expected.
    func finish(_ what: String) throws {
        if let wanted = expected.size, wanted != size {
            throw TernError.invalid("\(what) has \(size) bytes, but \(wanted) were announced", hint: "send it again; nothing was stored")
        }
        if let wanted = expected.sha256, let found = sha256.map({ TernKernel.Digest($0.finalize()) }), found != wanted {
            throw TernError.invalid(
                "the bytes of \(what) are not those that were announced: their SHA-256 is \(found.hex), not \(wanted.hex)",
                hint: "send it again; nothing was stored")
        }
        if let wanted = expected.md5, let found = md5.map({ Array($0.finalize()) }), found != wanted {
            throw TernError.invalid(
                "the bytes of \(what) are not those that were announced: their MD5 differs from Content-MD5",
                hint: "send it again; nothing was stored")
        }
    }
}

extension ByteBuffer {
    var sha256: TernKernel.Digest {
        var hasher = SHA256()
        withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
        return TernKernel.Digest(hasher.finalize())
    }

    var md5: [UInt8] {
        var hasher = Insecure.MD5()
        withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }
}
