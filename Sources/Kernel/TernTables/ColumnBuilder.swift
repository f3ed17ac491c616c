import CDuckDB
import TernKernel

/// Gathers one column from the vectors of a result.
struct ColumnBuilder {
    private let name: String
    private let type: Int
    private let decimal: (digits: Int, storage: Int32)?
    private var values: Column.Values
    /// The same values as numbers, once a 128-bit or unsigned one did not fit 64 bits.
    private var wide: [Double?]?

    init(_ name: String, _ type: Int32, scale: (digits: Int, storage: Int32)?) throws {
        self.name = name
        self.type = Int(type)
        decimal = scale
        switch Int(type) {
        case DUCK_BOOLEAN: values = .bool([])
        case DUCK_FLOAT, DUCK_DOUBLE, DUCK_DECIMAL: values = .double([])
        case DUCK_VARCHAR, DUCK_SQLNULL, DUCK_INVALID: values = .text([])
        case DUCK_DATE, DUCK_TIMESTAMP, DUCK_TIMESTAMP_S, DUCK_TIMESTAMP_MS, DUCK_TIMESTAMP_NS, DUCK_TIMESTAMP_TZ: values = .time([])
        case DUCK_TINYINT, DUCK_SMALLINT, DUCK_INTEGER, DUCK_BIGINT, DUCK_UTINYINT, DUCK_USMALLINT, DUCK_UINTEGER, DUCK_UBIGINT, DUCK_HUGEINT:
            values = .int([])
        default:
            throw TernError(
                .invalidArgument, "the column '\(name)' has a type that cannot be read here", hint: "cast it in the query: CAST(… AS VARCHAR)")
        }
    }

    var column: Column { Column(name, wide.map(Column.Values.double) ?? values) }

    mutating func appendMissing(_ size: Int) {
        switch values {
        case .bool(let old): values = .bool(old + repeatElement(nil, count: size))
        case .int(let old): values = .int(old + repeatElement(nil, count: size))
        case .double(let old): values = .double(old + repeatElement(nil, count: size))
        case .text(let old): values = .text(old + repeatElement(nil, count: size))
        case .time(let old): values = .time(old + repeatElement(nil, count: size))
        }
        if let old = wide { wide = old + repeatElement(nil, count: size) }
    }

    mutating func append(_ size: Int, from data: UnsafeRawPointer, valid: (Int) -> Bool) {
        switch type {
        case DUCK_BOOLEAN: bools(data, size, valid)
        case DUCK_TINYINT: ints(data, size, valid, Int8.self)
        case DUCK_SMALLINT: ints(data, size, valid, Int16.self)
        case DUCK_INTEGER: ints(data, size, valid, Int32.self)
        case DUCK_BIGINT: ints(data, size, valid, Int64.self)
        case DUCK_UTINYINT: ints(data, size, valid, UInt8.self)
        case DUCK_USMALLINT: ints(data, size, valid, UInt16.self)
        case DUCK_UINTEGER: ints(data, size, valid, UInt32.self)
        case DUCK_UBIGINT: wides(data, size, valid, UInt64.self, exact: { Int64(exactly: $0) }, number: { Double($0) })
        case DUCK_HUGEINT: wides(data, size, valid, duck_hugeint.self, exact: \.exact, number: \.number)
        case DUCK_FLOAT: doubles(size, valid) { Double(data.load(fromByteOffset: $0 * 4, as: Float.self)) }
        case DUCK_DOUBLE: doubles(size, valid) { data.load(fromByteOffset: $0 * 8, as: Double.self) }
        case DUCK_DECIMAL: decimals(data, size, valid)
        case DUCK_VARCHAR: texts(data, size, valid)
        case DUCK_DATE: times(size, valid) { Int64(data.load(fromByteOffset: $0 * 4, as: Int32.self)).scaled(by: 86_400_000) }
        case DUCK_TIMESTAMP_S: times(size, valid) { data.load(fromByteOffset: $0 * 8, as: Int64.self).scaled(by: 1000) }
        case DUCK_TIMESTAMP_MS: times(size, valid) { data.load(fromByteOffset: $0 * 8, as: Int64.self) }
        case DUCK_TIMESTAMP, DUCK_TIMESTAMP_TZ: times(size, valid) { data.load(fromByteOffset: $0 * 8, as: Int64.self).floored(by: 1000) }
        case DUCK_TIMESTAMP_NS: times(size, valid) { data.load(fromByteOffset: $0 * 8, as: Int64.self).floored(by: 1_000_000) }
        default: appendMissing(size)
        }
    }

