import Foundation

@testable import TernImport

/// Writes Protocol Buffers by hand, for samples.
enum Proto {
    static func varint(_ value: UInt64) -> [UInt8] { value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7) }
    static func number(_ field: Int, _ value: Int) -> [UInt8] { varint(UInt64(field << 3)) + varint(UInt64(bitPattern: Int64(value))) }
    static func bytes(_ field: Int, _ value: [UInt8]) -> [UInt8] { varint(UInt64(field << 3 | 2)) + varint(UInt64(value.count)) + value }
    static func text(_ field: Int, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }
    static func fixed(_ field: Int, _ value: Double) -> [UInt8] { varint(UInt64(field << 3 | 1)) + little(value.bitPattern) }
    static func fixed(_ field: Int, _ value: Float) -> [UInt8] { varint(UInt64(field << 3 | 5)) + little(value.bitPattern) }
    static func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

/// A `.wandb` file, as the transaction log writes one.
enum WandbSample {
    static func history(step: Int, _ values: [String: String]) -> [UInt8] {
        let items = values.sorted { $0.key < $1.key }.flatMap { Proto.bytes(1, Proto.text(2, $0.key) + Proto.text(16, $0.value)) }
        return Proto.number(1, step + 1) + Proto.bytes(2, items + Proto.bytes(2, Proto.number(1, step)))
    }

    static func log(_ records: [[UInt8]]) -> [UInt8] {
        var file: [UInt8] = Array(":W&B".utf8) + [0xE1, 0xBE, 0]
        for record in records {
            var rest = record[...]
            var isFirst = true
            repeat {
                let left = 32_768 - file.count % 32_768
                if left < 7 {
                    file += Array(repeating: 0, count: left)
                    continue
                }
                let part = rest.prefix(left - 7)
                rest = rest.dropFirst(part.count)
                let type: UInt8 = rest.isEmpty ? (isFirst ? 1 : 4) : (isFirst ? 2 : 3)
                file += Proto.little(CRC32.checksum([type] + part)) + Proto.little(UInt16(part.count)) + [type] + part
                isFirst = false
            } while !rest.isEmpty || isFirst
        }
        return file
    }
}

enum EventSample {
    static func record(_ bytes: [UInt8]) -> [UInt8] {
        let length = Proto.little(UInt64(bytes.count))
        return length + Proto.little(CRC32.masked(length)) + bytes + Proto.little(CRC32.masked(bytes))
    }

    static func scalar(_ tag: String, _ value: Float, step: Int) -> [UInt8] {
        Proto.fixed(1, 1_700_000_000.25) + Proto.number(2, step) + Proto.bytes(5, Proto.bytes(1, Proto.text(1, tag) + Proto.fixed(2, value)))
    }
}
