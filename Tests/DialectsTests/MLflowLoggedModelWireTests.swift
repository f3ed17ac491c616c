import Foundation
import TernKernel
import Testing

@testable import Dialects

@Suite struct MLflowLoggedModelWireTests {
    @Test func `logged models are made, finished, found and tagged`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            let made = try await server.post(
                "logged-models",
                [
                    "experiment_id": "0", "name": "net", "source_run_id": .string(run), "params": [["key": "a", "value": "1"]],
                ])
            let id = try #require(made.json["model"]?["info"]?["model_id"]?.stringValue)
            #expect(id.hasPrefix("m-") && id.count == 34)
            #expect(made.json["model"]?["info"]?["artifact_uri"] == .string("mlflow-artifacts:/0/models/\(id)/artifacts"))
            #expect(made.json["model"]?["info"]?["status"] == "LOGGED_MODEL_PENDING")
            let ready = try await server.patch("logged-models/\(id)", ["model_id": .string(id), "status": "LOGGED_MODEL_READY"])
            #expect(ready.json["model"]?["info"]?["status"] == "LOGGED_MODEL_READY")
            #expect(try await server.patch("logged-models/\(id)/tags", ["tags": [["key": "t", "value": "v"]]]).json == [:])
            _ = try await server.post(
                "runs/log-metric",
                [
                    "run_id": .string(run), "key": "acc", "value": 0.9, "timestamp": 7, "model_id": .string(id), "dataset_name": "d",
                    "dataset_digest": "1",
                ])
            _ = try await server.post("runs/outputs", ["run_id": .string(run), "models": [["model_id": .string(id), "step": 3]]])
            #expect(
                try await server.get("runs/get?run_id=\(run)").json["run"]?["outputs"]?["model_outputs"] == [["model_id": .string(id), "step": 3]])
            let got = try await server.get("logged-models/\(id)")
            #expect(got.json["model"]?["data"]?["metrics"]?[0]?["dataset_name"] == "d")
            #expect(got.json["model"]?["info"]?["tags"] == [["key": "t", "value": "v"]])
            func found(_ fields: [String: JSON]) async throws -> Int {
                let answer = try await server.post("logged-models/search", .object(["experiment_ids": ["0"]].merging(fields) { $1 }))
                #expect(answer.status == 200, "\(answer.text)")
                return answer.json["models"]?.arrayValue?.count ?? 0
            }
            #expect(try await found(["filter": "metrics.acc > 0.8 AND params.a = '1' AND tags.t = 'v' AND status = 'READY'"]) == 1)
            #expect(try await found(["filter": "metrics.acc > 0.95"]) == 0)
            #expect(try await found(["datasets": [["dataset_name": "other"]]]) == 0)
            #expect(try await found(["order_by": [["field_name": "metrics.acc", "ascending": false], ["field_name": "creation_time"]]]) == 1)
            #expect(try await server.post("logged-models/search", ["experiment_ids": ["0"], "order_by": [["field_name": "nope"]]]).status == 400)
            #expect(try await server.send("DELETE", "logged-models/\(id)/tags/t", nil).json == [:])
            #expect(try await server.send("DELETE", "logged-models/\(id)", nil).json == [:])
            #expect(try await server.get("logged-models/\(id)").status == 404)
            #expect(try await server.get("logged-models/\(id)?allow_deleted=true").status == 200)
            #expect(try await server.post("logged-models", ["experiment_id": "0", "name": "a/b"]).status == 400)
        }
    }

    @Test func `a viewer reads and does not write`() async throws {
        try await MLflowTestServer.with { server in
            let refused = try await server.post("experiments/create", ["name": "x"], headers: ["x-role": "viewer"])
            #expect(refused.status == 403)
            #expect(refused.errorCode == "PERMISSION_DENIED")
            #expect(try await server.post("runs/search", ["experiment_ids": ["0"]], headers: ["x-role": "viewer"]).status == 200)
            #expect(try await server.send("PUT", "/api/2.0/mlflow-artifacts/artifacts/a", Data("x".utf8), ["x-role": "viewer"]).status == 403)
        }
    }
}
