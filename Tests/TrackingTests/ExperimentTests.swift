import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

@Suite struct ExperimentTests {
    @Test func `the default experiment is there from the start`() async throws {
        try await withTracking { tracking in
            let experiment = try await tracking.experiment(0)
            #expect(experiment.name == "Default")
            #expect(experiment.artifactLocation == "mlflow-artifacts:/0")
            #expect(experiment.createdAt > 0)
        }
    }

    @Test func `a name belongs to one experiment, even to a deleted one`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createExperiment(name: "a", tags: ["k": "v"])
            #expect(try await tracking.experiment(named: "a")?.tags == ["k": "v"])
            #expect(await refusal { _ = try await tracking.createExperiment(name: "a") }?.code == .alreadyExists)
            try await tracking.deleteExperiment(id, by: tester)
            #expect(await refusal { _ = try await tracking.createExperiment(name: "a") }?.message.contains("deleted") == true)
            #expect(await refusal { try await tracking.renameExperiment(0, to: "a") }?.code == .alreadyExists)
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 501)])
    func `an experiment has a name of at most 500 characters`(name: String) async throws {
        try await withTracking { tracking in
            #expect(await refusal { _ = try await tracking.createExperiment(name: name) }?.code == .invalidArgument)
            #expect(await refusal { try await tracking.renameExperiment(0, to: name) }?.code == .invalidArgument)
        }
    }

    @Test func `deleting hides the runs, restoring brings all of them back`() async throws {
        try await withTracking { tracking in
            let id = try await tracking.createExperiment(name: "a")
            let kept = try await tracking.createRun(RunDraft(experiment: id)).info.id
            let gone = try await tracking.createRun(RunDraft(experiment: id)).info.id
            try await tracking.deleteRun(gone, by: tester)
            try await tracking.deleteExperiment(id, by: tester)
            #expect(try await tracking.run(kept).info.stage == .deleted)
            #expect(
                await refusal { _ = try await tracking.createRun(RunDraft(experiment: id)) }?.message.contains("must be in the 'active' state")
                    == true)
            #expect(await refusal { try await tracking.deleteExperiment(id, by: tester) }?.code == .notFound)
            #expect(await refusal { try await tracking.renameExperiment(id, to: "b") } != nil)
            #expect(await refusal { try await tracking.setExperimentTag(id, key: "a", value: "b") } != nil)
            try await tracking.restoreExperiment(id, by: tester)
            #expect(try await tracking.run(kept).info.stage == .active)
            #expect(try await tracking.run(gone).info.stage == .active)
            #expect(await refusal { try await tracking.restoreExperiment(id, by: tester) }?.code == .notFound)
        }
    }

    @Test func `deletions are in the ledger`() async throws {
        try await withDatabase(TrackingRoom.migrations) { database in
            let tracking = TrackingService(database: database)
            let id = try await tracking.createExperiment(name: "a")
            let run = try await tracking.createRun(RunDraft(experiment: id)).info.id
            try await tracking.deleteRun(run, by: tester)
            try await tracking.deleteRun(run, by: tester)
            try await tracking.deleteExperiment(id, by: tester)
            let kinds = try await LedgerStore(database).entries().map(\.kind)
            #expect(kinds == ["run.deleted", "experiment.deleted"])
        }
    }

    @Test func `tags are set, replaced and removed`() async throws {
        try await withTracking { tracking in
            try await tracking.setExperimentTag(0, key: "a", value: "1")
            try await tracking.setExperimentTag(0, key: "a", value: "2")
            #expect(try await tracking.experiment(0).tags == ["a": "2"])
            try await tracking.deleteExperimentTag(0, key: "a")
            #expect(await refusal { try await tracking.deleteExperimentTag(0, key: "a") }?.code == .notFound)
            #expect(await refusal { try await tracking.setExperimentTag(0, key: "a", value: String(repeating: "x", count: 20_001)) } != nil)
            #expect(await refusal { try await tracking.setExperimentTag(9, key: "a", value: "") }?.message == "No Experiment with id=9 exists")
        }
    }

    @Test func `an ensured experiment is made once`() async throws {
        try await withTracking { tracking in
            let first = try await tracking.ensureExperiment(named: "p")
            #expect(try await tracking.ensureExperiment(named: "p") == first)
        }
    }

    @Test func `experiments are found by name, tag and number`() async throws {
        try await withTracking { tracking in
            for name in ["alpha", "Beta", "gamma"] { _ = try await tracking.createExperiment(name: name, tags: ["first": String(name.prefix(1))]) }
            func names(_ conditions: [SearchFilter.Condition]) async throws -> [String] {
                try await tracking.searchExperiments(
                    ExperimentSearch(filter: SearchFilter(conditions), order: [SearchOrder(.attribute("name"), ascending: true)])
                ).elements.map(\.name)
            }
            #expect(try await names([.init(.attribute("name"), .like("%a", caseSensitive: true))]) == ["Beta", "alpha", "gamma"])
            #expect(try await names([.init(.attribute("name"), .like("b%", caseSensitive: true))]) == [])
            #expect(try await names([.init(.attribute("name"), .like("b%", caseSensitive: false))]) == ["Beta"])
            #expect(try await names([.init(.tag("first"), .equal("g"))]) == ["gamma"])
            #expect(try await names([.init(.tag("first"), .missing)]) == ["Default"])
            #expect(try await names([.init(.attribute("id"), .oneOf(["1", "3"]))]) == ["alpha", "gamma"])
            #expect(await refusal { _ = try await names([.init(.metric("x"), .missing)]) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await tracking.searchExperiments(ExperimentSearch(limit: 0)) }?.code == .invalidArgument)
        }
    }
}
