import Foundation
import TernKernel
import TernLog
import Testing

@testable import Dialects

private let row = #"{"name":"demand","shape":[1,1],"datatype":"FP32","data":[2]},{"name":"price","shape":[1,1],"datatype":"FP32","data":[[1.5]]}"#

@Suite struct OpenInferenceWireTests {
    @Test func `health, server and model are described as clients expect`() async throws {
        try await OpenInferenceTestServer.with(["price": "columns", "matrix": "matrix"], eventTime: "settled_at") { server in
            #expect(try await server.get("/v2/health/live").text == #"{"live":true}"#)
            #expect(try await server.get("/v2/health/ready").text == #"{"ready":true}"#)
            let metadata = try await server.get("/v2").json
            #expect(metadata["name"] == "tern" && metadata["extensions"]?.arrayValue?.contains("binary_tensor_data") == true)
            let model = try await server.get("/v2/models/matrix").json
            #expect(model["versions"] == ["3"] && model["platform"] == "onnxruntime_onnx")
            #expect(
                model["inputs"] == [
                    ["name": "X", "datatype": "FP32", "shape": [-1, 3]], ["name": "settled_at", "datatype": "INT64", "shape": [-1]],
                ])
            #expect(try await server.get("/v2/models/matrix/versions/3").json == model)
            #expect(try await server.get("/v2/models/matrix/config").json["input"]?[0]?["data_type"] == "TYPE_FP32")
            #expect(try await server.get("/v2/models/price/ready").status == 200)
            #expect(try await server.get("/v2/models/price/versions/3/ready").status == 200)
            for path in ["/v2/models/nope/ready", "/v2/models/price/versions/9/ready"] {
                let answer = try await server.get(path)
                #expect(answer.status == 400 && answer.error == "Model version not ready")
            }
            for (path, text) in [("nope", "'nope'"), ("price/versions/9", "'price' version 9"), ("price/versions/x", "'price' version x")] {
                let answer = try await server.get("/v2/models/" + path)
                #expect(answer.status == 404 && answer.error.hasPrefix("Request for unknown model: \(text) is not found"))
            }
            #expect(try await server.get("/v2/models").json == ["models": ["matrix", "price"]])
        }
    }

    @Test func `an answer in JSON has flat data, the id, the variant and the prediction's id`() async throws {
        try await OpenInferenceTestServer.with { server in
            let answer = try await server.post("/v2/models/price/infer", #"{"id":"a\"4","inputs":[\#(row)],"parameters":{"sequence_id":7}}"#)
            #expect(answer.status == 200)
            #expect(answer.headers["tern-prediction-id"] == "price-1" && answer.headers["tern-variant"] == "v3")
            #expect(answer.json["id"] == "a\"4" && answer.json["model_name"] == "price" && answer.json["model_version"] == "3")
            #expect(answer.json["parameters"] == ["prediction_id": "price-1", "variant": "v3"])
            #expect(answer.json["outputs"]?[0] == ["name": "label", "datatype": "INT64", "shape": [1], "data": [1]])
            #expect(answer.json["outputs"]?[1]?["shape"] == [1, 2])
            #expect(answer.json["outputs"]?[1]?["data"]?[1]?.doubleValue.map { abs($0 - 0.6224593) < 1e-6 } == true)
            let chosen = try await server.post(
                "/v2/models/price/versions/3/infer", #"{"inputs":[\#(row)],"outputs":[{"name":"probabilities","parameters":{"classification":1}}]}"#)
            #expect(chosen.json["outputs"] == [["name": "probabilities", "datatype": "BYTES", "shape": [1, 1], "data": ["0.622459:1"]]])
        }
    }

    @Test func `binary tensors go both ways and mix with JSON`() async throws {
        try await OpenInferenceTestServer.with { server in
            let head =
                #"{"inputs":[{"name":"demand","shape":[2,1],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"price","shape":[2,1],"datatype":"FP32","data":[1,1]}],"parameters":{"binary_data_output":true},"outputs":[{"name":"label"},{"name":"probabilities","parameters":{"binary_data":false}}]}"#
            let floats = [Float(2), .nan].withUnsafeBytes { Data($0) }
            let answer = try await server.send(
                "POST", "/v2/models/price/infer", Data(head.utf8) + floats, ["Inference-Header-Content-Length": "\(head.utf8.count)"])
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/octet-stream")
            let length = try #require(answer.headers["inference-header-content-length"].flatMap { Int($0) })
            let json = try JSON(parsing: answer.body.prefix(length))
            #expect(json["outputs"]?[0]?["parameters"] == ["binary_data_size": 16] && json["outputs"]?[1]?["data"]?.arrayValue?.count == 4)
            // A probability that is not a number has no JSON number.
            #expect(json["outputs"]?[1]?["data"]?[2] == .null)
            #expect(answer.body.count == length + 16)
            let record = try #require(try server.log.read(endpoint: "price", after: 0, limit: 1).first?.record)
            #expect(record.inputs.first == Column("demand", .double([2, nil])))
        }
    }

    @Test func `every datatype comes back as it went`() async throws {
        try await OpenInferenceTestServer.with(["echo": "echo"]) { server in
            func part(_ name: String, _ type: String, _ data: String) -> String {
                #"{"name":"\#(name)","shape":[1,2],"datatype":"\#(type)","data":[\#(data)]}"#
            }
            let half = #"{"name":"H","shape":[1,2],"datatype":"FP16","parameters":{"binary_data_size":4}}"#
            let cases: [(String, String, String)] = [
                ("S", "BYTES", "\"héllo\\n\",\"\""), ("B", "BOOL", "true,false"), ("F", "FP32", "0.10000000149011612,3.0"),
                ("D", "FP64", "0.1,1e+300"),
                ("I8", "INT8", "-128,127"), ("I16", "INT16", "-32768,32767"), ("I32", "INT32", "-2147483648,2147483647"),
                ("I64", "INT64", "9007199254740993,-9223372036854775808"), ("U8", "UINT8", "0,255"), ("U16", "UINT16", "0,65535"),
                ("U32", "UINT32", "0,4294967295"), ("U64", "UINT64", "1,18446744073709551615"),
            ]
            let head = #"{"inputs":[\#((cases.map(part) + [half]).joined(separator: ","))]}"#
            let answer = try await server.send(
                "POST", "/v2/models/echo/infer", Data(head.utf8) + Data([0, 0x3C, 0, 0xC0]), ["Inference-Header-Content-Length": "\(head.utf8.count)"]
            )
            #expect(answer.status == 200, "\(answer.text)")
            for (name, type, data) in cases {
                let expected = #"{"name":"O\#(name)","datatype":"\#(type)","shape":[1,2],"data":[\#(data)]}"#
                #expect(answer.text.contains(expected), "\(expected) is not in \(answer.text)")
            }
            #expect(answer.body.suffix(4) == Data([0, 0x3C, 0, 0xC0]))
        }
    }

    @Test func `a request of bytes alone is one row of the only input`() async throws {
        try await OpenInferenceTestServer.with(["matrix": "matrix", "price": "columns"]) { server in
            let row = [Float(1), 0, 0].withUnsafeBytes { Data($0) }
            let answer = try await server.send("POST", "/v2/models/matrix/infer", row, ["Inference-Header-Content-Length": "0"])
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/octet-stream")
            let short = try await server.send("POST", "/v2/models/matrix/infer", row.dropLast(), ["Inference-Header-Content-Length": "0"])
            #expect(short.status == 400 && short.error == "input byte size mismatch for input 'X' for model 'matrix'. Expected 12, got 11")
            #expect(try await server.post("/v2/models/price/infer", "").status == 400)
        }
    }
}
