import TernKernel
import Testing

@testable import Tracking

@Suite struct LoggedModelTests {
    @Test func `a logged model is pending until it is finished`() async throws {
        try await withTracking { tracking in
            let made = try await tracking.createLoggedModel(
                LoggedModelDraft(experiment: 0, type: "sklearn", sourceRun: "r", params: ["a": "1"], tags: ["t": "2"]))
            #expect(made.status == .pending)
            #expect(made.name.split(separator: "-").count == 3)
            let ready = try await tracking.finalizeLoggedModel(made.id, .ready)
            #expect(ready.status == .ready)
            #expect(ready.params == ["a": "1"])
            #expect(ready.tags == ["t": "2"])
            #expect(ready.type == "sklearn")
        }
    }

    @Test func `a model that is not there is not found`() async throws {
        try await withTracking { tracking in
            let operations: [() async throws -> Void] = [
                { _ = try await tracking.loggedModel("m-1") }, { _ = try await tracking.finalizeLoggedModel("m-1", .ready) },
                { try await tracking.setLoggedModelTags("m-1", ["a": "b"]) }, { try await tracking.deleteLoggedModelTag("m-1", key: "a") },
                { try await tracking.logLoggedModelParams("m-1", ["a": "b"]) }, { try await tracking.deleteLoggedModel("m-1", by: tester) },
            ]
            for operation in operations { #expect(await refusal(operation)?.message == "Logged model with ID 'm-1' not found.") }
            #expect(await refusal { _ = try await tracking.createLoggedModel(LoggedModelDraft(experiment: 5)) }?.code == .notFound)
            #expect(
                await refusal { _ = try await tracking.createLoggedModel(LoggedModelDraft(experiment: 0, name: "a:b")) }?.code == .invalidArgument)
        }
    }

    @Test func `models are ordered by their latest metric on a dataset`() async throws {
        try await withTracking { tracking in
            let run = try await tracking.createRun(RunDraft()).info.id
            var ids: [String] = []
            for (index, scores) in [[0.9, 0.1], [0.5, 0.6], []].enumerated() {
                let model = try await tracking.createLoggedModel(LoggedModelDraft(experiment: 0, name: "n\(index)"))
                ids.append(model.id)
                for (time, score) in scores.enumerated() {
                    try await tracking.log(
                        LoggedPoint(
                            MetricPoint("acc", score, at: Int64(time + 1)), model: model.id, datasetName: time == 0 ? "old" : "new",
                            datasetDigest: "1"), to: run)
                }
            }
            func names(_ search: LoggedModelSearch) async throws -> [String] { try await tracking.searchLoggedModels(search).elements.map(\.name) }
            #expect(
                try await names(LoggedModelSearch(experiments: [0], order: [SearchOrder(.metric("acc"), ascending: false)])) == ["n1", "n0", "n2"])
            let onOld = SearchOrder(.metric("acc"), ascending: false, datasetName: "old", datasetDigest: "1")
            #expect(try await names(LoggedModelSearch(experiments: [0], order: [onOld])) == ["n0", "n1", "n2"])
            let high = SearchFilter([.init(.metric("acc"), .number(.greater, 0.55))])
            #expect(
                try await names(LoggedModelSearch(experiments: [0], filter: high, order: [SearchOrder(.attribute("name"), ascending: true)])) == [
                    "n0", "n1",
                ])
            #expect(try await names(LoggedModelSearch(experiments: [0], filter: high, datasets: [("new", nil)])) == ["n1"])
            #expect(try await names(LoggedModelSearch(experiments: [0], datasets: [("new", "2")])) == [])
            #expect(try await tracking.loggedModel(ids[0]).metrics.count == 2)
            try await tracking.deleteLoggedModel(ids[0], by: tester)
            #expect(try await names(LoggedModelSearch(experiments: [0])).count == 2)
            #expect(await refusal { _ = try await tracking.loggedModel(ids[0]) }?.code == .notFound)
            #expect(try await tracking.loggedModel(ids[0], orDeleted: true).stage == .deleted)
        }
    }

    @Test func `a model's NaN is read as NaN, found as such and ordered after the numbers`() async throws {
        try await withTracking { tracking in
            let run = try await tracking.createRun(RunDraft()).info.id
            for (name, value) in [("none", Double.nan), ("low", -1.0), ("high", 1.0)] {
                let model = try await tracking.createLoggedModel(LoggedModelDraft(experiment: 0, name: name))
                try await tracking.log(LoggedPoint(MetricPoint("acc", value), model: model.id), to: run)
                #expect(try await tracking.loggedModel(model.id).metrics.first?.point.value.isNaN == value.isNaN)
            }
            func names(_ comparison: SearchFilter.Comparison, ascending: Bool) async throws -> [String] {
                try await tracking.searchLoggedModels(
                    LoggedModelSearch(
                        experiments: [0], filter: SearchFilter([.init(.metric("acc"), comparison)]),
                        order: [SearchOrder(.metric("acc"), ascending: ascending)])
                ).elements.map(\.name)
            }
            #expect(try await names(.number(.greater, -5), ascending: true) == ["low", "high"])
            #expect(try await names(.number(.equal, 0), ascending: true) == [])
            #expect(try await names(.number(.notEqual, 5), ascending: true) == ["low", "high", "none"])
            #expect(try await names(.number(.notEqual, 5), ascending: false) == ["high", "low", "none"])
        }
    }
}
