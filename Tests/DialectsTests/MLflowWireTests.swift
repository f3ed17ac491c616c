import Foundation
import TernKernel
import Testing

@testable import Dialects

@Suite struct MLflowWireTests {
    @Test func `every prefix of MLflow's own server answers`() async throws {
        try await MLflowTestServer.with { server in
            for prefix in ["/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0"] {
                let answer = try await server.get("\(prefix)/mlflow/experiments/get?experiment_id=0")
                #expect(answer.status == 200)
                #expect(answer.json["experiment"]?["name"] == "Default")
                #expect(answer.json["experiment"]?["artifact_location"] == "mlflow-artifacts:/0")
                #expect(answer.json["experiment"]?["lifecycle_stage"] == "active")
            }
            #expect(try await server.get("/version").text == "3.17.2")
            #expect(try await server.get("/health").text == "OK")
            #expect(try await server.get("/api/3.0/mlflow/server-info").json["store_type"] == "SqlStore")
        }
    }

    @Test func `what is not there is MLflow's error, not a page`() async throws {
        try await MLflowTestServer.with { server in
            let scorers = try await server.get("/api/3.0/mlflow/scorers/list")
            #expect(scorers.status == 501)
            #expect(scorers.errorCode == "NOT_IMPLEMENTED")
            #expect(try await server.get("/api/2.0/mlflow/traces").status == 501)
            let unknown = try await server.get("nothing/here")
            #expect(unknown.status == 404)
            #expect(unknown.errorCode == "ENDPOINT_NOT_FOUND")
            let workspace = try await server.get("experiments/get?experiment_id=0", headers: ["X-MLFLOW-WORKSPACE": "a"])
            #expect(workspace.errorCode == "FEATURE_DISABLED")
            #expect(try await server.get("runs/create").errorCode == "ENDPOINT_NOT_FOUND")
            #expect(try await server.get("runs/none").errorCode == "ENDPOINT_NOT_FOUND")
        }
    }

    @Test func `bodies follow protobuf's rules for JSON`() async throws {
        try await MLflowTestServer.with { server in
            let missing = "Missing value for required parameter 'name'. See the API docs for more information about request parameters."
            let malformed = try await server.send("POST", "experiments/create", Data("{oops".utf8), ["Content-Type": "application/json"])
            #expect(malformed.status == 400)
            #expect(malformed.errorCode == "INVALID_PARAMETER_VALUE")
            #expect(malformed.message == missing)
            #expect(try await server.post("experiments/create", ["name": nil]).message == missing)
            #expect(try await server.post("experiments/create", ["name": ""]).message == missing)
            let wrong = try await server.post("experiments/create", ["name": 1])
            #expect(wrong.message.hasPrefix("Invalid value 1 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs"))
            let plain = try await server.send("POST", "experiments/create", Data("{}".utf8), ["Content-Type": "text/plain"])
            #expect(plain.message == "Bad Request. Content-Type must be one of ['application/json'].")
            let charset = try await server.post(
                "experiments/create", ["name": "x", "unknown": [1]], headers: ["Content-Type": "application/json; charset=utf-8"])
            #expect(charset.json["experiment_id"] == "1")
            let twice = try await server.post("experiments/create", .string("{\"name\": \"y\"}"))
            #expect(twice.json["experiment_id"] == "2")
        }
    }

