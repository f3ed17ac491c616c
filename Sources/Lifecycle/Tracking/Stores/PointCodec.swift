import Foundation
import TernKernel

/// How a chunk keeps its points: three columns behind each other.
///
///     1                    the version
///     count                varint
///     steps                zigzag varints of the second differences, as (value, how many in a row)
///     timestamps           zigzag varints of the second differences, as (value, how many in a row)
///     values               a byte that counts the zero bytes at both ends of the XOR with the value before, then the bytes between
///
/// Steps that count up take a few bytes a chunk, a float 32 five bytes, a constant one.
enum PointCodec {
    private static let version: UInt8 = 1

    static func encode(_ points: [SeriesPoint]) -> Data {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + points.count * 9)
        bytes.append(version)
        append(UInt64(points.count), to: &bytes)
        column(points, \.step, to: &bytes)
        column(points, \.timestamp, to: &bytes)
        var before: UInt64 = 0
        for point in points {
            let bits = point.value.bitPattern
            let difference = bits ^ before
            before = bits
            guard difference != 0 else {
                bytes.append(0x80)
                continue
            }
            let leading = difference.leadingZeroBitCount / 8
            let trailing = difference.trailingZeroBitCount / 8
            bytes.append(UInt8(leading << 4 | trailing))
            var rest = difference >> UInt64(trailing * 8)
            for _ in 0..<(8 - leading - trailing) {
                bytes.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
        return Data(bytes)
    }

    private static func column(_ points: [SeriesPoint], _ path: KeyPath<SeriesPoint, Int64>, to bytes: inout [UInt8]) {
        var before: Int64 = 0
        var difference: Int64 = 0
        var run: (value: Int64, length: UInt64) = (0, 0)
        for point in points {
            let value = path == \.step ? point.step : point.timestamp
            let now = value &- before
            let second = now &- difference
            (before, difference) = (value, now)
            if run.length > 0, run.value == second {
                run.length += 1
            } else {
                if run.length > 0 { flush(run, to: &bytes) }
                run = (second, 1)
            }
        }
        if run.length > 0 { flush(run, to: &bytes) }
    }

    private static func flush(_ run: (value: Int64, length: UInt64), to bytes: inout [UInt8]) {
        append(UInt64(bitPattern: (run.value << 1) ^ (run.value >> 63)), to: &bytes)
        append(run.length, to: &bytes)
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// - Throws: `data_loss` when the bytes are no chunk.
    static func decode(_ data: Data) throws -> [SeriesPoint] {
        var points: [SeriesPoint] = []
        try decode(data, into: &points)
        return points
    }

    /// Appends the chunk's points.
    static func decode(_ data: Data, into points: inout [SeriesPoint]) throws {
        try data.withUnsafeBytes { raw in
            var reader = Reader(bytes: raw)
            guard try reader.byte() == version else { throw broken }
            let count = try reader.varint()
            // A point takes at least one byte of value, so no count is believed that the bytes cannot hold.
            guard count <= UInt64(raw.count) else { throw broken }
            let start = points.count
            points.reserveCapacity(start + Int(count))
            try reader.column(Int(count)) { _, value in points.append(SeriesPoint(step: value, timestamp: 0, value: 0)) }
            try reader.column(Int(count)) { index, value in points[start + index].timestamp = value }
            var before: UInt64 = 0
            for index in 0..<Int(count) {
                let control = try reader.byte()
                if control != 0x80 {
                    let (leading, trailing) = (Int(control >> 4), Int(control & 15))
                    guard leading + trailing < 8 else { throw broken }
                    before ^= try reader.bytes(8 - leading - trailing) << UInt64(trailing * 8)
                }
                points[start + index].value = Double(bitPattern: before)
            }
            guard reader.isAtEnd else { throw broken }
        }
    }

    private static var broken: TernError { TernError(.dataLoss, "a chunk of metric points cannot be read") }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func byte() throws -> UInt8 {
            guard position < bytes.count else { throw broken }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func bytes(_ count: Int) throws -> UInt64 {
            guard position + count <= bytes.count else { throw broken }
            var value: UInt64 = 0
            for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(index * 8) }
            position += count
            return value
        }

        mutating func varint() throws -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                let next = try byte()
                value |= UInt64(next & 0x7F) << shift
                if next < 0x80 { return value }
            }
            throw broken
        }

        mutating func column(_ count: Int, _ each: (Int, Int64) -> Void) throws {
            var value: Int64 = 0
            var difference: Int64 = 0
            var index = 0
            while index < count {
                let coded = try varint()
                let second = Int64(bitPattern: coded >> 1) ^ -Int64(bitPattern: coded & 1)
                let length = try varint()
                guard length > 0, length <= UInt64(count - index) else { throw broken }
                for _ in 0..<length {
                    difference &+= second
                    value &+= difference
                    each(index, value)
                    index += 1
                }
            }
        }
    }
}
