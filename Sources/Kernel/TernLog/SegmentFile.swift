import Foundation
import TernKernel
import TernStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One file of the log: eight bytes that say what it is, then frames of length, CRC-32 and payload.
final class SegmentFile: Sendable {
    static let header: [UInt8] = Array("TERNLOG1".utf8)
    static let frameHeader = 8
    /// No request is larger than this, so a greater length in a frame is damage.
    static let largestPayload = 1 << 28

    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Makes a new segment with its header.
    static func create(at path: String) throws -> SegmentFile {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DurableFile.failure("cannot make \(path)") }
        let file = SegmentFile(path: path, descriptor: descriptor)
        do {
            try header.withUnsafeBytes { try file.write($0, at: 0) }
        } catch {
            unlink(path)
            throw error
        }
        return file
    }

    static func openToRead(_ path: String) throws -> SegmentFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DurableFile.failure("cannot open \(path)") }
        return SegmentFile(path: path, descriptor: descriptor)
    }

    /// Writes all of it or nothing: what a full disk cut off is taken back.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var written = 0
        while written < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = DurableFile.failure("cannot write \(path)")
                ftruncate(descriptor, off_t(offset))
                throw failure
            }
            written += count
        }
    }

    func sync() throws {
        guard fsync(descriptor) == 0 else { throw DurableFile.failure("cannot sync \(path)") }
    }

    var size: Int {
        get throws {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw DurableFile.failure("cannot look at \(path)") }
            return Int(status.st_size)
        }
    }

    /// Up to `count` bytes from `offset`; fewer at the end of the file.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw DurableFile.failure("cannot read \(path)") }
                if got == 0 { break }
                filled += got
            }
        }
    }

    /// The frame around a payload.
    static func frame(_ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes.reserveCapacity(payload.count + frameHeader)
        writer.fixed32(UInt32(truncatingIfNeeded: payload.count))
        writer.fixed32(payload.withUnsafeBytes(Checksum.crc32))
        writer.bytes.append(contentsOf: payload)
        return writer.bytes
    }
}
