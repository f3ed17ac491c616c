import COnnxRuntime
import TernKernel

/// A value of the library, released when the last who reads it lets go.
final class ValueReference: @unchecked Sendable {  // Written by the library before this is made, and only read after.
    let pointer: OpaquePointer
    private let runtime: InferenceRuntime

    init(_ pointer: OpaquePointer, _ runtime: InferenceRuntime) {
        self.pointer = pointer
        self.runtime = runtime
    }

    deinit { ort_release_value(runtime.table, pointer) }
}

/// Takes tensors to the library and back: fixed-size elements stay where they lie, strings are copied.
struct TensorExchange {
    private let runtime: InferenceRuntime
    private var table: ort_table { runtime.table }

    init(_ runtime: InferenceRuntime) { self.runtime = runtime }

    // MARK: In

    /// A value over the tensor's own memory, so the tensor must outlive it.
    func value(of tensor: Tensor) throws -> ValueReference {
        let shape = tensor.shape.map(Int64.init)
        var value: OpaquePointer?
        switch tensor.storage {
        case .bytes(let buffer):
            try buffer.withUnsafeBytes { bytes in
                // The library promises not to write to inputs; its signature predates const.
                let address = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                try runtime.check(
                    ort_tensor_over_memory(table, runtime.memory, address, bytes.count, shape, shape.count, tensor.type.rawValue, &value),
                    "input '\(tensor.name)'")
            }
        case .strings:
            try runtime.check(
                ort_create_tensor(table, runtime.allocator, shape, shape.count, TensorType.string.rawValue, &value), "input '\(tensor.name)'")
        }
        guard let value else { throw TernError(.internal, "input '\(tensor.name)' has no value") }
        let reference = ValueReference(value, runtime)
        for (index, string) in (tensor.strings ?? []).enumerated() { try fill(value, index, with: string, of: tensor) }
        return reference
    }

    /// By length rather than by terminator, so that a string may hold a zero byte.
    private func fill(_ value: OpaquePointer, _ index: Int, with string: String, of tensor: Tensor) throws {
        var string = string
        try string.withUTF8 { text in
            var target: UnsafeMutablePointer<CChar>?
            try runtime.check(ort_string_buffer(table, value, index, text.count, &target), "input '\(tensor.name)'")
            if let target, let source = text.baseAddress { UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: text.count) }
        }
    }

    // MARK: Out

    /// The tensor of an answer; its fixed-size elements stay where the library put them.
    func tensor(of value: ValueReference, named name: String) throws -> Tensor {
        var kind: Int32 = 0
        try runtime.check(ort_kind_of_value(table, value.pointer, &kind), "output '\(name)'")
        guard Int(kind) == ORT_KIND_TENSOR else { return try ClassMaps(runtime, self).flatten(value.pointer, named: name) }
        let (type, shape) = try description(of: value.pointer, named: name)
        let count = Tensor.elements(in: shape) ?? 0
        if type == .string { return Tensor(name, .string, shape, .strings(try strings(of: value.pointer, count: count)), nil) }
        var data: UnsafeMutableRawPointer?
        try runtime.check(ort_tensor_data(table, value.pointer, &data), "output '\(name)'")
        let memory = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : count * type.size)
        return Tensor(name, type, shape, .bytes(TensorBuffer(borrowing: memory) { withExtendedLifetime(value) {} }), nil)
    }

    func description(of value: OpaquePointer, named name: String) throws -> (type: TensorType, shape: [Int]) {
        var info: OpaquePointer?
        try runtime.check(ort_value_tensor_info(table, value, &info), "output '\(name)'")
        guard let info else { throw TernError(.internal, "output '\(name)' has no type") }
        defer { ort_release_tensor_info(table, info) }
        var element: Int32 = 0
        var rank = 0
        try runtime.check(ort_element_type(table, info, &element), "output '\(name)'")
        try runtime.check(ort_dimension_count(table, info, &rank), "output '\(name)'")
        var dimensions = [Int64](repeating: 0, count: rank)
        try runtime.check(ort_dimensions(table, info, &dimensions, rank), "output '\(name)'")
        guard let type = TensorType(rawValue: element) else {
            throw TernError(.notImplemented, "output '\(name)' has an element type that Tern does not know (ONNX type \(element))")
        }
        return (type, dimensions.map { Int($0) })
    }

    func strings(of value: OpaquePointer, count: Int) throws -> [String] {
        guard count > 0 else { return [] }
        var length = 0
        try runtime.check(ort_strings_length(table, value, &length), "strings")
        var text = [UInt8](repeating: 0, count: length)
        var offsets = [Int](repeating: 0, count: count)
        try runtime.check(ort_strings_content(table, value, &text, length, &offsets, count), "strings")
        offsets.append(length)
        return (0..<count).map { String(decoding: text[offsets[$0]..<max(offsets[$0], offsets[$0 + 1])], as: UTF8.self) }
    }
}
