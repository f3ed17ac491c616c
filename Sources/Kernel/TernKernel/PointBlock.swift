/// Points of one metric of one run, as `tern import` sends them in bulk: exact, and a fifth of the size of JSON.
///
/// A body is any number of blocks, all numbers little-endian:
///
///     u16 length, run id · u16 length, metric key · u32 count · count × (i64 timestamp in ms, i64 step, f64 value)
package struct PointBlock: Hashable, Sendable {
    package struct Point: Hashable, Sendable {
        /// Milliseconds since 1970.
        package var timestamp: Int64
        package var step: Int64
        package var value: Double

        package init(timestamp: Int64, step: Int64, value: Double) {
            self.timestamp = timestamp
            self.step = step
            self.value = value
        }
    }

    package var run: String
    package var key: String
    package var points: [Point]

    package init(run: String, key: String, points: [Point] = []) {
        self.run = run
        self.key = key
        self.points = points
    }

    private static let pointSize = 24

    /// Writes blocks one after the other.
    ///
    /// - Throws: `invalid_argument` for a name of more than 65,535 bytes.
    package static func encode(_ blocks: [PointBlock]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blocks.reduce(0) { $0 + $1.points.count * pointSize + 64 })
        for block in blocks {
            for name in [block.run, block.key] {
                guard let length = UInt16(exactly: name.utf8.count) else { throw TernError.invalid("a name of \(name.utf8.count) bytes is too long") }
                append(length, to: &bytes)
                bytes += Array(name.utf8)
            }
            append(UInt32(clamping: block.points.count), to: &bytes)
            for point in block.points {
                append(point.timestamp, to: &bytes)
                append(point.step, to: &bytes)
                append(point.value.bitPattern, to: &bytes)
            }
        }
        return bytes
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Throws: `invalid_argument` naming the byte at which the body stops making sense.
    package static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [PointBlock] {
        var position = 0
        func take(_ count: Int) throws -> UnsafeRawBufferPointer {
            guard count >= 0, count <= bytes.count - position else {
                throw TernError.invalid("not metric points: the body ends inside a block, at byte \(position)")
            }
            defer { position += count }
            return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        }
        func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
            Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: type))
        }
        func name() throws -> String {
            let start = position
            guard let text = String(validating: try take(Int(try number(UInt16.self))), as: UTF8.self) else {
                throw TernError.invalid("not metric points: a name is not UTF-8, at byte \(start)")
            }
            return text
        }
        var blocks: [PointBlock] = []
        while position < bytes.count {
            var block = PointBlock(run: try name(), key: try name())
            let count = Int(try number(UInt32.self))
            let (length, overflow) = count.multipliedReportingOverflow(by: pointSize)
            let body = try take(overflow ? .max : length)
            block.points.reserveCapacity(count)
            for start in stride(from: 0, to: body.count, by: pointSize) {
                block.points.append(
                    Point(
                        timestamp: Int64(littleEndian: body.loadUnaligned(fromByteOffset: start, as: Int64.self)),
                        step: Int64(littleEndian: body.loadUnaligned(fromByteOffset: start + 8, as: Int64.self)),
                        value: Double(bitPattern: UInt64(littleEndian: body.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)))))
            }
            blocks.append(block)
        }
        return blocks
    }
}
