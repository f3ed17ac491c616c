import Foundation
import Synchronization
import TernJobs
import TernKernel
import TernStore
import Testing

@testable import Pipelines

@Suite struct PipelineServiceTests {
    private static let fit = sh(
        "fit", "echo model >$TERN_OUTPUT_MODEL; echo table >$TERN_OUTPUT_HOLDOUT", in: [.dataset("market")], out: ["model.onnx", "holdout.csv"])

    @Test func `evaluate and register are asked with the files under their names, and their findings are the result`() async throws {
        try await PipelineFixture.with { fixture in
            let model = StepInput.output(step: "fit", file: "model.onnx")
            let table = StepInput.output(step: "fit", file: "holdout.csv")
            try await fixture.apply(
                [
                    PipelineServiceTests.fit,
                    StepDefinition(name: "score", action: .evaluate(model: model, on: table, target: "up"), outputs: ["scores.json"]),
                    StepDefinition(name: "publish", action: .register(model: "price", from: model, holdout: table, reference: nil), after: ["score"]),
                ], params: ["trees": 6])
            let run = try await fixture.run()
            #expect(run.state == .succeeded)
            #expect(run.result?["metrics"] == ["f1": 0.5, "size": 12.0, "target": 2.0])
            #expect(run.result?["version"] == 1)
            #expect(run.result?["verdict"] == "approved")
            #expect(try await fixture.content(run, "score", "scores.json").contains("\"f1\": 0.5"))
            let tracking = try #require(run.trackingRun)
            let asked = fixture.neighbours.asked.withLock { $0 }
            #expect(asked.metrics[tracking]?["f1"] == 0.5)
            let step = try #require(asked.registered.first)
            #expect(asked.models == ["model\n"])
            #expect(step.modelPath.hasSuffix("/model.onnx") && step.holdoutPath?.hasSuffix("/holdout.csv") == true && step.referencePath == nil)
            #expect(step.datasets.map(\.version) == [1])
            #expect(step.params == ["trees": 6])
            #expect(step.by.name == "ada" && step.pipelineRun == run.id && step.origin == .person)
            // The same model again is the same version, and the metrics are logged to the new run too.
            let again = try await fixture.run()
            #expect(again.steps.allSatisfy { $0.state == .cached })
            #expect(again.result == run.result)
            #expect(fixture.neighbours.asked.withLock { $0.registered.count } == 1)
            #expect(fixture.neighbours.asked.withLock { $0.metrics[again.trackingRun ?? ""]?["f1"] } == 0.5)
        }
    }

    @Test func `a refused model does not fail the run`() async throws {
        try await PipelineFixture.with { fixture in
            fixture.neighbours.asked.withLock { $0.verdict = "refused" }
            try await fixture.apply([
                PipelineServiceTests.fit,
                StepDefinition(
                    name: "publish", action: .register(model: "price", from: .output(step: "fit", file: "model.onnx"), holdout: nil, reference: nil)),
            ])
            let run = try await fixture.run()
            #expect(run.state == .succeeded)
            #expect(run.result?["verdict"] == "refused")
        }
    }

