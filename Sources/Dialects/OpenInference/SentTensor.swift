import CSimdjson
import TernInference
import TernKernel

/// One input before its numbers are read: they may stand before their type and shape.
struct SentTensor {
    private var name: String
    private var shape: [Int]
    private var datatype: String
    /// Where the JSON document keeps `data`.
    private var data: Int?
    /// How many bytes of what follows the JSON are this input's.
    private var binarySize: Int?

    static let sharedMemory = TernError(.notImplemented, "shared memory is not supported", hint: "send the tensor in the request")

    init(_ events: inout JSONEvents) throws {
        var name: String?
        var shape: [Int]?
        var datatype: String?
        var data: Int?
        var binarySize: Int?
        try events.fields(of: "an input") { key, events in
            switch key {
            case "name": name = try events.string("an input's 'name'")
            case "datatype": datatype = try events.string("an input's 'datatype'")
            case "shape":
                var dimensions: [Int] = []
                try events.elements(of: "an input's 'shape'") { dimensions.append(try $0.integer("a dimension")) }
                shape = dimensions
            case "data":
                guard let event = events.next(), event.kind == TERN_JSON_DEFERRED else { throw TernError.invalid("an input's 'data' cannot be read") }
                data = Int(event.value.integer)
            case "parameters":
                try events.fields(of: "an input's 'parameters'") { key, events in
                    switch key {
                    case "binary_data_size": binarySize = try events.integer("'binary_data_size'")
                    case "shared_memory_region": throw SentTensor.sharedMemory
                    default: events.skip()
                    }
                }
            default: events.skip()
            }
        }
        guard let name else { throw TernError.invalid("an input has no 'name'") }
        guard let shape else { throw TernError.invalid("input '\(name)' has no 'shape'") }
        guard let datatype else { throw TernError.invalid("input '\(name)' has no 'datatype'") }
        (self.name, self.shape, self.datatype, self.data, self.binarySize) = (name, shape, datatype, data, binarySize)
    }

    /// - Parameter rest: what follows the JSON; this input's part is taken off its front.
    func tensor(_ document: tern_json_document, _ rest: inout Slice<UnsafeRawBufferPointer>) throws -> Tensor {
        guard let type = TensorType(datatype: datatype) else { throw TernError.invalid("invalid datatype for input \(name)") }
        guard let count = Tensor.elements(in: shape) else { throw TernError.invalid("input '\(name)' has the shape \(shape), which is none") }
        if let binarySize {
            guard data == nil else { throw TernError.invalid("input '\(name)' has both 'data' and 'binary_data_size'") }
            guard binarySize >= 0, binarySize <= rest.count else {
                throw TernError.invalid("input '\(name)' has a binary_data_size of \(binarySize), but only \(rest.count) bytes follow")
            }
            let bytes = rest.prefix(binarySize)
            rest = rest.dropFirst(binarySize)
            return try BinaryTensor.read(UnsafeRawBufferPointer(rebasing: bytes), name: name, type: type, shape: shape, count: count)
        }
        guard let data else { throw TernError.invalid("input '\(name)' has neither 'data' nor 'binary_data_size'") }
        // An element takes at least a character, so a shape that promises more than the whole document holds is not worth allocating for.
        guard count <= BinaryTensor.mostElements else { throw TernError(.tooLarge, "input '\(name)' has \(count) elements") }
        return try type == .string ? texts(document, data, count) : numbers(document, data, type, count)
    }

    private func numbers(_ document: tern_json_document, _ data: Int, _ type: TensorType, _ count: Int) throws -> Tensor {
        guard type != .float16, type != .bfloat16 else { throw TernError.invalid("input '\(name)': \(datatype) goes as binary data only") }
        let bytes = try TensorBuffer(count: count * type.size) { buffer in
            try check(tern_json_read_numbers(document, data, type.rawValue, buffer.baseAddress, count), count)
        }
        return try Tensor(name, type: type, shape: shape, bytes: bytes)
    }

    private func texts(_ document: tern_json_document, _ data: Int, _ count: Int) throws -> Tensor {
        let events = try [tern_json_event](unsafeUninitializedCapacity: count) { buffer, filled in
            let answer = tern_json_read_texts(document, data, buffer.baseAddress, count)
            filled = answer.count
            try check(answer, count)
        }
        return try Tensor(name, shape: shape, strings: events.map(\.string))
    }

    private func check(_ filled: tern_json_filled, _ count: Int) throws {
        switch filled.status {
        case TERN_JSON_FINE: return
        case TERN_JSON_TOO_FEW, TERN_JSON_TOO_MANY:
            let found = filled.status == TERN_JSON_TOO_FEW ? "\(filled.count)" : "more than \(count)"
            throw TernError.invalid(
                "Unable to parse 'data': Shape does not match true shape of 'data' field: "
                    + "input '\(name)' has the shape \(shape) and \(found) elements")
        case TERN_JSON_OUT_OF_RANGE:
            throw TernError.invalid("Unable to parse 'data': element \(filled.count) of input '\(name)' does not fit \(datatype)")
        default:
            throw TernError.invalid("Unable to parse 'data': element \(filled.count) of input '\(name)' is not a \(datatype)")
        }
    }
}
