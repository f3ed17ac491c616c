import CSimdjson
import NIOCore
import TernInference
import TernKernel

/// What an output is to look like.
struct RequestedOutput {
    var name: String
    /// Nil: as the request says for all.
    var binary: Bool?
    /// The k most likely classes instead of the numbers.
    var classification: Int?
}

/// An inference request as it stands on the wire: JSON, and behind it the tensors that are not in the JSON.
struct InferRequest {
    var id: String?
    var inputs: [Tensor] = []
    /// Nil: all of them.
    var outputs: [RequestedOutput]?
    var binaryOutput = false
    var routingKey: String?

    /// - Parameter headerLength: the JSON's length, when tensors follow it (`Inference-Header-Content-Length`).
    /// - Throws: `invalid_argument` naming what is wrong.
    init(body: ByteBuffer, headerLength: Int?) throws {
        let bytes = body.readableBytesView
        let jsonLength = headerLength ?? bytes.count
        guard jsonLength >= 0, jsonLength <= bytes.count else {
            throw TernError.invalid("Inference-Header-Content-Length is \(jsonLength), but the body has \(bytes.count) bytes")
        }
        self = try bytes.withUnsafeBytes { raw in
            let json = UnsafeRawBufferPointer(rebasing: raw[..<jsonLength])
            let tail = UnsafeRawBufferPointer(rebasing: raw[jsonLength...])
            let document = json.withMemoryRebound(to: UInt8.self) { tern_json_parse_inference($0.baseAddress, $0.count) }
            defer { tern_json_free(document) }
            if let error = document.error {
                throw TernError.invalid(
                    "failed to parse the request JSON buffer: \(String(cString: error))",
                    hint: "JSON has no NaN or Infinity: send null for a missing number, or the tensor as binary data")
            }
            return try InferRequest(document, tail: tail)
        }
    }

    private init(_ document: tern_json_document, tail: UnsafeRawBufferPointer) throws {
        var events = JSONEvents(document)
        var sent: [SentTensor]?
        try events.fields(of: "the request") { key, events in
            guard key == "inputs" else { return try readField(key, &events) }
            var all: [SentTensor] = []
            try events.elements(of: "'inputs'") { all.append(try SentTensor(&$0)) }
            sent = all
        }
        guard let sent else { throw TernError.invalid("Unable to parse 'inputs': attempt to access non-existing object member 'inputs'") }
        var rest = tail[...]
        inputs = try sent.map { try $0.tensor(document, &rest) }
        guard rest.isEmpty else { throw TernError.invalid("the body has \(rest.count) bytes more than its inputs' binary_data_size") }
    }

    private mutating func readField(_ key: String, _ events: inout JSONEvents) throws {
        switch key {
        case "id": id = try events.string("'id'")
        case "parameters": try readParameters(&events)
        case "outputs":
            var all: [RequestedOutput] = []
            try events.elements(of: "'outputs'") { all.append(try RequestedOutput(&$0)) }
            if !all.isEmpty { outputs = all }
        default: events.skip()
        }
    }

    private mutating func readParameters(_ events: inout JSONEvents) throws {
        var binaryOutput = binaryOutput
        var routingKey = routingKey
        try events.fields(of: "'parameters'") { key, events in
            switch key {
            case "binary_data_output": binaryOutput = try events.flag("'binary_data_output'")
            case "routing_key": routingKey = try events.string("'routing_key'")
            default: events.skip()
            }
        }
        self.binaryOutput = binaryOutput
        self.routingKey = routingKey
    }
}

extension RequestedOutput {
    fileprivate init(_ events: inout JSONEvents) throws {
        var name: String?
        var binary: Bool?
        var classification: Int?
        try events.fields(of: "an output") { key, events in
            switch key {
            case "name": name = try events.string("an output's 'name'")
            case "parameters":
                try events.fields(of: "an output's 'parameters'") { key, events in
                    switch key {
                    case "binary_data": binary = try events.flag("'binary_data'")
                    case "classification": classification = try events.integer("'classification'")
                    case "shared_memory_region": throw SentTensor.sharedMemory
                    default: events.skip()
                    }
                }
            default: events.skip()
            }
        }
        guard let name else { throw TernError.invalid("an output has no 'name'") }
        self.init(name: name, binary: binary, classification: classification.flatMap { $0 > 0 ? $0 : nil })
    }
}