    @Test func `the same idempotency key is the same run, also when both come at once`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("a", "true")])
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<5 { group.addTask { try await fixture.start(key: "policy/1").id } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let other = try await fixture.start(key: "policy/2")
            #expect(!ids.contains(other.id))
            #expect(try await fixture.service.runs(pipeline: "train").count == 2)
        }
    }

    @Test func `bad starts are refused and leave nothing`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([PipelineServiceTests.fit], params: ["trees": 6, "flag": false])
            func refused(_ start: PipelineStart, _ word: String) async throws {
                let error = try await #require(throws: TernError.self) { try await fixture.service.start(start) }
                #expect(error.message.contains(word))
            }
            try await refused(PipelineStart(pipeline: "nope", by: fixture.person), "no pipeline 'nope'")
            try await refused(PipelineStart(pipeline: "train", params: ["tree": 1], by: fixture.person), "no parameter 'tree'")
            try await refused(PipelineStart(pipeline: "train", params: ["flag": 1], by: fixture.person), "must be true or false")
            try await refused(PipelineStart(pipeline: "train", datasets: ["other": 1], by: fixture.person), "does not read a dataset 'other'")
            try await refused(PipelineStart(pipeline: "train", datasets: ["market": 7], by: fixture.person), "no dataset 'market' version 7")
            try await refused(PipelineStart(pipeline: "train", by: Identity(name: "eve", role: .viewer)), "eve may not")
            #expect(try await fixture.service.runs().isEmpty)
            await #expect(throws: TernError.self) { try await fixture.service.run("nothing") }
        }
    }

    @Test func `cycles, unknown inputs and bad schedules are refused`() async throws {
        try await PipelineFixture.with { fixture in
            func refused(_ steps: [StepDefinition], schedule: String? = nil, _ word: String) async throws {
                let error = try await #require(throws: TernError.self) { try await fixture.apply(steps, schedule: schedule) }
                #expect(error.message.contains(word))
            }
            try await refused([sh("a", "true", after: ["b"]), sh("b", "true", after: ["c"]), sh("c", "true", after: ["b"])], "b → c → b")
            try await refused([sh("a", "true", in: [.output(step: "x", file: "y")])], "reads x/y")
            try await refused([sh("a", "true", after: ["x"])], "after 'x'")
            try await refused([sh("a", "true"), sh("a", "true")], "two steps named 'a'")
            try await refused([sh("a", "true", out: ["../x"])], "not a file name")
            try await refused([sh("a", "true", in: [.file("../secret")])], "outside the project")
            try await refused([], "no steps")
            try await refused([sh("a", "true")], schedule: "0 25 * * *", "bad hour")
            #expect(try await fixture.service.pipelines().isEmpty)
        }
    }

    @Test func `applying twice changes nothing, and what is left out goes with its schedule`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("a", "true")], schedule: "0 3 * * *")
            try await fixture.apply([sh("a", "true")], schedule: "0 3 * * *")
            #expect(try await fixture.ledger("pipeline.applied").count == 1)
            #expect(try await fixture.service.pipelines().first?.nextRun != nil)
            try await fixture.service.apply([], projectFolder: "/another/project", by: fixture.person)
            #expect(try await fixture.service.pipelines().count == 1)
            try await fixture.service.apply([], projectFolder: fixture.project, by: fixture.person)
            #expect(try await fixture.service.pipelines().isEmpty)
            #expect(try await fixture.queue.schedules().isEmpty)
        }
    }

    @Test func `a schedule's job starts one run`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("a", "true")], schedule: "0 3 * * *")
            for _ in 0..<2 {
                let id = try await fixture.queue.enqueue(
                    PipelineJob.scheduled, payload: ["pipeline": "train", "scheduled_at": "2026-06-01T03:00:00Z"], by: "test")
                try await eventually("the job ends") { try await fixture.queue.job(id).state == .succeeded }
            }
            let runs = try await fixture.service.runs()
            #expect(runs.map(\.origin) == [.schedule])
            #expect(runs.first?.createdBy == "tern/schedule")
        }
    }

    @Test func `commit, cleanliness and packages are found, and null without them`() async throws {
        try await PipelineFixture.with { fixture in
            let nothing = await CodeFacts.gather(folder: fixture.project, venv: nil)
            #expect(nothing == CodeFacts())
            let site = fixture.project + "/.venv/lib/python3.12/site-packages"
            for folder in ["numpy-2.1.0.dist-info", "scikit_learn-1.5.dist-info", "numpy"] {
                try FileManager.default.createDirectory(atPath: "\(site)/\(folder)", withIntermediateDirectories: true)
            }
            try ".venv\n".write(toFile: fixture.project + "/.gitignore", atomically: true, encoding: .utf8)
            let git = "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm x"
            #expect(await ProcessRunner.output(of: ["sh", "-c", git], folder: fixture.project) != nil)
            let facts = await CodeFacts.gather(folder: fixture.project, venv: fixture.project + "/.venv")
            #expect(facts.commit?.count == 40)
            #expect(facts.clean == true)
            #expect(facts.packages == ["numpy==2.1.0", "scikit_learn==1.5"])
            try "x".write(toFile: fixture.project + "/steps/new.py", atomically: true, encoding: .utf8)
            let changed = await CodeFacts.gather(folder: fixture.project, venv: nil)
            #expect(changed.clean == false)
        }
    }

    @Test func `lists and look-ups use an index`() async throws {
        try await PipelineFixture.with { fixture in
            let plans = try await fixture.database.read { connection in
                try [
                    connection.plan("SELECT * FROM pipeline_runs WHERE pipeline = ? ORDER BY sequence DESC LIMIT ?", ["a", 1]),
                    connection.plan("SELECT * FROM pipeline_runs ORDER BY sequence DESC LIMIT ?", [1]),
                    connection.plan("SELECT * FROM pipeline_steps WHERE run = ? ORDER BY position", ["a"]),
                    connection.plan(
                        """
                        SELECT run FROM pipeline_steps WHERE pipeline = ? AND name = ? AND state = 'succeeded' AND cache_key = ?
                        ORDER BY ended_at DESC LIMIT 1
                        """,
                        ["a", "b", "c"]),
                ]
            }
            for plan in plans { #expect(plan.allSatisfy { !$0.contains("SCAN") || $0.contains("USING INDEX") }) }
        }
    }
}
