import Foundation
import TernKernel
import Testing

@testable import Dialects

/// The endpoints of MLflow's pages that are not JSON, and what is refused before anything else.
@Suite struct MLflowFileWireTests {
    @Test func `the first field that is wrong is the one that is named`() async throws {
        try await MLflowTestServer.with { server async throws in
            for path in ["runs/log-parameter", "runs/set-tag", "runs/log-metric"] {
                #expect(
                    try await server.post(path, ["run_id": 31, "key": "a", "value": [4]]).message.hasPrefix("Invalid value 31 for parameter 'run_id'")
                )
                #expect(
                    try await server.post(path, ["run_id": "r", "key": 5, "value": [4]]).message.hasPrefix("Invalid value 5 for parameter 'key'"))
                #expect(try await server.post(path, ["key": 5]).message.contains("required parameter 'run_id'"))
            }
            let run = try await server.newRun()
            for value in ["0x10", "1__0", "", "one"] {
                let refused = try await server.post("runs/log-metric", ["run_id": .string(run), "key": "m", "value": .string(value), "timestamp": 1])
                #expect(refused.status == 400 && refused.message.contains("for parameter 'value'"))
                let batch: JSON = ["run_id": .string(run), "metrics": [["key": "m", "value": .string(value), "timestamp": 1]]]
                #expect(try await server.post("runs/log-batch", batch).status == 400)
            }
            let batch: JSON = ["run_id": .string(run), "metrics": [["key": "m", "value": " 1_000 ", "timestamp": 1]]]
            #expect(try await server.post("runs/log-batch", batch).status == 200)
            #expect(try await server.get("runs/get?run_id=\(run)").json["run"]?["data"]?["metrics"]?[0]?["value"]?.doubleValue == 1000)
        }
    }

    @Test(arguments: ["metrics. > 1", "metrics.`` > 1", "params.\"\" = 'a'", "`` = 'a'"])
    func `a filter without a name is refused`(filter: String) async throws {
        try await MLflowTestServer.with { server async throws in
            let answer = try await server.post("runs/search", ["experiment_ids": ["0"], "filter": .string(filter)])
            #expect(answer.status == 400 && answer.errorCode == "INVALID_PARAMETER_VALUE")
        }
    }

    @Test func `datasets are searched in one to twenty experiments`() async throws {
        try await MLflowTestServer.with { server async throws in
            let path = "/ajax-api/2.0/mlflow/experiments/search-datasets"
            for body: JSON in [[:], ["experiment_ids": []]] {
                #expect(try await server.post(path, body).message == "SearchDatasets request must specify at least one experiment_id.")
            }
            let many = try await server.post(path, ["experiment_ids": .array((0..<21).map { .string("id_\($0)") })])
            #expect(many.message.hasPrefix("SearchDatasets request cannot specify more than 20 experiment_ids. Received 21"))
            #expect(try await server.post(path, ["experiment_ids": ["0"]]).status == 200)
        }
    }

    @Test func `a page's file is stored with its run`() async throws {
        try await MLflowTestServer.with { server async throws in
            let run = try await server.newRun()
            func upload(_ query: String, _ body: String, role: String = "editor") async throws -> MLflowTestServer.Answer {
                try await server.send("POST", "/ajax-api/2.0/mlflow/upload-artifact\(query)", Data(body.utf8), ["x-role": role])
            }
            #expect(try await upload("", "x").message == "Request must specify run_uuid.")
            #expect(try await upload("?run_uuid=\(run)", "x").message == "Request must specify path.")
            #expect(try await upload("?run_uuid=\(run)&path=../x", "x").message == "Invalid path")
            #expect(try await upload("?run_uuid=\(run)&path=a.txt", "").message == "Request must specify data.")
            #expect(try await upload("?run_uuid=none&path=a.txt", "x").status == 404)
            #expect(try await upload("?run_uuid=\(run)&path=a.txt", "x", role: "viewer").status == 403)
            let large = String(repeating: "x", count: 10 * 1024 * 1024 + 1)
            #expect(try await upload("?run_uuid=\(run)&path=a.txt", large).message == "Artifact size is too large. Max size is 10MB.")
            #expect(try await upload("?run_uuid=\(run)&path=dir/a.txt", "hello").status == 200)
            #expect(try await server.get("/get-artifact?run_uuid=\(run)&path=dir/a.txt").text == "hello")
        }
    }

    @Test func `files of logged models and of versions are served`() async throws {
        try await MLflowTestServer.with { server async throws in
            let created = try await server.post("logged-models", ["experiment_id": "0", "name": "m"])
            let info = try #require(created.json["model"]?["info"])
            let id = try #require(info["model_id"]?.stringValue)
            let location = try #require(info["artifact_uri"]?.stringValue)
            let folder = location.replacing("mlflow-artifacts:/", with: "")
            #expect(try await server.send("PUT", "/api/2.0/mlflow-artifacts/artifacts/\(folder)/MLmodel", Data("flavors: {}".utf8)).status == 200)

            let files = "/ajax-api/2.0/mlflow/logged-models/\(id)/artifacts/files"
            let file = try await server.get(files + "?artifact_file_path=MLmodel")
            #expect(file.text == "flavors: {}" && file.headers["content-type"] == "text/plain")
            #expect(try await server.get(files).errorCode == "BAD_REQUEST")
            #expect(try await server.get(files + "?artifact_file_path=../x").message == "Invalid path")
            #expect(try await server.get(files + "?artifact_file_path=none").status == 404)

            _ = try await server.post("registered-models/create", ["name": "m"])
            for _ in 0..<2 {
                let version = try await server.post(
                    "model-versions/create", ["name": "m", "source": .string("models:/\(id)"), "model_id": .string(id)])
                #expect(version.status == 200)
            }
            for slashes in ["/", "//"] {
                let address = "\(slashes)model-versions/get-artifact?name=m&version=1"
                #expect(try await server.get(address + "&path=MLmodel").text == "flavors: {}")
                #expect(try await server.get(address + "&path=../MLmodel").message == "Invalid path")
                #expect(try await server.get(address + "&path=none").status == 404)
            }
            let tags = try await server.get("logged-models/\(id)").json["model"]?["info"]?["tags"]?.arrayValue ?? []
            let versions = tags.first { $0["key"] == "mlflow.modelVersions" }
            #expect(versions?["value"] == #"[{"name": "m", "version": 1}, {"name": "m", "version": 2}]"#)
        }
    }

    @Test(arguments: [("MLmodel", "text/plain"), ("mlproject", "text/plain"), ("MLproject", "text/plain"), ("b.pkl", "application/octet-stream")])
    func `what people read is shown as text`(name: String, type: String) { #expect(FileResponse.type(of: name) == type) }
}
