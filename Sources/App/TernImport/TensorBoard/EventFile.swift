import Foundation
import TernKernel

/// The records of a TensorBoard event file (`events.out.tfevents.…`), which is a TFRecord file:
/// `u64 length · u32 masked CRC-32C of the length · bytes · u32 masked CRC-32C of the bytes`, little-endian. Source: tensorflow, `record_writer.cc`.
///
/// A live or a crashed run ends anywhere: reading stops there and keeps what it has.
struct EventFile {
    static let recordLimit = 512 << 20

    private let handle: FileHandle
    private let path: String
    private var buffer: [UInt8] = []
    private var position = 0
    /// Where `buffer` begins in the file.
    private var start = 0

    init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("cannot read \(path)") }
        self.handle = handle
        self.path = path
    }

    func close() { try? handle.close() }

    /// Whether `count` more bytes could be read.
    private mutating func fill(_ count: Int) throws -> Bool {
        if buffer.count - position >= count { return true }
        buffer.removeSubrange(..<position)
        start += position
        position = 0
        while buffer.count < count {
            guard let piece = try handle.read(upToCount: max(1 << 18, count - buffer.count)), !piece.isEmpty else { return false }
            buffer += piece
        }
        return true
    }

    private func number(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(buffer[position + offset + $1]) << UInt64(8 * $1) }
    }

    /// The next record; nil at the end, and where a torn tail begins.
    ///
    /// - Throws: `invalid_argument` naming the byte where a checksum is wrong: what follows cannot be found any more.
    mutating func next() throws -> [UInt8]? {
        guard try fill(12) else { return nil }
        let place = start + position
        guard CRC32.masked(buffer[position..<position + 8]) == UInt32(truncatingIfNeeded: number(8, 4)) else {
            throw TernError.invalid("\(path): the checksum of a record's length is wrong, at byte \(place)")
        }
        guard let length = Int(exactly: number(0, 8)), length <= EventFile.recordLimit else {
            throw TernError.invalid("\(path): a record is larger than \(EventFile.recordLimit) bytes, at byte \(place)")
        }
        guard try fill(16 + length) else { return nil }
        let bytes = Array(buffer[position + 12..<position + 12 + length])
        guard CRC32.masked(bytes) == UInt32(truncatingIfNeeded: number(12 + length, 4)) else {
            throw TernError.invalid("\(path): the checksum of a record is wrong, at byte \(place)")
        }
        position += 16 + length
        return bytes
    }
}
