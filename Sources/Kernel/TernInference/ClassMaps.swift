import COnnxRuntime
import TernKernel

/// Flattens one map per row (what skl2onnx's ZipMap gives) to probabilities `[rows, classes]` with the classes beside them.
struct ClassMaps {
    private let runtime: InferenceRuntime
    private let exchange: TensorExchange

    init(_ runtime: InferenceRuntime, _ exchange: TensorExchange) {
        self.runtime = runtime
        self.exchange = exchange
    }

    func flatten(_ value: OpaquePointer, named name: String) throws -> Tensor {
        var rows = 0
        try runtime.check(ort_element_count(runtime.table, value, &rows), "output '\(name)'")
        var classes: [String]?
        var probabilities: [Float] = []
        for row in 0..<rows {
            let (keys, values) = try element(value, row, named: name) { try self.pairs(of: $0, named: name) }
            if classes == nil {
                classes = keys
                probabilities.reserveCapacity(rows * keys.count)
            }
            guard let known = classes else { break }
            if keys == known {
                probabilities += values
            } else {
                // Another order, or a class that this row lacks.
                let byKey = Dictionary(zip(keys, values)) { first, _ in first }
                probabilities += known.map { byKey[$0] ?? 0 }
            }
        }
        let width = classes?.count ?? 0
        return Tensor(name, .float32, [rows, width], .bytes(TensorBuffer(values: probabilities)), classes ?? [])
    }

    private func pairs(of map: OpaquePointer, named name: String) throws -> ([String], [Float]) {
        let keys = try element(map, 0, named: name) { keys in
            let (type, shape) = try exchange.description(of: keys, named: name)
            return type == .string
                ? try exchange.strings(of: keys, count: Tensor.elements(in: shape) ?? 0)
                : try numbers(keys, type, shape, named: name).map { String(Int64($0)) }
        }
        let values = try element(map, 1, named: name) { values in
            let (type, shape) = try exchange.description(of: values, named: name)
            return try numbers(values, type, shape, named: name).map { Float($0) }
        }
        guard keys.count == values.count else { throw TernError(.internal, "output '\(name)' is not a map of probabilities") }
        return (keys, values)
    }

    private func numbers(_ value: OpaquePointer, _ type: TensorType, _ shape: [Int], named name: String) throws -> [Double] {
        var data: UnsafeMutableRawPointer?
        try runtime.check(ort_tensor_data(runtime.table, value, &data), "output '\(name)'")
        let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : (Tensor.elements(in: shape) ?? 0) * type.size)
        return try Tensor(name, type: type, shape: shape, bytes: TensorBuffer(bytes)).numbers ?? []
    }

    private func element<Answer>(_ value: OpaquePointer, _ index: Int, named name: String, _ body: (OpaquePointer) throws -> Answer) throws -> Answer
    {
        var part: OpaquePointer?
        try runtime.check(ort_element(runtime.table, value, Int32(index), runtime.allocator, &part), "output '\(name)'")
        guard let part else { throw TernError(.internal, "output '\(name)' has no element \(index)") }
        defer { ort_release_value(runtime.table, part) }
        return try body(part)
    }
}
