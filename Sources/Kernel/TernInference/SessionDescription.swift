import COnnxRuntime
import TernKernel

/// Reads a session's inputs, outputs and metadata.
struct SessionDescription {
    let session: OpaquePointer
    let runtime: InferenceRuntime
    private var table: ort_table { runtime.table }

    init(session: OpaquePointer, runtime: InferenceRuntime) {
        self.session = session
        self.runtime = runtime
    }

    func inputs() throws -> [TensorInfo] {
        var count = 0
        try runtime.check(ort_input_count(table, session, &count), "inputs")
        return try (0..<count).map { index in
            var name: UnsafeMutablePointer<CChar>?
            try runtime.check(ort_input_name(table, session, index, runtime.allocator, &name), "inputs")
            return try info(named: runtime.take(name)) { ort_input_type(table, session, index, &$0) }
        }
    }

    func outputs() throws -> [TensorInfo] {
        var count = 0
        try runtime.check(ort_output_count(table, session, &count), "outputs")
        return try (0..<count).map { index in
            var name: UnsafeMutablePointer<CChar>?
            try runtime.check(ort_output_name(table, session, index, runtime.allocator, &name), "outputs")
            return try info(named: runtime.take(name)) { ort_output_type(table, session, index, &$0) }
        }
    }

    private func info(named name: String, _ read: (inout OpaquePointer?) -> OpaquePointer?) throws -> TensorInfo {
        var type: OpaquePointer?
        try runtime.check(read(&type), "type of '\(name)'")
        guard let type else { throw TernError(.internal, "no type for '\(name)'") }
        defer { ort_release_type(table, type) }
        var kind: Int32 = 0
        try runtime.check(ort_kind_of_type(table, type, &kind), "type of '\(name)'")
        switch Int(kind) {
        case ORT_KIND_TENSOR:
            return try tensor(type, named: name)
        case ORT_KIND_SEQUENCE where try mapValue(of: type) != nil:
            return TensorInfo(name: name, type: try mapValue(of: type) ?? .float32, shape: [-1, -1])
        default:
            throw TernError.invalid(
                "'\(name)' of the model is neither a tensor nor a map of probabilities per row, which Tern cannot serve",
                hint: "export the model with tensors only, for example skl2onnx's option zipmap=False")
        }
    }

    private func tensor(_ type: OpaquePointer, named name: String) throws -> TensorInfo {
        var info: OpaquePointer?
        try runtime.check(ort_tensor_of_type(table, type, &info), "type of '\(name)'")
        var element: Int32 = 0
        try runtime.check(ort_element_type(table, info, &element), "type of '\(name)'")
        var rank = 0
        try runtime.check(ort_dimension_count(table, info, &rank), "shape of '\(name)'")
        var dimensions = [Int64](repeating: 0, count: rank)
        try runtime.check(ort_dimensions(table, info, &dimensions, rank), "shape of '\(name)'")
        guard let known = TensorType(rawValue: element) else {
            throw TernError.invalid("'\(name)' of the model has an element type that Tern does not know (ONNX type \(element))")
        }
        return TensorInfo(name: name, type: known, shape: dimensions.map { $0 < 0 ? -1 : Int($0) })
    }

    /// The value type of a sequence of maps; nil for any other sequence.
    private func mapValue(of type: OpaquePointer) throws -> TensorType? {
        var sequence: OpaquePointer?
        try runtime.check(ort_sequence_of_type(table, type, &sequence), "sequence type")
        var element: OpaquePointer?
        try runtime.check(ort_sequence_element_type(table, sequence, &element), "sequence type")
        guard let element else { return nil }
        defer { ort_release_type(table, element) }
        var kind: Int32 = 0
        try runtime.check(ort_kind_of_type(table, element, &kind), "sequence type")
        guard Int(kind) == ORT_KIND_MAP else { return nil }
        var map: OpaquePointer?
        try runtime.check(ort_map_of_type(table, element, &map), "map type")
        var value: OpaquePointer?
        try runtime.check(ort_map_value_type(table, map, &value), "map type")
        guard let value else { return nil }
        defer { ort_release_type(table, value) }
        return try tensor(value, named: "a map's value").type
    }

    func metadata() throws -> [String: String] {
        var metadata: OpaquePointer?
        try runtime.check(ort_session_metadata(table, session, &metadata), "metadata")
        guard let metadata else { return [:] }
        defer { ort_release_metadata(table, metadata) }
        var answer: [String: String] = [:]
        var producer: UnsafeMutablePointer<CChar>?
        try runtime.check(ort_metadata_producer(table, metadata, runtime.allocator, &producer), "metadata")
        let name = runtime.take(producer)
        if !name.isEmpty { answer["producer"] = name }
        var keys: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        var count: Int64 = 0
        try runtime.check(ort_metadata_keys(table, metadata, runtime.allocator, &keys, &count), "metadata")
        guard let keys else { return answer }
        defer { if let status = ort_free(table, runtime.allocator, keys) { ort_release_status(table, status) } }
        for index in 0..<Int(count) {
            let key = runtime.take(keys[index])
            var value: UnsafeMutablePointer<CChar>?
            try runtime.check(ort_metadata_value(table, metadata, runtime.allocator, key, &value), "metadata")
            answer[key] = runtime.take(value)
        }
        return answer
    }
}
