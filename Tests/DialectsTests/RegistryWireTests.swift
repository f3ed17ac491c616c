import Foundation
import Registry
import TernKernel
import Testing

@testable import Dialects

@Suite struct RegistryWireTests {
    private func make(_ server: MLflowTestServer, _ name: String, versions: Int = 0, tags: JSON = []) async throws {
        let answer = try await server.post("registered-models/create", ["name": .string(name), "tags": tags])
        #expect(answer.status == 200, "\(answer.text)")
        for number in 0..<versions {
            let version = try await server.post(
                "model-versions/create", ["name": .string(name), "source": .string("s3://bucket/\(name)/\(number)")])
            #expect(version.json["model_version"]?["version"] == .string(String(number + 1)), "\(version.text)")
        }
    }

    private func delete(_ server: MLflowTestServer, _ path: String, _ body: JSON) async throws -> MLflowTestServer.Answer {
        try await server.send("DELETE", path, Data(body.bytes), ["Content-Type": "application/json"])
    }

    @Test func `a model is created, read, described, renamed and deleted`() async throws {
        try await MLflowTestServer.with { server in
            let created = try await server.post(
                "registered-models/create", ["name": "M", "description": "d", "tags": [["key": "k", "value": "v"]]])
            #expect(created.json["registered_model"]?["name"] == "M")
            #expect(created.json["registered_model"]?["tags"] == [["key": "k", "value": "v"]])
            #expect(created.json["registered_model"]?["latest_versions"] == nil)
            #expect(created.json["registered_model"]?["creation_timestamp"]?.intValue != nil)
            let updated = try await server.patch("registered-models/update", ["name": "M", "description": "new"])
            #expect(updated.json["registered_model"]?["description"] == "new")
            let renamed = try await server.post("registered-models/rename", ["name": "M", "new_name": "N"])
            #expect(renamed.json["registered_model"]?["name"] == "N")
            #expect(try await server.get("registered-models/get?name=N").status == 200)
            #expect(try await delete(server, "registered-models/delete", ["name": "N"]).json == [:])
            let gone = try await server.get("registered-models/get?name=N")
            #expect(gone.status == 404)
            #expect(gone.errorCode == "RESOURCE_DOES_NOT_EXIST")
            #expect(gone.message.hasPrefix("Registered Model with name=N not found"))
        }
    }

    @Test func `refusals use MLflow's words`() async throws {
        try await MLflowTestServer.with { server in
            try await make(server, "M", versions: 1)
            let again = try await server.post("registered-models/create", ["name": "M"])
            #expect(again.status == 400)
            #expect(again.errorCode == "RESOURCE_ALREADY_EXISTS")
            #expect(again.message == "Registered Model (name=M) already exists.")
            let missing = try await server.post("registered-models/create", [:])
            #expect(missing.errorCode == "INVALID_PARAMETER_VALUE")
            #expect(missing.message.hasPrefix("Missing value for required parameter 'name'."))
            let typed = try await server.post("registered-models/create", ["name": 1])
            #expect(typed.message.hasPrefix("Invalid value 1 for parameter 'name' supplied:  Hint: Value was of type 'int'."))
            let version = try await server.get("model-versions/get?name=M&version=99")
            #expect(version.status == 404)
            #expect(version.message.hasPrefix("Model Version (name=M, version=99) not found"))
            let number = try await server.get("model-versions/get?name=M&version=x")
            #expect(number.status == 400)
            let alias = try await server.get("registered-models/alias?name=M&alias=zz")
            #expect(alias.status == 400)
            #expect(alias.errorCode == "INVALID_PARAMETER_VALUE")
            #expect(alias.message == "Registered model alias zz not found.")
            let source = try await server.post("model-versions/create", ["name": "M", "source": "s3://b"])
            #expect(source.message.hasPrefix("Invalid model version source: 's3://b'."))
            let local = try await server.post("model-versions/create", ["name": "M", "source": "/etc"])
            #expect(local.message.contains("To use a local path as a model version source"))
        }
    }

    @Test func `versions have stages, tags, aliases and numbers that are not used again`() async throws {
        try await MLflowTestServer.with { server in
            try await make(server, "M", versions: 2)
            let moved = try await server.post(
                "model-versions/transition-stage", ["name": "M", "version": "1", "stage": "production", "archive_existing_versions": false])
            #expect(moved.json["model_version"]?["current_stage"] == "Production")
            _ = try await server.post(
                "model-versions/transition-stage", ["name": "M", "version": "2", "stage": "Production", "archive_existing_versions": true])
            let latest = try await server.post("registered-models/get-latest-versions", ["name": "M", "stages": ["Production"]])
            #expect(latest.json["model_versions"]?.arrayValue?.compactMap { $0["version"]?.stringValue } == ["2"])
            #expect(try await server.get("registered-models/get-latest-versions?name=M").json["model_versions"]?.arrayValue?.count == 2)

            _ = try await server.post("model-versions/set-tag", ["name": "M", "version": "2", "key": "a", "value": "b"])
            _ = try await server.post("registered-models/alias", ["name": "M", "alias": "best", "version": "2"])
            let aliased = try await server.get("registered-models/alias?name=M&alias=best")
            #expect(aliased.json["model_version"]?["version"] == "2")
            #expect(aliased.json["model_version"]?["aliases"] == ["best"])
            #expect(aliased.json["model_version"]?["tags"] == [["key": "a", "value": "b"]])
            #expect(aliased.json["model_version"]?["status"] == "READY")
            #expect(try await server.get("registered-models/get?name=M").json["registered_model"]?["aliases"] == [["alias": "best", "version": "2"]])
            _ = try await delete(server, "model-versions/delete-tag", ["name": "M", "version": "2", "key": "a"])
            _ = try await delete(server, "registered-models/alias", ["name": "M", "alias": "best"])
            #expect(try await server.get("model-versions/get?name=M&version=2").json["model_version"]?["tags"] == nil)
            _ = try await delete(server, "model-versions/delete", ["name": "M", "version": "2"])
            let next = try await server.post("model-versions/create", ["name": "M", "source": "s3://bucket/x"])
            #expect(next.json["model_version"]?["version"] == "3")
            #expect(try await server.get("model-versions/get-download-uri?name=M&version=3").json["artifact_uri"] == "s3://bucket/x")
        }
    }

