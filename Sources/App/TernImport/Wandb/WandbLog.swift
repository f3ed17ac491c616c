import Foundation
import TernKernel

/// The records of a `.wandb` file, the transaction log of a W&B run.
///
/// Seven bytes of header (`:W&B`, 0xBEE1, version 0), which are part of the first block; blocks of 32 KiB; in each, chunks of
/// `u32 crc · u16 length · u8 type · bytes`, the CRC plain CRC-32 (IEEE) over type and bytes. Source: wandb, `core/pkg/leveldb/record.go`.
///
/// A live or a crashed run ends anywhere: reading stops there and keeps what it has. After a damaged chunk reading goes on in the next block.
struct WandbLog {
    private static let blockSize = 32_768
    private static let header: [UInt8] = [0x3A, 0x57, 0x26, 0x42, 0xE1, 0xBE, 0]
    /// What a record may measure; W&B itself stops far below.
    static let recordLimit = 256 << 20

    private let handle: FileHandle
    private let path: String
    private var block: [UInt8] = []
    private var position = 0
    /// The block's place in the file.
    private var start = 0
    /// Blocks with a chunk whose checksum is wrong.
    private(set) var damaged = 0

    /// - Throws: `not_found`, or `invalid_argument` when it is no `.wandb` file.
    init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("cannot read \(path)") }
        self.handle = handle
        self.path = path
        try load()
        guard block.starts(with: WandbLog.header) else {
            throw TernError.invalid("\(path) is not a .wandb file: it does not begin with ':W&B' and version 0")
        }
        position = WandbLog.header.count
    }

    private mutating func load() throws {
        start += block.count
        block = Array(try handle.read(upToCount: WandbLog.blockSize) ?? Data())
        position = 0
    }

    func close() { try? handle.close() }

    /// The next record's bytes; nil at the end, and where a torn tail begins.
    mutating func next() throws -> [UInt8]? {
        var record: [UInt8] = []
        var isInside = false
        while let chunk = try nextChunk() {
            switch chunk.type {
            case 1: return Array(chunk.bytes)
            case 2:
                record = Array(chunk.bytes)
                isInside = true
            case 3, 4:
                // The beginning lay in a damaged block: the rest of the record goes with it.
                guard isInside else { continue }
                record += chunk.bytes
                guard record.count <= WandbLog.recordLimit else {
                    throw TernError.invalid("\(path): a record is larger than \(WandbLog.recordLimit) bytes, near byte \(start + position)")
                }
                if chunk.type == 4 { return record }
            default: isInside = false
            }
        }
        return nil
    }

    private mutating func nextChunk() throws -> (type: UInt8, bytes: ArraySlice<UInt8>)? {
        while true {
            // Less than a header is left: padding.
            if block.count - position < 7 {
                if block.count < WandbLog.blockSize { return nil }
                try load()
                if block.isEmpty { return nil }
                continue
            }
            let length = Int(block[position + 4]) | Int(block[position + 5]) << 8
            let type = block[position + 6]
            if length == 0, type == 0, block[position..<position + 4].allSatisfy({ $0 == 0 }) {
                // The rest of the block was never written.
                if block.count < WandbLog.blockSize { return nil }
                position = block.count
                continue
            }
            let begin = position + 7
            guard length <= block.count - begin else {
                if block.count < WandbLog.blockSize { return nil }
                damaged += 1
                position = block.count
                continue
            }
            let crc = (0..<4).reduce(UInt32(0)) { $0 | UInt32(block[position + $1]) << UInt32(8 * $1) }
            guard CRC32.checksum(block[begin - 1..<begin + length]) == crc else {
                damaged += 1
                position = block.count
                continue
            }
            position = begin + length
            return (type, block[begin..<begin + length])
        }
    }
}

/// Cyclic redundancy checks of 32 bits, by table.
struct CRC32 {
    private let table: [UInt32]

    /// - Parameter polynomial: reflected.
    private init(polynomial: UInt32) {
        table = (0..<256).map { byte in (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ polynomial : crc >> 1 } }
    }

    private static let ieee = CRC32(polynomial: 0xEDB8_8320)
    private static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

    private func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }

    /// The one of zip and zlib.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 { ieee.sum(bytes) }

    /// CRC-32C, masked as TFRecord files store it.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = castagnoli.sum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}
