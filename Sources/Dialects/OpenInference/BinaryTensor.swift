import NIOCore
import TernInference
import TernKernel

/// The binary tensor data extension: little endian, row-major, strings behind their length in four bytes.
enum BinaryTensor {
    static let mostElements = 1 << 26

    static func read(_ bytes: UnsafeRawBufferPointer, name: String, type: TensorType, shape: [Int], count: Int) throws -> Tensor {
        if type == .string { return try Tensor(name, shape: shape, strings: try strings(bytes, name: name, count: count)) }
        let (expected, overflow) = count.multipliedReportingOverflow(by: type.size)
        guard !overflow, bytes.count == expected else {
            throw TernError.invalid("input byte size mismatch for input '\(name)'. Expected \(overflow ? -1 : expected), got \(bytes.count)")
        }
        return try Tensor(name, type: type, shape: shape, bytes: TensorBuffer(count: bytes.count) { $0.copyMemory(from: bytes) })
    }

    private static func strings(_ bytes: UnsafeRawBufferPointer, name: String, count: Int) throws -> [String] {
        var strings: [String] = []
        var offset = 0
        while offset + 4 <= bytes.count {
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            guard length <= bytes.count - offset - 4 else { break }
            strings.append(String(decoding: bytes[offset + 4..<offset + 4 + length], as: UTF8.self))
            offset += 4 + length
        }
        guard offset == bytes.count else { throw TernError.invalid("input '\(name)': string \(strings.count) is cut off") }
        guard strings.count == count else {
            throw TernError.invalid("expected \(count) string elements for input '\(name)', got \(strings.count)")
        }
        return strings
    }

    /// Appends a tensor and answers how many bytes that took.
    static func append(_ tensor: Tensor, to buffer: inout ByteBuffer) -> Int {
        switch tensor.storage {
        case .bytes(let bytes): return bytes.withUnsafeBytes { buffer.writeBytes($0) }
        case .strings(let strings):
            return strings.reduce(0) { size, string in
                size + buffer.writeInteger(UInt32(truncatingIfNeeded: string.utf8.count), endianness: .little) + buffer.writeString(string)
            }
        }
    }
}
