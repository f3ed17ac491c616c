/// Appends numbers and texts compactly: whole numbers take as many bytes as they need.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func count(_ value: Int) { unsigned(UInt64(max(0, value))) }

    /// Small numbers of either sign stay small (zigzag).
    mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    mutating func text(_ value: String) {
        count(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func fixed32(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func fixed64(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    /// Eight flags a byte, the first in the lowest bit.
    mutating func flags(count: Int, _ flag: (Int) -> Bool) {
        var index = 0
        while index < count {
            var byte: UInt8 = 0
            for bit in 0..<min(8, count - index) where flag(index + bit) { byte |= 1 << UInt8(bit) }
            bytes.append(byte)
            index += 8
        }
    }
}
