import Foundation
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

@Suite struct RunTests {
    @Test func `a run without a name gets one, and a tag that says so`() async throws {
        try await withTracking { tracking in
            let run = try await tracking.createRun(RunDraft())
            #expect(run.info.name.split(separator: "-").count == 3)
            #expect(run.info.name.count <= 20)
            #expect(run.tags["mlflow.runName"] == run.info.name)
            let tagged = try await tracking.createRun(RunDraft(tags: ["mlflow.runName": "x"]))
            #expect(tagged.info.name == "x")
            #expect(await refusal { _ = try await tracking.createRun(RunDraft(name: "a", tags: ["mlflow.runName": "b"])) }?.code == .invalidArgument)
        }
    }

    @Test func `the tag of the name and the name are one`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft(name: "a")).info.id
            try await tracking.setTag("mlflow.runName", "b", on: id)
            #expect(try await tracking.run(id).info.name == "b")
            _ = try await tracking.updateRun(id, name: "c")
            #expect(try await tracking.run(id).tags["mlflow.runName"] == "c")
            try await tracking.log(LogBatch(tags: [("mlflow.runName", "d")]), to: id)
            #expect(try await tracking.run(id).info.name == "d")
        }
    }

    @Test func `a deleted run is read but not written`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await tracking.deleteRun(id, by: tester)
            #expect(try await tracking.run(id).info.stage == .deleted)
            let writes: [() async throws -> Void] = [
                { try await tracking.log(LoggedPoint(MetricPoint("m", 1)), to: id) }, { try await tracking.logParam("p", "1", to: id) },
                { try await tracking.setTag("t", "1", on: id) }, { try await tracking.deleteTag("t", of: id) },
                { _ = try await tracking.updateRun(id, status: .finished) }, { try await tracking.log(LogBatch(), to: id) },
                { try await tracking.logInputs(datasets: [], models: [], to: id) }, { try await tracking.logOutputs([], of: id) },
            ]
            for write in writes {
                #expect(await refusal(write)?.message == "The run \(id) must be in the 'active' state. Current state is deleted.")
            }
            try await tracking.restoreRun(id, by: tester)
            try await tracking.setTag("t", "1", on: id)
        }
    }

    @Test func `a run that is not there is not found, whatever is asked of it`() async throws {
        try await withTracking { tracking in
            let operations: [() async throws -> Void] = [
                { _ = try await tracking.run("x") }, { _ = try await tracking.updateRun("x") }, { try await tracking.deleteRun("x", by: tester) },
                { try await tracking.log(LogBatch(), to: "x") }, { try await tracking.finishRun("x", succeeded: true, by: tester) },
            ]
            for operation in operations { #expect(await refusal(operation)?.message == "Run with id=x not found") }
        }
    }

    @Test func `a parameter never changes`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await tracking.logParam("p", "", to: id)
            try await tracking.logParam("p", "", to: id)
            #expect(
                await refusal { try await tracking.logParam("p", "1", to: id) }?.message.hasPrefix("Changing param values is not allowed.") == true)
        }
    }

    @Test func `a batch that changes a parameter logs nothing`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await tracking.logParam("p", "", to: id)
            let refused = await refusal {
                var batch = LogBatch(metrics: [LoggedPoint(MetricPoint("m", 1))])
                batch.params = [("new", "1"), ("p", "2")]
                batch.tags = [("t", "1")]
                try await tracking.log(batch, to: id)
            }
            #expect(refused?.message.contains("[{'key': 'p', 'old_value': '', 'new_value': '2'}]") == true)
            let run = try await tracking.run(id)
            #expect(run.params == ["p": ""])
            #expect(run.metrics.isEmpty)
            #expect(run.tags["t"] == nil)
        }
    }

    @Test func `long values are cut, long keys refused`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await tracking.logParam("p", String(repeating: "é", count: 6001), to: id)
            try await tracking.setTag("t", String(repeating: "x", count: 8001), on: id)
            let run = try await tracking.run(id)
            #expect(run.params["p"]?.count == 6000)
            #expect(run.tags["t"]?.count == 8000)
            let long = String(repeating: "k", count: 251)
            #expect(
                await refusal { try await tracking.logParam(long, "1", to: id) }?.message
                    == "'Param key' exceeds the maximum length of 250 characters")
            #expect(await refusal { try await tracking.log(LoggedPoint(MetricPoint(long, 1)), to: id) }?.code == .invalidArgument)
            #expect(await refusal { try await tracking.setTag(long, "1", on: id) }?.code == .invalidArgument)
        }
    }

    @Test(arguments: ["", "a/../b", "/a", "a//b", "..", ".", "a\nb", "a=b", "a/", "./a", "..a/b"])
    func `a key that is no plain path is refused`(key: String) async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            #expect(await refusal { try await tracking.logParam(key, "1", to: id) }?.code == .invalidArgument)
            #expect(await refusal { try await tracking.setTag(key, "1", on: id) }?.code == .invalidArgument)
            #expect(await refusal { try await tracking.log(LoggedPoint(MetricPoint(key, 1)), to: id) }?.code == .invalidArgument)
        }
    }

    @Test(arguments: ["a", "a/b", "a.b-c_d", "a b:c", "été", "模型", "a..b", "7"])
    func `words, slashes, dots, dashes, spaces and colons make keys`(key: String) async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await tracking.logParam(key, "1", to: id)
            #expect(try await tracking.run(id).params[key] == "1")
        }
    }

    @Test func `paths are normalised as Python does`() {
        let cases = [
            ("", "."), ("a/./b", "a/b"), ("a/../b", "b"), ("../a", "../a"), ("/..", "/"), ("//a", "//a"), ("///a", "/a"), ("a//b/", "a/b"),
            ("a/../../b", "../b"), (".", "."),
        ]
        for (path, expected) in cases { #expect(NameRules.normalPath(path) == expected) }
    }

    @Test func `the same dataset is one input, and keeps its first purpose`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            let dataset = DatasetInput(
                name: "d", digest: "1", sourceType: "local", source: "{}", schema: "s", tags: [DatasetInput.contextTag: "train"])
            try await tracking.logInputs(datasets: [dataset, dataset], models: ["m-1", "m-1"], to: id)
            var other = dataset
            other.tags = [DatasetInput.contextTag: "eval"]
            try await tracking.logInputs(datasets: [other], models: [], to: id)
            try await tracking.logOutputs([ModelOutput(model: "m-2", step: 1), ModelOutput(model: "m-2", step: 1)], of: id)
            let run = try await tracking.run(id)
            #expect(run.datasets == [dataset])
            #expect(run.modelInputs == ["m-1"])
            #expect(run.modelOutputs == [ModelOutput(model: "m-2", step: 1)])
            #expect(try await tracking.datasets(of: [0]) == [TrackedDataset(experiment: 0, name: "d", digest: "1", context: "train")])
            var long = dataset
            long.digest = String(repeating: "x", count: 37)
            #expect(
                await refusal { try await tracking.logInputs(datasets: [long], models: [], to: id) }?.message.contains("datasets[0].dataset.digest")
                    == true)
        }
    }

    @Test func `a pipeline's run starts and ends once, in the ledger`() async throws {
        try await withDatabase(TrackingRoom.migrations) { database in
            let tracking = TrackingService(database: database)
            let id = try await tracking.startRun(experimentNamed: "grid", name: "train 1", tags: ["a": "b"], by: .system("pipelines"))
            try await tracking.logMetrics(["f1": 0.7, "bad": .nan], to: id)
            try await tracking.finishRun(id, succeeded: false, by: .system("pipelines"))
            try await tracking.finishRun(id, succeeded: false, by: .system("pipelines"))
            let run = try await tracking.run(id)
            #expect(run.info.status == .failed)
            #expect(run.info.name == "train 1")
            #expect(run.metrics.first { $0.key == "f1" }?.value == 0.7)
            #expect(try await tracking.experiment(run.info.experiment).name == "grid")
            #expect(try await LedgerStore(database).entries().map(\.kind) == ["run.started", "run.finished"])
        }
    }

    @Test func `many writers at once lose nothing`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createRun(RunDraft()).info.id
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask { try await tracking.log(LoggedPoint(MetricPoint("m", Double(index), at: 1, step: Int64(index))), to: id) }
                    group.addTask { try await tracking.logParam("p\(index)", "\(index)", to: id) }
                }
                try await group.waitForAll()
            }
            #expect(try await tracking.metricHistory("m", of: id).elements.count == 100)
            let run = try await tracking.run(id)
            #expect(run.params.count == 100)
            #expect(run.metrics == [MetricPoint("m", 99, at: 1, step: 99)])
        }
    }
}
