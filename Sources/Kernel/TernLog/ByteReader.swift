/// Reads what `ByteWriter` wrote. Every step is checked: the bytes may be damaged.
struct ByteReader {
    struct Damaged: Error {}

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw Damaged() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func unsigned() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw Damaged()
    }

    mutating func signed() throws -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number of things that follow, of which each takes at least `1 / perByte` bytes.
    mutating func count(perByte: Int = 1) throws -> Int {
        let value = try unsigned()
        guard value <= UInt64(remaining) * UInt64(perByte) + UInt64(perByte - 1) else { throw Damaged() }
        return Int(value)
    }

    mutating func number() throws -> Int {
        guard let value = Int(exactly: try unsigned()) else { throw Damaged() }
        return value
    }

    mutating func text() throws -> String { String(decoding: try slice(try count()), as: UTF8.self) }

    mutating func fixed32() throws -> UInt32 {
        UInt32(littleEndian: try slice(4).loadUnaligned(as: UInt32.self))
    }

    mutating func fixed64() throws -> UInt64 {
        UInt64(littleEndian: try slice(8).loadUnaligned(as: UInt64.self))
    }

    mutating func flags(count: Int) throws -> [Bool] {
        let packed = try slice((count + 7) / 8)
        return (0..<count).map { packed[packed.startIndex + $0 / 8] & (1 << UInt8($0 % 8)) != 0 }
    }

    private mutating func slice(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw Damaged() }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}
