import Foundation
import TernKernel
import TernStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension SegmentFile {
    enum Step { case goOn, stop }

    /// Visits the whole frames from `offset` to `end`; a frame whose checksum is wrong is left out.
    ///
    /// - Parameter visit: gets the payload and the offset behind its frame.
    /// - Returns: the offset behind the last frame that was whole, whether or not its checksum was right, and how many were wrong.
    @discardableResult
    func forEachFrame(
        from offset: Int, to end: Int, _ visit: (UnsafeRawBufferPointer, Int) throws -> Step
    ) throws -> (end: Int, damaged: Int) {
        var position = max(offset, SegmentFile.header.count)
        var wanted = 1 << 20
        var damaged = 0
        while position + SegmentFile.frameHeader <= end {
            let asked = min(wanted, end - position)
            let chunk = try read(asked, at: position)
            var used = 0
            var stopped = false
            var broken = false
            try chunk.withUnsafeBytes { bytes in
                while !stopped, used + SegmentFile.frameHeader <= bytes.count {
                    let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: used, as: UInt32.self)))
                    let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: used + 4, as: UInt32.self))
                    let next = used + SegmentFile.frameHeader + length
                    guard length > 0, length <= SegmentFile.largestPayload, position + next <= end else {
                        broken = true
                        return
                    }
                    guard next <= bytes.count else {
                        wanted = max(1 << 20, next - used)
                        return
                    }
                    let payload = UnsafeRawBufferPointer(rebasing: bytes[used + SegmentFile.frameHeader..<next])
                    used = next
                    if Checksum.crc32(payload) == checksum {
                        stopped = try visit(payload, position + next) == .stop
                    } else {
                        damaged += 1
                    }
                }
            }
            position += used
            if stopped || broken || chunk.count < asked || (used == 0 && asked == min(wanted, end - position)) { break }
        }
        return (position, damaged)
    }

    /// Cuts off a tail that was not wholly written.
    static func cut(_ path: String, to size: Int) throws {
        guard truncate(path, off_t(size)) == 0 else { throw DurableFile.failure("cannot cut the torn tail of \(path)") }
        try DurableFile.sync(path)
    }
}
