import TernKernel

extension Tensor {
    /// A column as a tensor `[rows, 1]` (or `[rows]` when `vector`), its numbers cast to `type`.
    ///
    /// A missing value becomes NaN in a float tensor and an empty string in a string tensor.
    /// - Throws: `invalid_argument` naming the first row that cannot be cast.
    package init(column: Column, type: TensorType, vector: Bool = false) throws {
        let shape = vector ? [column.count] : [column.count, 1]
        if type == .string {
            self.init(column.name, .string, shape, .strings(column.texts.map { $0 ?? "" }), nil)
        } else if type == .int64, case .int(let values) = column.values, !values.contains(nil) {
            // Not by way of Double, which has 53 bits.
            self.init(column.name, type, shape, .bytes(TensorBuffer(values: values.compactMap { $0 })), nil)
        } else {
            let numbers = try Tensor.numbers(of: column, for: type)
            self.init(column.name, type, shape, .bytes(try Tensor.pack(numbers, as: type, column: column.name)), nil)
        }
    }

    /// Several columns side by side as one tensor `[rows, columns]`.
    init(_ name: String, matrix columns: [Column], type: TensorType) throws {
        let rows = columns.first?.count ?? 0
        guard columns.allSatisfy({ $0.count == rows }) else { throw TernError.invalid("the columns for '\(name)' are not equally long") }
        if type == .string {
            let texts = columns.map(\.texts)
            let strings = (0..<rows).flatMap { row in texts.map { $0[row] ?? "" } }
            self.init(name, .string, [rows, columns.count], .strings(strings), nil)
        } else {
            let numbers = try columns.map { try Tensor.numbers(of: $0, for: type) }
            let flat = (0..<rows).flatMap { row in numbers.map { $0[row] } }
            self.init(name, type, [rows, columns.count], .bytes(try Tensor.pack(flat, as: type, column: name)), nil)
        }
    }

    /// A missing number is nil only where `type` can say so (NaN); a text that is a number counts as one.
    private static func numbers(of column: Column, for type: TensorType) throws -> [Double?] {
        let numbers: [Double?]
        if let known = column.numbers {
            numbers = known
        } else if case .text(let texts) = column.values {
            numbers = try texts.enumerated().map { row, text in
                guard let text else { return nil }
                guard let number = Double(text) else {
                    throw TernError.invalid("row \(row + 1) of '\(column.name)' is '\(text)', which is not a number, as \(type.datatype) needs")
                }
                return number
            }
        } else {
            throw TernError.invalid("the column '\(column.name)' holds times, which cannot be a \(type.datatype) input")
        }
        if !type.isFloat, let row = numbers.firstIndex(where: { $0 == nil }) {
            throw TernError.invalid(
                "row \(row + 1) of '\(column.name)' is missing, and \(type.datatype) has no missing value", hint: "fill it before asking")
        }
        return numbers
    }

    private static func pack(_ numbers: [Double?], as type: TensorType, column: String) throws -> TensorBuffer {
        func whole<Whole: FixedWidthInteger & TensorElement>(_: Whole.Type) throws -> TensorBuffer {
            TensorBuffer(
                values: try numbers.enumerated().map { row, number in
                    guard let number, let whole = Whole(exactly: number) else {
                        throw TernError.invalid("row \(row + 1) of '\(column)' is \(number ?? .nan), which does not fit \(type.datatype)")
                    }
                    return whole
                })
        }
        switch type {
        case .float32: return TensorBuffer(values: numbers.map { Float($0 ?? .nan) })
        case .float64: return TensorBuffer(values: numbers.map { $0 ?? .nan })
        case .float16: return TensorBuffer(values: numbers.map { HalfFloat.ieee($0 ?? .nan) })
        case .bfloat16: return TensorBuffer(values: numbers.map { HalfFloat.brain($0 ?? .nan) })
        case .int8: return try whole(Int8.self)
        case .int16: return try whole(Int16.self)
        case .int32: return try whole(Int32.self)
        case .int64: return try whole(Int64.self)
        case .uint8: return try whole(UInt8.self)
        case .uint16: return try whole(UInt16.self)
        case .uint32: return try whole(UInt32.self)
        case .uint64: return try whole(UInt64.self)
        case .bool: return TensorBuffer(values: numbers.map { ($0 ?? 0) != 0 })
        case .string: throw TernError.invalid("'\(column)': numbers are not strings")
        }
    }

    /// The tensor as columns: `[n]` and `[n, 1]` give one of the tensor's name, `[n, k]` give `name[0]`, `name[1]` (or `name[class]`) and so on.
    ///
    /// - Throws: `invalid_argument` for more than two dimensions with more than one element a row.
    package func columns() throws -> [Column] {
        let rows = rows
        let width = rows == 0 ? Swift.max(shape.dropFirst().first ?? 1, 0) : count / rows
        guard shape.count <= 2 || width == 1 else {
            throw TernError.invalid("tensor '\(name)' has \(shape.count) dimensions, which are not columns")
        }
        if width == 1, classes == nil { return [Column(name, values(rows: rows, width: 1, at: 0))] }
        let labels = classes ?? (0..<width).map { String($0) }
        return (0..<width).map {
            Column("\(name)[\(labels.indices.contains($0) ? labels[$0] : String($0))]", values(rows: rows, width: width, at: $0))
        }
    }

    private func values(rows: Int, width: Int, at offset: Int) -> Column.Values {
        func pick<Element>(_ all: [Element]?) -> [Element] {
            guard let all else { return [] }
            return (0..<rows).compactMap { row in
                let index = row * width + offset
                return all.indices.contains(index) ? all[index] : nil
            }
        }
        switch type {
        case .string: return .text(pick(strings))
        case .bool: return .bool(pick(values(as: Bool.self)))
        case .int64: return .int(pick(values(as: Int64.self)))
        case .uint64: return .int(pick(values(as: UInt64.self)).map { Int64(clamping: $0) })
        case .float16, .bfloat16, .float32, .float64: return .double(pick(numbers))
        default: return .int(pick(numbers).map { Int64($0) })
        }
    }
}
