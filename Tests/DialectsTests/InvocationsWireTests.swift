import Foundation
import TernKernel
import TernLog
import Testing

@testable import Dialects

@Suite struct InvocationsWireTests {
    @Test(arguments: [
        #"{"dataframe_split":{"columns":["price","demand"],"index":[7],"data":[[1,2],[2,1]]}}"#,
        #"{"dataframe_records":[{"demand":2,"price":1},{"demand":"1","price":2.0,"extra":"x"}],"params":{"a":1}}"#,
        #"{"instances":[{"demand":2,"price":1},{"demand":1,"price":2}]}"#, #"{"inputs":{"demand":[2,1],"price":[[1],[2]]}}"#,
    ])
    func `every form of rows by name is answered`(body: String) async throws {
        try await OpenInferenceTestServer.with { server in
            for path in ["/invocations", "/endpoints/price/invocations"] {
                let answer = try await server.post(path, body, headers: ["Content-Type": "application/json; charset=utf-8"])
                #expect(answer.status == 200, "\(answer.text)")
                let predictions = try #require(answer.json["predictions"]?.arrayValue)
                #expect(predictions.compactMap { $0["label"] } == [1, 0])
                #expect(predictions[0]["probabilities"]?.arrayValue?.count == 2)
                #expect(answer.headers["tern-prediction-id"] == answer.json["prediction_id"]?.stringValue)
            }
            #expect(try server.log.read(endpoint: "price", after: 0, limit: 9).map(\.record.rows) == [2, 2])
        }
    }

    @Test func `comma-separated values are read with quotes and missing fields`() async throws {
        try await OpenInferenceTestServer.with(eventTime: "at") { server in
            let answer = try await server.post(
                "/invocations", "demand,\"price\",at,note\r\n2,1,1999-01-01,\"a, \"\"b\"\"\n\"\r\n1,,1999-01-02T00:00:00Z,\n",
                headers: ["Content-Type": "text/csv"])
            #expect(answer.status == 200, "\(answer.text)")
            let record = try #require(try server.log.read(endpoint: "price", after: 0, limit: 9).first?.record)
            #expect(record.inputs == [Column("demand", .double([2, 1])), Column("price", .double([1, nil]))])
            #expect(record.eventTimes.map(\.description) == ["1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z"])
        }
    }

    @Test func `a model with one matrix takes lists and columns in order`() async throws {
        try await OpenInferenceTestServer.with(["matrix": "matrix"]) { server in
            for body in [
                #"{"inputs":[[1,0,0],[0,1,0]]}"#, #"{"instances":[[1,0,0],[0,1,0]]}"#, #"{"inputs":{"X":[[1,0,0],[0,1,0]]}}"#,
                #"{"dataframe_split":{"columns":["a","b","c"],"data":[[1,0,0],[0,1,0]]}}"#,
            ] {
                let answer = try await server.post("/invocations", body)
                #expect(answer.json["predictions"]?.arrayValue?.compactMap { $0["label"] } == [1, 0], "\(answer.text)")
            }
            for body in [#"{"inputs":[[1,0],[0,1,0]]}"#, #"{"inputs":[[1,0,0],3]}"#, #"{"inputs":[1,[1]]}"#, #"{"inputs":[]}"#] {
                #expect(try await server.post("/invocations", body).status == 400)
            }
        }
    }

    @Test func `errors have MLflow's shape and words`() async throws {
        try await OpenInferenceTestServer.with { server in
            let missing = try await server.post("/invocations", #"{"dataframe_split":{"columns":["demand"],"data":[[1]]}}"#)
            #expect(missing.status == 400 && missing.json["error_code"] == "INVALID_PARAMETER_VALUE" && missing.json["sqlstate"] == "KAM01")
            #expect(missing.json["error_class"] == "SCHEMA_ENFORCEMENT_FAILED")
            #expect(missing.json["message"]?.stringValue?.hasSuffix("Error: Model is missing inputs ['price'].") == true)
            let wrong = try await server.post("/invocations", #"{"dataframe_records":[{"demand":"abc","price":1}]}"#)
            #expect(wrong.status == 400 && wrong.json["error_code"] == "BAD_REQUEST" && wrong.json["sqlstate"] == "KAM00")
            #expect(wrong.json["message"]?.stringValue?.contains("Failed to convert column demand") == true)
            for (body, text) in [
                (#"{"instances":[[1]],"inputs":[[1]]}"#, "Received dictionary with input fields: ['instances', 'inputs']"),
                (#"{"x":1}"#, "Received dictionary with input fields: []"), ("[1]", "Received a list."), ("{", "valid JSON formatted string"),
                (#"{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}"#, "Row 0"), (#"{"dataframe_split":7}"#, "'columns' and 'data'"),
                (#"{"dataframe_records":[1]}"#, "list of dictionaries"), (#"{"inputs":{"demand":[1,2],"price":[1]}}"#, "has 1 values, not 2"),
            ] {
                let answer = try await server.post("/invocations", body)
                #expect(answer.status == 400 && answer.json["error_code"] == "BAD_REQUEST", "\(answer.text)")
                #expect(answer.json["message"]?.stringValue?.contains(text) == true, "\(answer.text)")
            }
            #expect(try await server.post("/endpoints/nope/invocations", #"{"inputs":[1]}"#).status == 404)
            let xml = try await server.post("/invocations", "{}", headers: ["Content-Type": "text/xml"])
            #expect(xml.status == 415 && xml.text.hasPrefix("This predictor only supports"))
            let verb = try await server.get("/invocations")
            #expect(verb.status == 405 && verb.text == #"{"detail":"Method Not Allowed"}"# && verb.headers["allow"] == "POST")
            #expect(try await server.get("/ping").text == "\n")
            #expect(try await server.get("/version").text == "3.17.2")
        }
    }

    @Test func `with several endpoints the bare path says how to choose`() async throws {
        try await OpenInferenceTestServer.with(["a": "columns", "b": "columns"]) { server in
            let answer = try await server.post("/invocations", "{}")
            #expect(answer.status == 400 && answer.json["message"]?.stringValue?.contains("/endpoints/NAME/invocations") == true)
        }
    }
}