    private mutating func bools(_ data: UnsafeRawPointer, _ size: Int, _ valid: (Int) -> Bool) {
        guard case .bool(var list) = values else { return }
        values = .bool([])
        for row in 0..<size { list.append(valid(row) ? data.load(fromByteOffset: row, as: UInt8.self) != 0 : nil) }
        values = .bool(list)
    }

    private mutating func ints<Whole: FixedWidthInteger>(_ data: UnsafeRawPointer, _ size: Int, _ valid: (Int) -> Bool, _: Whole.Type) {
        guard case .int(var list) = values else { return }
        // Emptied first, so that the array has one owner and grows in place.
        values = .int([])
        let step = MemoryLayout<Whole>.stride
        for row in 0..<size { list.append(valid(row) ? Int64(data.load(fromByteOffset: row * step, as: Whole.self)) : nil) }
        values = .int(list)
    }

    private mutating func wides<Whole>(
        _ data: UnsafeRawPointer, _ size: Int, _ valid: (Int) -> Bool, _: Whole.Type, exact: (Whole) -> Int64?, number: (Whole) -> Double
    ) {
        guard case .int(var list) = values else { return }
        values = .int([])
        let step = MemoryLayout<Whole>.stride
        for row in 0..<size {
            let value = valid(row) ? data.load(fromByteOffset: row * step, as: Whole.self) : nil
            if wide == nil, let value, exact(value) == nil { wide = list.map { $0.map(Double.init) } }
            if wide != nil { wide?.append(value.map(number)) }
            list.append(value.flatMap(exact))
        }
        values = .int(list)
    }

    private mutating func doubles(_ size: Int, _ valid: (Int) -> Bool, _ load: (Int) -> Double) {
        guard case .double(var list) = values else { return }
        values = .double([])
        for row in 0..<size { list.append(valid(row) ? load(row) : nil) }
        values = .double(list)
    }

    private mutating func decimals(_ data: UnsafeRawPointer, _ size: Int, _ valid: (Int) -> Bool) {
        guard let decimal else { return appendMissing(size) }
        var divisor = 1.0
        for _ in 0..<decimal.digits { divisor *= 10 }
        doubles(size, valid) { row in
            let number: Double =
                switch Int(decimal.storage) {
                case DUCK_SMALLINT: Double(data.load(fromByteOffset: row * 2, as: Int16.self))
                case DUCK_INTEGER: Double(data.load(fromByteOffset: row * 4, as: Int32.self))
                case DUCK_BIGINT: Double(data.load(fromByteOffset: row * 8, as: Int64.self))
                default: data.load(fromByteOffset: row * 16, as: duck_hugeint.self).number
                }
            return number / divisor
        }
    }

    private mutating func texts(_ data: UnsafeRawPointer, _ size: Int, _ valid: (Int) -> Bool) {
        guard case .text(var list) = values else { return }
        values = .text([])
        for row in 0..<size {
            guard valid(row) else {
                list.append(nil)
                continue
            }
            let start = data + row * MemoryLayout<duck_text>.stride
            let length = Int(start.load(as: UInt32.self))
            // Short texts lie inside, right after the length; of longer ones there is a pointer.
            let bytes = length <= 12 ? start + 4 : start.load(fromByteOffset: 8, as: UnsafeRawPointer?.self)
            list.append(String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : length), as: UTF8.self))
        }
        values = .text(list)
    }

    private mutating func times(_ size: Int, _ valid: (Int) -> Bool, _ milliseconds: (Int) -> Int64) {
        guard case .time(var list) = values else { return }
        values = .time([])
        for row in 0..<size { list.append(valid(row) ? Timestamp(milliseconds: milliseconds(row)) : nil) }
        values = .time(list)
    }
}

extension Int64 {
    fileprivate func floored(by divisor: Int64) -> Int64 { self / divisor - (self % divisor < 0 ? 1 : 0) }

    fileprivate func scaled(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? (self < 0 ? .min : .max) : product
    }
}

extension duck_hugeint {
    fileprivate var number: Double { Double(upper) * 0x1p64 + Double(lower) }

    /// The value when it fits 64 bits.
    fileprivate var exact: Int64? {
        let low = Int64(bitPattern: lower)
        return upper == (low < 0 ? -1 : 0) ? low : nil
    }
}
