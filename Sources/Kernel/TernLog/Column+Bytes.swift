import TernKernel

/// A column's values in the log: kind, count, which are missing, and the others. Doubles that a Float holds exactly take four bytes.
private enum Kind: UInt8 {
    case bool = 0
    case int
    case double
    case float
    case text
    case time
}

extension ByteWriter {
    mutating func values(_ values: Column.Values) {
        switch values {
        case .bool(let values): list(.bool, values) { writer, present in writer.flags(count: present.count) { present[$0] } }
        case .int(let values): list(.int, values) { writer, present in for value in present { writer.signed(value) } }
        case .double(let values):
            if values.allSatisfy({ value in value.map { $0.isNaN || Double(Float($0)) == $0 } ?? true }) {
                list(.float, values) { writer, present in for value in present { writer.fixed32(Float(value).bitPattern) } }
            } else {
                list(.double, values) { writer, present in for value in present { writer.fixed64(value.bitPattern) } }
            }
        case .text(let values): list(.text, values) { writer, present in for value in present { writer.text(value) } }
        case .time(let values): list(.time, values) { writer, present in writer.differences(present) }
        }
    }

    /// Times in a row differ little: the first one, then the differences.
    mutating func times(_ times: [Timestamp]) {
        count(times.count)
        differences(times)
    }

    private mutating func differences(_ times: [Timestamp]) {
        var previous: Int64 = 0
        for time in times {
            signed(time.milliseconds &- previous)
            previous = time.milliseconds
        }
    }

    private mutating func list<Value>(_ kind: Kind, _ values: [Value?], _ write: (inout ByteWriter, [Value]) -> Void) {
        let present = values.compactMap { $0 }
        byte(kind.rawValue | (present.count == values.count ? 0 : 0x80))
        count(values.count)
        if present.count < values.count { flags(count: values.count) { values[$0] != nil } }
        write(&self, present)
    }
}

extension ByteReader {
    mutating func values() throws -> Column.Values {
        let tag = try byte()
        guard let kind = Kind(rawValue: tag & 0x7F) else { throw Damaged() }
        let someMissing = tag & 0x80 != 0
        switch kind {
        case .bool: return .bool(try list(someMissing, perByte: 8) { reader, count in try reader.flags(count: count) })
        case .int: return .int(try list(someMissing) { reader, count in try (0..<count).map { _ in try reader.signed() } })
        case .double:
            return .double(try list(someMissing) { reader, count in try (0..<count).map { _ in Double(bitPattern: try reader.fixed64()) } })
        case .float:
            return .double(try list(someMissing) { reader, count in try (0..<count).map { _ in Double(Float(bitPattern: try reader.fixed32())) } })
        case .text: return .text(try list(someMissing) { reader, count in try (0..<count).map { _ in try reader.text() } })
        case .time: return .time(try list(someMissing) { reader, count in try reader.differences(count) })
        }
    }

    mutating func times() throws -> [Timestamp] { try differences(try count()) }

    private mutating func differences(_ count: Int) throws -> [Timestamp] {
        var previous: Int64 = 0
        return try (0..<count).map { _ in
            previous &+= try signed()
            return Timestamp(milliseconds: previous)
        }
    }

    private mutating func list<Value>(
        _ someMissing: Bool, perByte: Int = 1, _ read: (inout ByteReader, Int) throws -> [Value]
    ) throws -> [Value?] {
        let count = try count(perByte: someMissing ? 8 : perByte)
        guard someMissing else { return try read(&self, count) }
        let there = try flags(count: count)
        var present = try read(&self, there.count { $0 }).makeIterator()
        return there.map { $0 ? present.next() : nil }
    }
}
