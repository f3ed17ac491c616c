import Foundation
import TernKernel
import TernLog
import Testing

@testable import Dialects

@Suite struct OpenInferenceErrorTests {
    private static func input(_ name: String = "demand", _ shape: String = "[1,1]", _ type: String = "FP32", _ rest: String = #""data":[1]"#)
        -> String
    {
        #"{"inputs":[{"name":"\#(name)","shape":\#(shape),"datatype":"\#(type)",\#(rest)},{"name":"price","shape":[1,1],"datatype":"FP32","data":[1]}]}"#
    }

    @Test func `what is wrong with a request is said, with status 400, and nothing is logged`() async throws {
        let cases: [(body: String, text: String)] = [
            (#"{"inputs":["#, "failed to parse the request JSON buffer"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""data":[NaN]"#), "send null for a missing number"),
            ("[1]", "the request must be an object"), ("{}", "non-existing object member 'inputs'"), (#"{"inputs":{}}"#, "'inputs' must be an array"),
            (#"{"inputs":[]}"#, "expected 2 inputs but got 0"), (#"{"inputs":[7]}"#, "an input must be an object"),
            (#"{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}"#, "an input has no 'name'"),
            (#"{"inputs":[{"name":"demand","datatype":"FP32","data":[1]}]}"#, "has no 'shape'"),
            (#"{"inputs":[{"name":"demand","shape":[1]}]}"#, "has no 'datatype'"),
            (OpenInferenceErrorTests.input("Y"), "unexpected inference input 'Y' for model 'price'"),
            (
                OpenInferenceErrorTests.input("demand", "[1,1]", "FP64"),
                "inference input 'demand' data-type is 'FP64', but model 'price' expects 'FP32'"
            ),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FLOAT"), "invalid datatype for input demand"),
            (OpenInferenceErrorTests.input("demand", "[1,2]", "FP32", #""data":[1,2]"#), "Expected [-1,1], got [1,2]"),
            (OpenInferenceErrorTests.input("demand", "[2,1]"), "Shape does not match true shape of 'data' field"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""data":[1,2]"#), "more than 1"),
            (OpenInferenceErrorTests.input("demand", "[-1,1]"), "which is none"),
            (OpenInferenceErrorTests.input("demand", "[1.5]"), "a dimension must be"),
            (OpenInferenceErrorTests.input("demand", "[9223372036854775807,9]"), "which is none"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""data":["a"]"#), "element 0 of input 'demand' is not a FP32"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""data":[1e300]"#), "does not fit FP32"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "INT8", #""data":[300]"#), "does not fit INT8"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "INT64", #""data":[1.5]"#), "is not a INT64"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP16"), "FP16 goes as binary data only"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""x":1"#), "neither 'data' nor 'binary_data_size'"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""parameters":{"binary_data_size":4}"#), "only 0 bytes follow"),
            (OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""parameters":{"binary_data_size":-4}"#), "only 0 bytes follow"),
        ]
        try await OpenInferenceTestServer.with { server in
            for (body, text) in cases {
                let answer = try await server.post("/v2/models/price/infer", body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.error.contains(text), "\(answer.text) to \(body)")
            }
            #expect(server.log.lastPosition(endpoint: "price") == 0)
        }
    }

    @Test func `paths, verbs, sizes and encodings that are not served have their status`() async throws {
        try await OpenInferenceTestServer.with { server in
            #expect(try await server.post("/v2/models/nope/infer", OpenInferenceErrorTests.input()).status == 404)
            #expect(try await server.post("/v2/models/price/versions/7/infer", OpenInferenceErrorTests.input()).status == 404)
            let verb = try await server.get("/v2/models/price/infer")
            #expect(verb.status == 405 && verb.text == #"{"error":"Method Not Allowed"}"#)
            let path = try await server.get("/v2/nothing/here")
            #expect(path.status == 404 && path.text == #"{"error":"Not Found"}"#)
            let zipped = try await server.post("/v2/models/price/infer", "x", headers: ["Content-Encoding": "gzip"])
            #expect(zipped.status == 501 && zipped.error.contains("gzip"))
            for length in ["-1", "x", "99999"] {
                let answer = try await server.post(
                    "/v2/models/price/infer", OpenInferenceErrorTests.input(), headers: ["Inference-Header-Content-Length": length])
                #expect(answer.status == 400, "\(answer.text)")
            }
            let garbage = try await server.send("POST", "/v2/models/price/infer", Data(repeating: 0x5B, count: 10 << 20))
            #expect(garbage.status == 400 && garbage.error.hasPrefix("failed to parse"))
            let large = try await server.send("POST", "/v2/models/price/infer", Data(repeating: 0x20, count: (32 << 20) + 1))
            #expect(large.status == 413 && large.error.contains("larger than"))
            #expect(try await server.post("/v2/models/price/infer", OpenInferenceErrorTests.input()).status == 200)
        }
    }

    @Test func `random damage to a request never brings the server down`() async throws {
        try await OpenInferenceTestServer.with { server in
            let good =
                Array(OpenInferenceErrorTests.input("demand", "[1,1]", "FP32", #""parameters":{"binary_data_size":4}"#).utf8) + [0, 0, 128, 63]
            for _ in 0..<300 {
                var bad = good
                for _ in 0..<Int.random(in: 1...3) { bad[Int.random(in: 0..<bad.count)] = UInt8.random(in: 0...255) }
                let answer = try await server.send(
                    "POST", "/v2/models/price/infer", Data(bad), ["Inference-Header-Content-Length": "\(good.count - 4)"])
                #expect(answer.status == 200 || answer.status == 400, "\(answer.text)")
            }
        }
    }

    @Test func `what is loaded follows from releases`() async throws {
        try await OpenInferenceTestServer.with { server in
            _ = try await server.get("/v2/models/price")
            #expect(try await server.post("/v2/repository/index", "").json == [["name": "price", "version": "3", "state": "READY"]])
            #expect(try await server.post("/v2/repository/models/price/load", "").status == 200)
            let unload = try await server.post("/v2/repository/models/price/unload", #"{"parameters":{"unload_dependents":false}}"#)
            #expect(unload.status == 400 && unload.error.contains("decided by releases"))
            #expect(try await server.post("/v2/repository/models/price/load", #"{"parameters":{"config":"{}"}}"#).status == 400)
            #expect(try await server.post("/v2/repository/models/nope/load", "").error.hasPrefix("failed to load 'nope'"))
            #expect(try await server.get("/v2/systemsharedmemory/status").text == "[]")
            #expect(try await server.get("/v2/trace/setting").status == 501)
            _ = try await server.post("/v2/models/price/infer", OpenInferenceErrorTests.input())
            let statistics = try await server.get("/v2/models/price/stats").json["model_stats"]?[0]
            #expect(statistics?["inference_count"] == 1 && statistics?["inference_stats"]?["success"]?["count"] == 1)
            #expect(try await server.get("/v2/models/nope/stats").error == "requested model 'nope' is not available")
            #expect(try await server.get("/metrics").text.contains("tern_predictions_total{endpoint=\"price\""))
            #expect(try await server.get("/api/tern/v1/endpoints/price/metrics").json["variants"]?[0]?["requests"] == 1)
            #expect(try await server.get("/api/tern/v1/endpoints/nope/metrics").status == 404)
        }
    }
}
