import Foundation
import TernInference
import TernKernel
import TernLog
import TernTestSupport
import Testing

@testable import Serving

@Suite struct PredictionTests {
    @Test func `an answer carries its variant and id and is in the log before it is given`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)))
            let answer = try await ask(room, inputs([2, 1], [1, .nan]))
            #expect(answer.variant == FakeReleases.variant(1))
            #expect(answer.prediction == PredictionID(endpoint: "price", prediction: 1))
            #expect(answer.outputs.map(\.name) == ["label", "probabilities"])
            #expect(answer.outputs[0].values(as: Int64.self)?.first == 1)
            let record = try #require(try log.read(endpoint: "price", after: 0, limit: 9).first?.record)
            #expect(record.rows == 2 && record.error == nil && record.eventTimes.isEmpty)
            #expect(record.inputs == [Column("demand", .double([2, 1])), Column("price", .double([1, nil]))])
            #expect(record.outputs.map(\.name) == ["label", "probabilities[0]", "probabilities[1]", "predicted", "score"])
            #expect(record.outputs.first { $0.name == "predicted" }?.texts.first == "1")
            #expect(try await ask(room, inputs([2], [1]), outputs: ["probabilities"]).outputs.map(\.name) == ["probabilities"])
            #expect(try await ask(room, inputs([2], [1])).prediction?.prediction == 3)
        }
    }

    @Test func `bad inputs are refused with what was expected, and nothing is logged`() async throws {
        let one = try Tensor("demand", shape: [1, 1], values: [Float(1)])
        let cases: [(String, [Tensor])] = [
            ("unexpected inference input 'Y' for model 'price'", [try Tensor("Y", shape: [1, 1], values: [Float(1)])]),
            ("missing required input(s) ['price']", [one]),
            ("data-type is 'FP64', but model 'price' expects 'FP32'", [try Tensor("demand", shape: [1, 1], values: [1.0])]),
            ("Expected [-1,1], got [1,2]", [try Tensor("demand", shape: [1, 2], values: [Float(1), 2])]),
            ("Expected [-1,1], got [1]", [try Tensor("demand", shape: [1], values: [Float(1)])]),
            ("has 1 rows, but the inputs before it have 2", try inputs([1, 2], [1])),
            ("has no rows", try inputs([], [])),
            ("input 'demand' is given twice", [one, one]),
        ]
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)))
            for (text, tensors) in cases {
                let error = try await #require(throws: TernError.self) { _ = try await ask(room, tensors) }
                #expect(error.code == .invalidArgument)
                #expect(error.message.contains(text), "\(error.message)")
            }
            #expect(log.lastPosition(endpoint: "price") == 0)
            let metrics = try room.service.metrics("price")
            #expect(metrics.refused == Int64(cases.count) && metrics.variants.isEmpty)
        }
    }

    @Test func `unknown endpoints, versions and outputs are not found, and leave no log behind`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)))
            let unknown = try await #require(throws: TernError.self) {
                _ = try await room.service.predict(PredictionRequest(endpoint: "nope", inputs: inputs([1], [1])))
            }
            #expect(unknown.code == .notFound && unknown.message == "Request for unknown model: 'nope' is not found")
            let version = try await #require(throws: TernError.self) { _ = try await ask(room, inputs([1], [1]), version: 9) }
            #expect(version.code == .notFound && version.message == "Request for unknown model: 'price' version 9 is not found")
            let output = try await #require(throws: TernError.self) { _ = try await ask(room, inputs([1], [1]), outputs: ["zzz"]) }
            #expect(output.message == "unexpected inference output 'zzz' for model 'price'")
            #expect(!log.endpoints().contains("nope") && log.lastPosition(endpoint: "price") == 0)
        }
    }

    @Test func `a full log costs the id, not the answer, and is counted`() async throws {
        try await withServing { releases, room, log, folder in
            releases.serve(Route(answering: FakeReleases.variant(1), shadows: [FakeReleases.variant(2, .shadow)]))
            _ = try log.nextPrediction(endpoint: "price")
            // The folder becomes a file: from now on no segment can be made.
            try FileManager.default.removeItem(atPath: folder + "/price")
            try Data().write(to: URL(fileURLWithPath: folder + "/price"))
            let answer = try await ask(room, inputs([2], [1]))
            #expect(answer.prediction == nil && answer.outputs.count == 2)
            #expect(log.statistics(endpoint: "price").dropped == 1)
            #expect(try room.service.metrics("price").unlogged == 1)
        }
    }

    @Test func `a model is asked by its version, and directly when no endpoint has its name`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(1)), standby: [FakeReleases.variant(2)])
            #expect(try await ask(room, inputs([1], [2]), version: 2).variant.version == 2)
            let direct = try await room.service.predict(PredictionRequest(endpoint: "m", version: 1, inputs: inputs([1], [2])))
            #expect(direct.prediction == nil && direct.outputs[0].values(as: Int64.self) == [0])
            #expect(log.endpoints() == ["price"])
            let error = try await #require(throws: TernError.self) {
                _ = try await room.service.predict(PredictionRequest(endpoint: "m", version: 77, inputs: []))
            }
            #expect(error.message == "Request for unknown model: 'm' version 77 is not found")
        }
    }
}

@Suite struct EventTimeTests {
    private let moment = Timestamp(milliseconds: 900_000_000_000)

    @Test func `event times are taken out, logged a row, and drive the clock`() async throws {
        try await withServing { releases, room, log, _ in
            releases.serve(Route(answering: FakeReleases.variant(1), eventTime: "settled_at"))
            let numbers = try Tensor("settled_at", shape: [2, 1], values: [moment.milliseconds, moment.milliseconds + 1000])
            _ = try await ask(room, inputs([1, 2], [2, 1]) + [numbers])
            #expect(log.clock(endpoint: "price") == moment + .seconds(1))
            let texts = try Tensor("settled_at", shape: [2], strings: ["1999-01-01", "1999-01-01T00:30:00Z"])
            _ = try await ask(room, [texts] + inputs([1, 2], [2, 1]))
            let one = try Tensor("settled_at", shape: [1], values: [Timestamp("2000-01-01")?.milliseconds ?? 0])
            _ = try await ask(room, [one] + inputs([1, 2], [2, 1]))
            // Without its time, a request is about the endpoint's present.
            _ = try await ask(room, inputs([1], [2]))
            let all = try log.read(endpoint: "price", after: 0, limit: 9).map(\.record.eventTimes)
            #expect(all[0] == [moment, moment + .seconds(1)])
            #expect(all[1].map(\.description) == ["1999-01-01T00:00:00Z", "1999-01-01T00:30:00Z"])
            #expect(all[2].map(\.description) == ["2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"])
            #expect(all[3].map(\.description) == ["2000-01-01T00:00:00Z"])
        }
    }

    @Test func `event times that are none are refused`() async throws {
        try await withServing { releases, room, _, _ in
            releases.serve(Route(answering: FakeReleases.variant(1), eventTime: "at"))
            let wrong: [Tensor] = [
                try Tensor("at", shape: [1], values: [Float(1)]), try Tensor("at", shape: [1], strings: ["yesterday"]),
                try Tensor("at", shape: [1], values: [Int64.min]), try Tensor("at", shape: [1], values: [Int64.max]),
                try Tensor("at", shape: [3], values: [Int64(1), 2, 3]), try Tensor("at", shape: [0], values: [Int64]()),
            ]
            for tensor in wrong {
                let error = try await #require(throws: TernError.self) { _ = try await ask(room, inputs([1, 2], [1, 2]) + [tensor]) }
                #expect(error.code == .invalidArgument)
            }
        }
    }
}
