import Foundation
import TernKernel
import TernStore
import Testing

@testable import Pipelines

@Suite struct PipelineCacheTests {
    private let steps = [
        sh("prepare", "sh steps/prepare.sh", in: [.dataset("market")], out: ["train.txt"]),
        sh("fit", "cat $TERN_INPUT_TRAIN >$TERN_OUTPUT_MODEL", in: [.output(step: "prepare", file: "train.txt")], out: ["model.onnx"]),
    ]

    private func write(_ script: String, _ fixture: PipelineFixture) throws {
        try script.write(toFile: fixture.project + "/steps/prepare.sh", atomically: true, encoding: .utf8)
    }

    @Test func `a second run reuses every step and says which run it reuses`() async throws {
        try await PipelineFixture.with { fixture in
            try write("cat $TERN_INPUT_MARKET >$TERN_OUTPUT_TRAIN", fixture)
            try await fixture.apply(steps, params: ["trees": 60])
            let first = try await fixture.run()
            let second = try await fixture.run()
            #expect(second.steps.map(\.state) == [.cached, .cached])
            #expect(second.steps.map(\.cause) == Array(repeating: "cached: same inputs, command, params and code as run \(first.id)", count: 2))
            #expect(second.steps.map(\.reusedRun) == [first.id, first.id])
            #expect(second.steps.map(\.outputs) == first.steps.map(\.outputs))
            let third = try await fixture.run()
            #expect(third.steps.map(\.reusedRun) == [first.id, first.id])
        }
    }

    @Test func `a miss says what changed`() async throws {
        try await PipelineFixture.with { fixture in
            try write("cat $TERN_INPUT_MARKET >$TERN_OUTPUT_TRAIN", fixture)
            try await fixture.apply(steps, params: ["trees": 60])
            _ = try await fixture.run()
            let other = try await fixture.run(params: ["trees": 80])
            #expect(other.steps.map(\.cause) == Array(repeating: "ran: param trees changed (60 → 80)", count: 2))
            try fixture.neighbours.add(dataset: "market", version: 2, "a,b\n3,4\n")
            let data = try await fixture.run(params: ["trees": 80])
            #expect(data.datasets == ["market": 2])
            #expect(data.step("prepare")?.cause?.hasPrefix("ran: input dataset:market changed (") == true)
            #expect(data.step("fit")?.cause?.hasPrefix("ran: input prepare/train.txt changed (") == true)
            try write("cat $TERN_INPUT_MARKET  >$TERN_OUTPUT_TRAIN", fixture)
            let code = try await fixture.run(params: ["trees": 80])
            #expect(code.step("prepare")?.cause?.contains("code steps/prepare.sh changed") == true)
        }
    }

    @Test func `a result whose file is gone is made again`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("a", "echo x >$TERN_OUTPUT_X", out: ["x.txt"])])
            let first = try await fixture.run()
            let output = try #require(first.steps[0].outputs.first)
            try FileManager.default.removeItem(atPath: await fixture.blobs.localFile(of: output.digest))
            let second = try await fixture.run()
            #expect(second.steps[0].state == .succeeded)
            #expect(second.steps[0].cause == "ran: the stored result of run \(first.id) is gone")
            #expect(try await fixture.blobs.contains(output.digest))
        }
    }

    @Test func `a step without caching runs each time, and a failure is never reused`() async throws {
        try await PipelineFixture.with { fixture in
            try await fixture.apply([sh("a", "true", cache: false), sh("b", "exit 2")])
            _ = try await fixture.run()
            let second = try await fixture.run()
            #expect(second.step("a")?.cause == "ran: caching is off for this step")
            #expect(second.step("b")?.state == .failed)
            #expect(second.step("b")?.cause == "ran: first run of this step")
        }
    }

    @Test func `changes of facts are told one by one`() {
        let old = StepFacts(
            kind: "run", command: "a", inputs: ["x": "aaaaaa", "gone": "1"], params: ["p": 1], outputs: ["o"], code: [:], packages: ["numpy==1"])
        var new = old
        #expect(new.changes(since: old).isEmpty)
        new.command = "b"
        new.inputs = ["x": "bbbbbb", "new": "2"]
        new.packages = ["numpy==2"]
        #expect(
            new.changes(since: old) == [
                "input gone is gone", "input new is new", "input x changed (aaaa… → bbbb…)", "the command changed",
                "Python packages changed (-numpy==1 +numpy==2)",
            ])
        #expect(StepCause.ran(new, last: ("R", old)).hasSuffix("and 1 more"))
    }

    @Test func `equal facts have equal keys and any difference another`() throws {
        let facts = StepFacts(kind: "run", command: "a", inputs: ["x": "1"], params: ["window_days": 1], outputs: [], code: ["f": "1"], packages: nil)
        let same = try JSON(encoding: facts).decode(StepFacts.self)
        #expect(same == facts)
        #expect(try same.key() == facts.key())
        var other = facts
        other.packages = []
        #expect(try other.key() != facts.key())
    }
}
