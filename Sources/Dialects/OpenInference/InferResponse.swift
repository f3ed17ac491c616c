import CSimdjson
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import TernInference
import TernKernel
import TernLog

/// Writes an answer: JSON, and behind it the tensors that were asked for as binary data.
struct InferResponse {
    private var json = ByteBuffer()
    private var tail = ByteBuffer()
    private var hasBinary = false

    init(_ answer: PredictionAnswer, to request: InferRequest, model: String) throws {
        json.reserveCapacity(512)
        json.writeStaticString("{")
        if let id = request.id, !id.isEmpty {
            json.writeStaticString("\"id\":")
            write(quoted: id)
            json.writeStaticString(",")
        }
        json.writeStaticString("\"model_name\":")
        write(quoted: model)
        json.writeString(",\"model_version\":\"\(answer.variant.version)\",\"parameters\":{")
        if let prediction = answer.prediction {
            json.writeStaticString("\"prediction_id\":")
            write(quoted: prediction.description)
            json.writeStaticString(",")
        }
        json.writeStaticString("\"variant\":")
        write(quoted: answer.variant.name)
        json.writeStaticString("},\"outputs\":[")
        for (index, tensor) in answer.outputs.enumerated() {
            if index > 0 { json.writeStaticString(",") }
            let wish = request.outputs?.first { $0.name == tensor.name }
            let shown = try wish?.classification.map { try Classification.top($0, of: tensor) } ?? tensor
            write(shown, binary: wish?.binary ?? request.binaryOutput || shown.type == .float16 || shown.type == .bfloat16)
        }
        json.writeStaticString("]}")
    }

    private mutating func write(_ tensor: Tensor, binary: Bool) {
        json.writeStaticString("{\"name\":")
        write(quoted: tensor.name)
        json.writeString(",\"datatype\":\"\(tensor.type.datatype)\",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))]")
        if binary {
            hasBinary = true
            json.writeString(",\"parameters\":{\"binary_data_size\":\(BinaryTensor.append(tensor, to: &tail))}}")
        } else {
            json.writeStaticString(",\"data\":[")
            writeElements(tensor)
            json.writeStaticString("]}")
        }
    }

    private mutating func writeElements(_ tensor: Tensor) {
        switch tensor.storage {
        case .strings(let strings):
            for (index, string) in strings.enumerated() {
                if index > 0 { json.writeStaticString(",") }
                write(quoted: string)
            }
        case .bytes(let bytes):
            bytes.withUnsafeBytes { raw in
                if tensor.type == .bool {
                    json.writeString(raw.map { $0 == 0 ? "false" : "true" }.joined(separator: ","))
                    return
                }
                let count = tensor.count
                json.writeWithUnsafeMutableBytes(minimumWritableBytes: count * Int(TERN_JSON_NUMBER_ROOM)) { target in
                    guard let start = target.bindMemory(to: CChar.self).baseAddress else { return 0 }
                    return tern_json_write_numbers(tensor.type.rawValue, raw.baseAddress, count, start)
                }
            }
        }
    }

    private mutating func write(quoted text: String) {
        let plain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
        if plain {
            json.writeStaticString("\"")
            json.writeString(text)
            json.writeStaticString("\"")
        } else {
            var quoted = ""
            JSON.quote(text, into: &quoted)
            json.writeString(quoted)
        }
    }

    func response(_ answer: PredictionAnswer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = hasBinary ? "application/octet-stream" : "application/json"
        InferHeader.set(&headers, InferHeader.variant, answer.variant.name)
        if let prediction = answer.prediction { InferHeader.set(&headers, InferHeader.prediction, prediction.description) }
        guard hasBinary else { return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: json)) }
        InferHeader.set(&headers, InferHeader.jsonLength, String(json.readableBytes))
        var body = json
        body.writeImmutableBuffer(tail)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

/// The header fields that are not every web server's.
enum InferHeader {
    static let jsonLength = HTTPField.Name("inference-header-content-length")
    static let prediction = HTTPField.Name("tern-prediction-id")
    static let variant = HTTPField.Name("tern-variant")
    static let routingKey = HTTPField.Name("tern-routing-key")

    static func set(_ headers: inout HTTPFields, _ name: HTTPField.Name?, _ value: String) {
        if let name { headers[name] = value }
    }

    static func get(_ headers: HTTPFields, _ name: HTTPField.Name?) -> String? { name.flatMap { headers[$0] } }
}
