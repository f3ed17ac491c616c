/// Reads messages in Protocol Buffers' wire format, field by field, without generated code.
///
/// Every length is checked against the bytes that are there, so damaged or hostile input is refused and never read past its end.
/// Groups (wire types 3 and 4), which proto3 does not have, are refused. Source: protobuf.dev/programming-guides/encoding.
///
///     var reader = ProtobufReader(bytes)
///     while let field = try reader.next() {
///         switch field.number {
///         case 1: name = try field.string()
///         case 2: try readPoint(field.message())
///         default: break
///         }
///     }
package struct ProtobufReader: Sendable {
    /// How many messages may lie inside each other.
    package static let depthLimit = 64

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let depth: Int

    package init(_ bytes: ArraySlice<UInt8>) { self.init(bytes, depth: 0) }

    package init(_ bytes: [UInt8]) { self.init(bytes[...], depth: 0) }

    fileprivate init(_ bytes: ArraySlice<UInt8>, depth: Int) {
        self.bytes = bytes
        self.depth = depth
        position = bytes.startIndex
    }

    /// The next field, nil at the end of the message.
    ///
    /// - Throws: `invalid_argument` when the bytes are not a message.
    package mutating func next() throws -> ProtobufField? {
        guard position < bytes.endIndex else { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), (1...536_870_911).contains(number) else { throw refusal("a field number is out of range") }
        switch tag & 7 {
        case 0: return ProtobufField(number: number, value: .varint(try varint()), depth: depth)
        case 1: return ProtobufField(number: number, value: .fixed64(try littleEndian(8)), depth: depth)
        case 2:
            guard let length = Int(exactly: try varint()) else { throw refusal("a length is out of range") }
            return ProtobufField(number: number, value: .bytes(try take(length)), depth: depth)
        case 5: return ProtobufField(number: number, value: .fixed32(UInt32(truncatingIfNeeded: try littleEndian(4))), depth: depth)
        default: throw refusal("field \(number) has the unknown wire type \(tag & 7)")
        }
    }

    fileprivate var isAtEnd: Bool { position >= bytes.endIndex }

    /// Seven bits a byte, the lowest first, ten bytes at most.
    fileprivate mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw refusal("a varint has more than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw refusal("it ends inside a varint")
    }

    fileprivate mutating func littleEndian(_ count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - position else { throw refusal("it ends inside a field of \(count) bytes") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private func refusal(_ what: String) -> TernError {
        .invalid("not a Protocol Buffers message: \(what), at byte \(position - bytes.startIndex) (message depth \(depth))")
    }
}

/// One field of a message: its number and its value, still without a type. The asker says what it should be.
package struct ProtobufField: Sendable {
    package enum Value: Hashable, Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A string, bytes, a message inside, or packed numbers.
        case bytes(ArraySlice<UInt8>)
    }

    package let number: Int
    package let value: Value
    private let depth: Int

    fileprivate init(number: Int, value: Value, depth: Int) {
        self.number = number
        self.value = value
        self.depth = depth
    }

    /// `int32`, `int64` or an enum.
    package func int64() throws -> Int64 { Int64(bitPattern: try uint64()) }

    /// `uint32` or `uint64`.
    package func uint64() throws -> UInt64 {
        guard case .varint(let value) = value else { throw mismatch("a varint") }
        return value
    }

    /// `sint32` or `sint64`: zigzag, so that small negative numbers are short.
    package func sint64() throws -> Int64 {
        let value = try uint64()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    package func bool() throws -> Bool { try uint64() != 0 }

    package func fixed64() throws -> UInt64 {
        guard case .fixed64(let value) = value else { throw mismatch("64 fixed bits") }
        return value
    }

    package func fixed32() throws -> UInt32 {
        guard case .fixed32(let value) = value else { throw mismatch("32 fixed bits") }
        return value
    }

    package func double() throws -> Double { Double(bitPattern: try fixed64()) }
    package func float() throws -> Float { Float(bitPattern: try fixed32()) }

    package func bytes() throws -> ArraySlice<UInt8> {
        guard case .bytes(let value) = value else { throw mismatch("a length and bytes") }
        return value
    }

    /// - Throws: `invalid_argument` also when the bytes are not UTF-8.
    package func string() throws -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else { throw mismatch("text in UTF-8") }
        return text
    }

    /// The message inside this field.
    ///
    /// - Throws: `invalid_argument` also when messages lie deeper in each other than `ProtobufReader.depthLimit`.
    package func message() throws -> ProtobufReader {
        guard depth < ProtobufReader.depthLimit else {
            throw TernError.invalid("not read: messages lie more than \(ProtobufReader.depthLimit) deep in field \(number)")
        }
        return ProtobufReader(try bytes(), depth: depth + 1)
    }

    // A repeated number comes packed (all in one field) or one field each; both forms are read.

    package func doubles() throws -> [Double] {
        if case .fixed64 = value { return [try double()] }
        return try packed { Double(bitPattern: try $0.littleEndian(8)) }
    }

    package func floats() throws -> [Float] {
        if case .fixed32 = value { return [try float()] }
        return try packed { Float(bitPattern: UInt32(truncatingIfNeeded: try $0.littleEndian(4))) }
    }

    /// Repeated varints; for `int32` and `int64` take `Int64(bitPattern:)` of each.
    package func varints() throws -> [UInt64] {
        if case .varint(let value) = value { return [value] }
        return try packed { try $0.varint() }
    }

    private func packed<Element>(_ read: (inout ProtobufReader) throws -> Element) throws -> [Element] {
        var reader = ProtobufReader(try bytes(), depth: depth)
        var elements: [Element] = []
        while !reader.isAtEnd { elements.append(try read(&reader)) }
        return elements
    }

    private func mismatch(_ expected: String) -> TernError {
        .invalid("not the expected Protocol Buffers message: field \(number) is not \(expected)")
    }
}