    @Test func `an experiment lives, is renamed, deleted and restored`() async throws {
        try await MLflowTestServer.with { server in
            let id = try #require(
                try await server.post("experiments/create", ["name": "first & best", "tags": [["key": "team", "value": "a"]]]).json["experiment_id"])
            let found = try await server.get("experiments/get-by-name?experiment_name=first+%26+best")
            #expect(found.json["experiment"]?["experiment_id"] == id)
            #expect(found.json["experiment"]?["tags"] == [["key": "team", "value": "a"]])
            let again = try await server.post("experiments/create", ["name": "first & best"])
            #expect(again.status == 400)
            #expect(again.errorCode == "RESOURCE_ALREADY_EXISTS")
            #expect(try await server.post("experiments/update", ["experiment_id": id, "new_name": "second"]).json == [:])
            #expect(try await server.post("experiments/set-experiment-tag", ["experiment_id": id, "key": "k", "value": "v"]).json == [:])
            #expect(try await server.post("experiments/delete-experiment-tag", ["experiment_id": id, "key": "team"]).json == [:])
            #expect(try await server.post("experiments/delete", ["experiment_id": id]).json == [:])
            #expect(try await server.get("experiments/get-by-name?experiment_name=second").json["experiment"]?["lifecycle_stage"] == "deleted")
            #expect(try await server.post("experiments/create", ["name": "second"]).errorCode == "RESOURCE_ALREADY_EXISTS")
            #expect(try await server.post("experiments/delete", ["experiment_id": id]).status == 404)
            #expect(try await server.post("experiments/restore", ["experiment_id": id]).json == [:])
            let restored = try await server.get("experiments/get?experiment_id=\(try #require(id.stringValue))")
            #expect(restored.json["experiment"]?["tags"] == [["key": "k", "value": "v"]])
            #expect(try await server.get("experiments/get?experiment_id=999").message == "No Experiment with id=999 exists")
            #expect(try await server.get("experiments/get?experiment_id=x").status == 400)
            #expect(try await server.get("experiments/get-by-name?experiment_name=none").message == "Could not find experiment with name 'none'")
        }
    }

    @Test func `experiments are searched, ordered and paged`() async throws {
        try await MLflowTestServer.with { server in
            for name in ["b", "a", "c"] { _ = try await server.post("experiments/create", ["name": .string(name)]) }
            let first = try await server.post("experiments/search", ["max_results": 2, "order_by": ["name ASC"], "filter": "name != 'Default'"])
            #expect(first.json["experiments"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["a", "b"])
            let token = try #require(first.json["next_page_token"])
            let second = try await server.post(
                "experiments/search", ["max_results": 2, "order_by": ["name ASC"], "filter": "name != 'Default'", "page_token": token])
            #expect(second.json["experiments"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["c"])
            #expect(second.json["next_page_token"] == nil)
            #expect(try await server.post("experiments/search", [:]).status == 400)
            #expect(
                try await server.get("experiments/search?max_results=10&filter=experiment_id+IN+('1')").json["experiments"]?.arrayValue?.count == 1)
            #expect(try await server.post("experiments/search", ["max_results": 1, "view_type": "DELETED_ONLY"]).json == [:])
        }
    }

    @Test func `a run carries what was logged to it`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun(["run_name": "one", "user_id": "me", "tags": [["key": "a", "value": "b"]]])
            let id = JSON.string(run)
            #expect(run.count == 32)
            #expect(try await server.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "1"]).json == [:])
            #expect(try await server.post("runs/log-metric", ["run_uuid": id, "key": "m", "value": "NaN", "timestamp": "5", "step": 2]).json == [:])
            #expect(try await server.post("runs/log-metric", ["run_id": id, "key": "i", "value": "Infinity", "timestamp": 5]).json == [:])
            #expect(try await server.post("runs/set-tag", ["run_id": id, "key": "t", "value": ""]).json == [:])
            let got = try #require(try await server.get("runs/get?run_id=\(run)").json["run"])
            #expect(got["info"]?["run_uuid"] == id)
            #expect(got["info"]?["run_name"] == "one")
            #expect(got["info"]?["status"] == "RUNNING")
            #expect(got["info"]?["end_time"] == nil)
            #expect(got["info"]?["artifact_uri"] == .string("mlflow-artifacts:/0/\(run)/artifacts"))
            #expect(got["data"]?["params"] == [["key": "p", "value": "1"]])
            #expect(
                got["data"]?["metrics"] == [
                    ["key": "i", "value": 1.7976931348623157e308, "timestamp": 5, "step": 0],
                    ["key": "m", "value": "NaN", "timestamp": 5, "step": 2],
                ])
            #expect(
                got["data"]?["tags"] == [["key": "a", "value": "b"], ["key": "mlflow.runName", "value": "one"], ["key": "t", "value": ""]])
            let ended = try await server.post("runs/update", ["run_id": id, "status": "FINISHED", "end_time": 2000, "run_name": "two"])
            #expect(ended.json["run_info"]?["status"] == "FINISHED")
            #expect(ended.json["run_info"]?["end_time"] == 2000)
            #expect(try await server.post("runs/update", ["run_id": id, "status": "NOPE"]).json["run_info"]?["status"] == "FINISHED")
            #expect(
                try await server.post("runs/delete-tag", ["run_id": id, "key": "nope"]).message == "No tag with name: nope in run with id \(run)")
        }
    }

    @Test func `wrong logging is refused in MLflow's words`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            let id = JSON.string(run)
            _ = try await server.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "1"])
            #expect(try await server.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "1"]).status == 200)
            let changed = try await server.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "2"])
            #expect(changed.status == 400)
            #expect(
                changed.message
                    == "Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='\(run)'. Attempted logging new value '2'."
            )
            let unknown = try await server.get("runs/get?run_id=nope")
            #expect(unknown.status == 404)
            #expect(unknown.errorCode == "RESOURCE_DOES_NOT_EXIST")
            #expect(unknown.message == "Run with id=nope not found")
            #expect(try await server.post("runs/log-metric", ["run_id": id, "key": "m", "timestamp": 1]).message.contains("'value'"))
            #expect(try await server.post("runs/log-metric", ["run_id": id, "key": "m", "value": 1]).message.contains("'timestamp'"))
            #expect(try await server.post("runs/log-metric", ["run_id": id, "key": "m", "value": "x", "timestamp": 1]).status == 400)
            #expect(
                try await server.post("runs/log-metric", ["run_id": id, "key": "a/../b", "value": 1, "timestamp": 1]).message.contains(
                    "resolve to 'b'"))
            let both = try await server.post("runs/create", ["run_name": "a", "tags": [["key": "mlflow.runName", "value": "b"]]])
            #expect(both.status == 400)
            _ = try await server.post("runs/delete", ["run_id": id])
            #expect(try await server.post("runs/delete", ["run_id": id]).status == 200)
            #expect(
                try await server.post("runs/set-tag", ["run_id": id, "key": "a", "value": "b"]).message
                    == "The run \(run) must be in the 'active' state. Current state is deleted.")
            _ = try await server.post("runs/restore", ["run_id": id])
            #expect(try await server.post("runs/set-tag", ["run_id": id, "key": "a", "value": "b"]).status == 200)
        }
    }

    @Test func `a batch logs all or nothing`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            let id = JSON.string(run)
            let points = (0..<1000).map { JSON.object(["key": "m", "value": .int(Int64($0)), "timestamp": 1, "step": .int(Int64($0))]) }
            #expect(try await server.post("runs/log-batch", ["run_id": id, "metrics": .array(points)]).json == [:])
            #expect(try await server.post("runs/log-batch", ["run_id": id, "metrics": .array(points)]).json == [:])
            let history = try await server.get("metrics/get-history?run_id=\(run)&metric_key=m&max_results=600")
            #expect(history.json["metrics"]?.arrayValue?.count == 600)
            let token = try #require(history.json["next_page_token"]?.stringValue?.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let rest = try await server.get("metrics/get-history?run_id=\(run)&metric_key=m&max_results=600&page_token=\(token)")
            #expect(rest.json["metrics"]?.arrayValue?.count == 400)
            #expect(rest.json["metrics"]?[399]?["value"] == 999.0)
            let many = try await server.post("runs/log-batch", ["run_id": id, "metrics": .array(points + points)])
            #expect(many.message.hasPrefix("A batch logging request can contain at most 1000 metrics. Got 2000 metrics."))
            let bad = try await server.post(
                "runs/log-batch",
                ["run_id": id, "params": [["key": "p", "value": "1"], ["key": "p", "value": "1"]], "tags": [["key": "t", "value": "1"]]])
            #expect(bad.message.hasPrefix("Duplicate parameter keys have been submitted: ['p']."))
            let hole = try await server.post("runs/log-batch", ["run_id": id, "metrics": [["key": "m", "timestamp": 1]]])
            #expect(hole.message.hasPrefix("Missing value for required parameter 'metrics[0].value'."))
            let got = try await server.get("runs/get?run_id=\(run)")
            #expect(got.json["run"]?["data"]?["params"] == nil)
            #expect(got.json["run"]?["data"]?["metrics"]?[0]?["value"] == 999.0)
        }
    }

    @Test func `metric histories are sampled for charts`() async throws {
        try await MLflowTestServer.with { server in
            let run = try await server.newRun()
            let points = (0..<100).map { JSON.object(["key": "m", "value": .int(Int64($0)), "timestamp": 1, "step": .int(Int64($0))]) }
            _ = try await server.post("runs/log-batch", ["run_id": .string(run), "metrics": .array(points)])
            let sampled = try await server.get("metrics/get-history-bulk-interval?run_ids=\(run)&metric_key=m&max_results=10")
            #expect(sampled.json["metrics"]?.arrayValue?.compactMap { $0["step"]?.intValue } == [0, 10, 20, 30, 40, 50, 60, 70, 80, 99])
            #expect(sampled.json["metrics"]?[0]?["run_id"] == .string(run))
            let part = try await server.get("metrics/get-history-bulk-interval?run_ids=\(run)&metric_key=m&start_step=5&end_step=7")
            #expect(part.json["metrics"]?.arrayValue?.compactMap { $0["step"]?.intValue } == [5, 6, 7])
            #expect(try await server.get("metrics/get-history-bulk-interval?run_ids=\(run)&metric_key=m&start_step=5").status == 400)
            #expect(try await server.get("metrics/get-history-bulk-interval?run_ids=\(run)&metric_key=m&max_results=0").status == 400)
            #expect(try await server.get("metrics/get-history-bulk-interval?metric_key=m").status == 400)
            #expect(try await server.get("metrics/get-history-bulk?run_id=\(run)&metric_key=m&max_results=7").json["metrics"]?.arrayValue?.count == 7)
            #expect(try await server.get("metrics/get-history?run_id=\(run)&metric_key=m&max_results=0").status == 400)
            #expect(try await server.get("metrics/get-history?run_id=\(run)&metric_key=none").json == [:])
        }
    }

    @Test func `runs are searched by every kind of field`() async throws {
        try await MLflowTestServer.with { server in
            let first = try await server.newRun(["run_name": "first", "start_time": 1])
            let second = try await server.newRun(["run_name": "second", "start_time": 2])
            _ = try await server.post(
                "runs/log-batch",
                [
                    "run_id": .string(first), "metrics": [["key": "m", "value": 0.5, "timestamp": 1]], "params": [["key": "p", "value": "Abc"]],
                ])
            _ = try await server.post(
                "runs/log-inputs",
                [
                    "run_id": .string(second),
                    "datasets": [
                        [
                            "dataset": ["name": "d", "digest": "1", "source_type": "local", "source": "{}"],
                            "tags": [["key": "mlflow.data.context", "value": "train"]],
                        ]
                    ],
                ])
            func names(_ filter: String) async throws -> [String]? {
                let answer = try await server.post("runs/search", ["experiment_ids": ["0"], "filter": .string(filter)])
                return answer.json["runs"]?.arrayValue?.compactMap { $0["info"]?["run_name"]?.stringValue }
            }
            #expect(try await names("") == ["second", "first"])
            #expect(try await names("metrics.m > 0.4") == ["first"])
            #expect(try await names("params.p LIKE 'A%'") == ["first"])
            #expect(try await names("params.p LIKE 'a%'") == nil)
            #expect(try await names("params.p ILIKE 'a_C'") == ["first"])
            #expect(try await names("params.p IS NULL") == ["second"])
            #expect(try await names("datasets.name = 'd' AND datasets.context = 'train'") == ["second"])
            #expect(try await names("run_name = 'second' AND start_time >= 2") == ["second"])
            #expect(try await names("run_id IN ('\(first)')") == ["first"])
            let bad = try await server.post("runs/search", ["experiment_ids": ["0"], "filter": "metrics.m > 1 OR x"])
            #expect(bad.status == 400)
            #expect(bad.message.contains("at character 15"))
            #expect(try await server.post("runs/search", ["experiment_ids": ["0"], "max_results": 0]).status == 400)
            #expect(try await server.post("runs/search", ["experiment_ids": ["0"], "max_results": 50_001]).status == 400)
            #expect(try await server.post("runs/search", ["experiment_ids": ["x"]]).status == 400)
            #expect(try await server.post("runs/search", [:]).json == [:])
        }
    }
}
