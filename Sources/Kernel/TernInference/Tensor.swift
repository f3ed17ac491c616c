import TernKernel

/// What a tensor holds: the bytes of fixed-size elements, little endian and row-major as on the wire, or strings.
package enum TensorStorage: Hashable, Sendable {
    case bytes(TensorBuffer)
    case strings([String])
}

/// A named array of one element type.
package struct Tensor: Hashable, Sendable {
    package var name: String
    package let type: TensorType
    package let shape: [Int]
    package let storage: TensorStorage
    /// The class of each column, for probabilities that came out of a map per row (ZipMap).
    package let classes: [String]?

    /// Takes bytes as they are.
    ///
    /// - Throws: `invalid_argument` when they are not as many as the shape needs.
    package init(_ name: String, type: TensorType, shape: [Int], bytes: TensorBuffer) throws {
        guard type != .string else { throw TernError.invalid("tensor '\(name)': strings have no fixed size") }
        guard let elements = Tensor.elements(in: shape), elements.multipliedReportingOverflow(by: type.size) == (bytes.count, false) else {
            let found = bytes.count % type.size == 0 ? "\(bytes.count / type.size) elements" : "\(bytes.count) bytes"
            throw TernError.invalid(
                "tensor '\(name)' has \(found), but its shape \(shape) needs \(Tensor.elements(in: shape) ?? -1) of \(type.datatype)")
        }
        self.init(name, type, shape, .bytes(bytes), nil)
    }

    /// - Throws: `invalid_argument` when they are not as many as the shape needs.
    package init<Element: TensorElement>(_ name: String, shape: [Int], values: [Element]) throws {
        try self.init(name, type: Element.tensorType, shape: shape, bytes: TensorBuffer(values: values))
    }

    /// - Throws: `invalid_argument` when they are not as many as the shape needs.
    package init(_ name: String, shape: [Int], strings: [String]) throws {
        guard Tensor.elements(in: shape) == strings.count else {
            throw TernError.invalid(
                "tensor '\(name)' has \(strings.count) elements, but its shape \(shape) needs \(Tensor.elements(in: shape) ?? -1)")
        }
        self.init(name, .string, shape, .strings(strings), nil)
    }

    init(_ name: String, _ type: TensorType, _ shape: [Int], _ storage: TensorStorage, _ classes: [String]?) {
        self.name = name
        self.type = type
        self.shape = shape
        self.storage = storage
        self.classes = classes
    }

    /// The product of a shape; nil when a dimension is negative or the product does not fit.
    package static func elements(in shape: [Int]) -> Int? {
        var product = 1
        for dimension in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            product = next
        }
        return product
    }

    package var count: Int {
        switch storage {
        case .bytes(let bytes): bytes.count / Swift.max(type.size, 1)
        case .strings(let strings): strings.count
        }
    }

    /// The first dimension; 1 for a scalar.
    package var rows: Int { shape.first ?? 1 }

    /// The elements, when they are of exactly this type.
    package func values<Element: TensorElement>(as element: Element.Type) -> [Element]? {
        guard case .bytes(let bytes) = storage, type == Element.tensorType else { return nil }
        return bytes.withUnsafeBytes { raw in
            if Element.self == Bool.self { return raw.map { $0 != 0 } as? [Element] }
            return (0..<count).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self) }
        }
    }

    /// The elements as numbers, whatever their width; nil for strings.
    package var numbers: [Double]? {
        switch type {
        case .float32: values(as: Float.self)?.map { Double($0) }
        case .float64: values(as: Double.self)
        case .int8: values(as: Int8.self)?.map { Double($0) }
        case .int16: values(as: Int16.self)?.map { Double($0) }
        case .int32: values(as: Int32.self)?.map { Double($0) }
        case .int64: values(as: Int64.self)?.map { Double($0) }
        case .uint8: values(as: UInt8.self)?.map { Double($0) }
        case .uint16: values(as: UInt16.self)?.map { Double($0) }
        case .uint32: values(as: UInt32.self)?.map { Double($0) }
        case .uint64: values(as: UInt64.self)?.map { Double($0) }
        case .bool: values(as: Bool.self)?.map { $0 ? 1 : 0 }
        case .float16: halves?.map(HalfFloat.number(ieee:))
        case .bfloat16: halves?.map(HalfFloat.number(brain:))
        case .string: nil
        }
    }

    /// The elements of a string tensor.
    package var strings: [String]? { if case .strings(let strings) = storage { strings } else { nil } }

    private var halves: [UInt16]? {
        guard case .bytes(let bytes) = storage else { return nil }
        return bytes.withUnsafeBytes { raw in (0..<count).map { raw.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self) } }
    }
}

/// The two 16-bit floating point formats, by their bits (Swift's `Float16` is not on every platform).
enum HalfFloat {
    static func number(brain bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }

    static func number(ieee bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10) & 0x1f
        let fraction = Double(bits & 0x3ff)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }

    static func ieee(_ value: Double) -> UInt16 {
        let float = Float(value)
        let sign = UInt16(truncatingIfNeeded: float.bitPattern >> 16) & 0x8000
        if value.isNaN { return sign | 0x7e00 }
        let size = abs(value)
        if size >= 65_520 { return sign | 0x7c00 }
        if size < 0x1p-14 { return sign | UInt16((size * 0x1p24).rounded(.toNearestOrEven)) }
        let exponent = Int(size.exponent)
        let fraction = ((size.significand - 1) * 1024).rounded(.toNearestOrEven)
        // A fraction that rounds up to 1024 carries into the exponent, which is right.
        return sign | (UInt16((exponent + 15) << 10) + UInt16(fraction))
    }

    static func brain(_ value: Double) -> UInt16 {
        if value.isNaN { return 0x7fc0 }
        let bits = Float(value).bitPattern
        let rounding = UInt32(0x7fff) + ((bits >> 16) & 1)
        return UInt16(truncatingIfNeeded: bits.addingReportingOverflow(rounding).partialValue >> 16)
    }
}
