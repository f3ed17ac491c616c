import TernKernel
import Testing

@testable import Tracking

struct ImportServiceTests {
    private func run(_ id: String, _ fingerprint: String = "1", params: [String: String] = ["p": "1"]) throws -> RunIntake {
        try RunIntake([
            "id": .string(id), "experiment": 0, "name": "n", "user": "ann", "status": "FINISHED", "stage": "active", "start_time": 5, "end_time": 9,
            "params": .object(params.mapValues(JSON.string)), "tags": ["mlflow.runName": "n"], "fingerprint": .string(fingerprint),
        ])
    }

    private func points(_ run: String, _ values: [Double]) -> [PointBlock] {
        [PointBlock(run: run, key: "m", points: values.enumerated().map { .init(timestamp: 1, step: Int64($0), value: $1) })]
    }

    @Test func `a run is marked until it is finished, and then passed over`() async throws {
        try await withTracking { tracking in
            let service = ImportService(tracking: tracking)
            #expect(try await service.open([try run("r1")], from: "test").map(\.state) == [.partial])
            #expect(try await tracking.run("r1").tags[ImportService.stateTag] == "partial")
            #expect(try await service.append(points("r1", [1, .nan, .infinity])) == 3)
            #expect(try await service.append(points("r1", [1, .nan, .infinity])) == 3)
            let (stored, tally) = try await service.check("r1")
            #expect(stored.info.user == "ann" && stored.info.endTime == 9 && tally.count == 3)
            try await service.finish([("r1", 3, false)], from: "test", by: tester)
            #expect(try await tracking.run("r1").tags[ImportService.stateTag] == nil)
            let again = try await service.open([try run("r1")], from: "test")
            #expect(again.map(\.state) == [.complete] && again.map(\.points) == [3])
            let error = await refusal { _ = try await service.append(points("r1", [2])) }
            #expect(error?.code == .conflict)
            // The source has changed: it is open again, and its params follow.
            #expect(try await service.open([try run("r1", "2", params: ["p": "2"])], from: "test").map(\.state) == [.partial])
            #expect(try await tracking.run("r1").params == ["p": "2"])
        }
    }

    @Test func `a run that was not imported is left alone`() async throws {
        try await withTracking { tracking in
            let mine = try await tracking.createRun(RunDraft(name: "mine")).info.id
            let service = ImportService(tracking: tracking)
            #expect(try await service.open([try run(mine)], from: "test").map(\.state) == [.native])
            #expect(try await tracking.run(mine).params.isEmpty)
            let error = await refusal { _ = try await service.append(points(mine, [1])) }
            #expect(error?.code == .conflict)
        }
    }

    @Test func `one bad run refuses its batch whole`() async throws {
        try await withTracking { tracking in
            let service = ImportService(tracking: tracking)
            let error = await refusal { _ = try await service.open([try run("r1"), try run("r2", params: ["a\\b": "1"])], from: "test") }
            #expect(error?.code == .invalidArgument && error?.message.contains("run r2") == true)
            #expect(await refusal { _ = try await tracking.run("r1") }?.code == .notFound)
        }
    }

    @Test func `experiments meet by name and keep free numbers`() async throws {
        try await withTracking { tracking in
            let taken = try await tracking.createExperiment(name: "mine")
            let service = ImportService(tracking: tracking)
            func intake(_ id: String, _ name: String) throws -> ExperimentIntake {
                try ExperimentIntake(["source_id": .string(id), "name": .string(name), "created_at": 1, "updated_at": 2, "tags": ["t": "v"]])
            }
            let placed = try await service.place(
                [try intake("0", "Default"), try intake("\(taken)", "other"), try intake("77", "kept"), try intake("111309382675451441", "long")],
                from: "test", by: tester)
            #expect(placed.map(\.created) == [false, true, true, true])
            #expect(placed[0].id == 0 && placed[1].id != taken && placed[2].id == 77 && placed[3].id < 1000)
            #expect(try await tracking.experiment(0).tags == ["t": "v"])
            #expect(try await service.place([try intake("77", "kept")], from: "test", by: tester).map(\.id) == [77])
        }
    }
}