    @Test func `searches filter, order and page`() async throws {
        try await MLflowTestServer.with { server in
            for name in ["a", "b", "c"] {
                try await make(server, name, versions: 1, tags: [["key": "team", "value": .string(name == "c" ? "y" : "x")]])
            }
            func names(_ query: String) async throws -> [String] {
                try await server.get("registered-models/search?" + query).json["registered_models"]?.arrayValue?.compactMap {
                    $0["name"]?.stringValue
                } ?? []
            }
            #expect(try await names("") == ["a", "b", "c"])
            #expect(try await names("filter=tags.team%20%3D%20'x'&order_by=name%20DESC") == ["b", "a"])
            #expect(try await names("filter=name%20LIKE%20'%25'%20AND%20name%20!%3D%20'a'") == ["b", "c"])
            #expect(try await names("filter=name%20IN%20('a'%2C'c')") == ["a", "c"])
            #expect(try await names("filter=name%20%3D%20'zz'").isEmpty)
            let first = try await server.get("registered-models/search?max_results=2")
            let token = try #require(first.json["next_page_token"]?.stringValue)
            #expect(try await names("max_results=2&page_token=\(token)") == ["c"])
            let versions = try await server.get("model-versions/search?filter=name%3D'b'")
            #expect(versions.json["model_versions"]?.arrayValue?.count == 1)
            #expect(try await server.get("model-versions/search?filter=version_number%20%3E%201").json == [:])
            for bad in [
                "filter=name%20%3E%20'a'", "filter=size%20%3D%20'a'", "filter=name%20%3D%20'a'%20OR%20name%20%3D%20'b'", "order_by=size",
                "order_by=name&order_by=name%20DESC", "max_results=1001", "max_results=-1", "page_token=@@", "filter=tags.team%20%3D%205",
            ] {
                let answer = try await server.get("registered-models/search?" + bad)
                #expect(answer.status == 400, "\(bad)")
                #expect(answer.errorCode == "INVALID_PARAMETER_VALUE", "\(bad)")
            }
        }
    }

    @Test func `a version from a run says where its files lie`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            try await make(server, "M")
            let version = try await server.post(
                "model-versions/create", ["name": "M", "source": .string("runs:/\(run)/model"), "run_id": .string(run)])
            #expect(version.json["model_version"]?["run_id"] == .string(run))
            let uri = try await server.get("model-versions/get-download-uri?name=M&version=1").json["artifact_uri"]
            #expect(uri == .string("mlflow-artifacts:/0/\(run)/artifacts/model"))
            let other = try await server.newRun()
            let stolen = try await server.post(
                "model-versions/create", ["name": "M", "source": .string("runs:/\(run)/model"), "run_id": .string(other)])
            #expect(stolen.status == 400)
            #expect(stolen.message.hasSuffix("The run_id request parameter must identify the resource that contains the source."))
        }
    }

    @Test func `a viewer may look and not touch`() async throws {
        try await MLflowTestServer.with { server in
            try await make(server, "M", versions: 1)
            let viewer = ["x-role": "viewer"]
            #expect(try await server.get("registered-models/search", headers: viewer).status == 200)
            #expect(try await server.post("registered-models/get-latest-versions", ["name": "M"], headers: viewer).status == 200)
            let refused = try await server.post("registered-models/create", ["name": "X"], headers: viewer)
            #expect(refused.status == 403)
            #expect(refused.errorCode == "PERMISSION_DENIED")
        }
    }

    @Test func `Tern's own routes show the same versions, and review them by role`() async throws {
        try await MLflowTestServer.with { server in
            try await make(server, "M", versions: 1)
            let model = try await server.get("/api/tern/v1/models/M")
            #expect(model.json["versions"]?[0]?["status"] == "registered")
            #expect(model.json["versions"]?[0]?["run_id"] == nil)
            #expect(try await server.get("/api/tern/v1/models").json["models"]?[0]?["latest"] == 1)
            let refused = try await server.post("/api/tern/v1/models/M/versions/1/approve", [:])
            #expect(refused.status == 403)
            #expect(refused.json["error"]?["code"] == "not_allowed")
            let approver = ["x-role": "approver"]
            let silent = try await server.post("/api/tern/v1/models/M/versions/1/reject", [:], headers: approver)
            #expect(silent.status == 400)
            let approved = try await server.post("/api/tern/v1/models/M/versions/1/approve", ["reason": "fine"], headers: approver)
            #expect(approved.json["status"] == "approved")
            #expect(approved.json["approvals"]?[0]?["reason"] == "fine")
            #expect(try await server.get("/api/tern/v1/models/M/versions/x").status == 400)
            #expect(try await server.get("/api/tern/v1/models/M/versions/9").status == 404)
            #expect(try await server.get("/api/tern/v1/models/M/versions/1/profile").status == 404)
            let owner = try await server.post("/api/tern/v1/models/M/versions", ["path": "/tmp/x.onnx"])
            #expect(owner.status == 409)
            #expect(owner.json["error"]?["message"]?.stringValue?.contains("no owner") == true)
        }
    }
}
