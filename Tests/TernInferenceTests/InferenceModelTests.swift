import Foundation
import TernInference
import TernKernel
import TernTestSupport
import Testing

@Suite struct InferenceModelTests {
    typealias Fixtures = InferenceFixtures

    @Test func `a map of probabilities per row becomes one tensor with its classes`() throws {
        let model = try Fixtures.model("logistic_zipmap")
        #expect(model.inputs == [TensorInfo(name: "X", type: .float32, shape: [-1, 4])])
        #expect(model.outputs.map(\.name) == ["output_label", "output_probability"])
        #expect(model.outputs.last?.shape == [-1, -1])
        let expected = try Fixtures.expected("logistic_zipmap")["outputs"]
        let answers = try model.run([try Fixtures.floats("logistic_zipmap", input: "X", columns: 4)])
        #expect(answers.map(\.name) == ["output_label", "output_probability"])
        #expect(answers[0].numbers == Fixtures.numbers(expected?["output_label"]))
        #expect(answers[0].type == .int64)
        #expect(answers[1].shape == [5, 2])
        #expect(answers[1].classes == ["0", "1"])
        #expect(isClose(answers[1].numbers ?? [], Fixtures.numbers(expected?["output_probability"]?["values"])))
    }

    @Test func `the same model with and without maps gives the same prediction`() throws {
        let map = ModelPrediction(
            outputs: try Fixtures.model("logistic_zipmap").run([try Fixtures.floats("logistic_zipmap", input: "X", columns: 4)]), rows: 5)
        let array = ModelPrediction(
            outputs: try Fixtures.model("logistic_array").run([try Fixtures.floats("logistic_array", input: "X", columns: 4)]), rows: 5)
        #expect(map.predicted == array.predicted)
        #expect(isClose(map.score.compactMap { $0 }, array.score.compactMap { $0 }))
        #expect(Set(map.predicted) == ["0", "1"])
        for (label, score) in zip(map.predicted, map.score) { #expect((label == "1") == ((score ?? 0) > 0.5)) }
    }

    @Test func `classes that are words are labels, and the last one is the positive class`() throws {
        let prediction = ModelPrediction(
            outputs: try Fixtures.model("text_classes").run([try Fixtures.floats("text_classes", input: "X", columns: 4)]), rows: 5)
        let expected = try Fixtures.expected("text_classes")["outputs"]
        #expect(prediction.predicted == Fixtures.strings(expected?["output_label"]))
        #expect(prediction.outputs[1].classes == ["cold", "hot", "mild"])
        let rows = expected?["output_probability"]?["values"]?.arrayValue ?? []
        #expect(isClose(prediction.score.compactMap { $0 }, rows.compactMap { $0[2]?.doubleValue }))
    }

    @Test func `a model with one input a column runs over a table's columns`() throws {
        let model = try Fixtures.model("forest_columns")
        let inputs = try Fixtures.expected("forest_columns")["inputs"]
        let columns =
            [Column("unasked", .text(["a", "b", "c", "d", "e", "f"])), Column("weekday", .double(Fixtures.numbers(inputs?["weekday"])))]
            + ["transfer", "price", "demand"].map { Column($0, .double(Fixtures.numbers(inputs?[$0]))) }
        let prediction = try model.run(columns: columns)
        let expected = try Fixtures.expected("forest_columns")["outputs"]
        #expect(prediction.predicted == Fixtures.numbers(expected?["output_label"]).map { String(Int($0)) })
        let scores = expected?["output_probability"]?["values"]?.arrayValue?.compactMap { $0[1]?.doubleValue }
        #expect(isClose(prediction.score.compactMap { $0 }, scores ?? []))
    }

    @Test func `text goes in, with empty and non-ASCII words`() throws {
        let model = try Fixtures.model("text_inputs")
        let inputs = try Fixtures.expected("text_inputs")["inputs"]
        #expect(model.inputs.map(\.type) == [.string, .string])
        let prediction = try model.run(
            columns: ["colour", "size"].map { Column($0, .text(Fixtures.strings(inputs?[$0]).map { $0.isEmpty ? nil : $0 })) })
        let expected = try Fixtures.expected("text_inputs")["outputs"]
        #expect(prediction.predicted == Fixtures.numbers(expected?["output_label"]).map { String(Int($0)) })
        let rows = expected?["output_probability"]?["values"]?.arrayValue ?? []
        #expect(isClose(prediction.score.compactMap { $0 }, rows.compactMap { $0[1]?.doubleValue }))
    }

    @Test func `a regression's number is both its prediction and its score`() throws {
        let model = try Fixtures.model("regression")
        let prediction = ModelPrediction(outputs: try model.run([try Fixtures.floats("regression", input: "X", columns: 4)]), rows: 4)
        let expected = Fixtures.numbers(try Fixtures.expected("regression")["outputs"]?["variable"])
        #expect(isClose(prediction.score.compactMap { $0 }, expected, within: 1e-5))
        #expect(isClose(prediction.predicted.compactMap { $0.flatMap(Double.init) }, expected, within: 1e-5))
    }

    @Test func `one input for all features takes the columns that the metadata names`() throws {
        let model = try Fixtures.model("named_matrix")
        let values = Fixtures.numbers(try Fixtures.expected("named_matrix")["inputs"]?["X"])
        let columns = ["d", "c", "b", "a"].enumerated().map { index, name in
            Column(name, .double((0..<3).map { values[$0 * 4 + 3 - index] }))
        }
        let prediction = try model.run(columns: columns + [Column("target", .int([0, 1, 0]))])
        let expected = Fixtures.numbers(try Fixtures.expected("named_matrix")["outputs"]?["output_label"]).map { String(Int($0)) }
        #expect(prediction.predicted == expected)
    }

    @Test func `one input for all features without names takes all columns, or says how many it wants`() throws {
        let model = try Fixtures.model("logistic_array")
        let four = (0..<4).map { Column("c\($0)", .double([0.5, 1])) }
        #expect(try model.run(columns: four).predicted.count == 2)
        let error = #expect(throws: TernError.self) { try model.run(columns: Array(four.prefix(3))) }
        #expect(error?.message == "the model's input 'X' takes 4 columns, and there are 3")
    }

    @Test func `a scalar and a tensor of rank three come back with their shapes`() throws {
        let model = try Fixtures.model("cube")
        let cube = try Tensor("cube", shape: [2, 2, 2], values: (0..<8).map { Float($0) })
        let answers = try model.run([cube])
        #expect(answers[0].shape.isEmpty && answers[0].numbers == [28])
        #expect(answers[1].shape == [2, 2, 2] && answers[1].values(as: Float.self) == cube.values(as: Float.self))
        #expect(throws: TernError.self) { try answers[1].columns() }
    }

    @Test func `no rows give no rows`() throws {
        let answers = try Fixtures.model("logistic_zipmap").run([try Tensor("X", shape: [0, 4], values: [Float]())])
        #expect(answers[0].shape == [0] && answers[1].rows == 0)
        let prediction = ModelPrediction(outputs: answers, rows: 0)
        #expect(prediction.predicted.isEmpty && prediction.score.isEmpty)
    }

    @Test func `only the outputs asked for are computed`() throws {
        let model = try Fixtures.model("logistic_zipmap")
        let input = try Fixtures.floats("logistic_zipmap", input: "X", columns: 4)
        #expect(try model.run([input], outputs: ["output_label"]).map(\.name) == ["output_label"])
        let error = #expect(throws: TernError.self) { try model.run([input], outputs: ["nope"]) }
        #expect(error?.hint == "it has output_label, output_probability")
    }

    @Test func `many callers share one model`() async throws {
        let model = try Fixtures.model("forest_columns")
        let inputs = try Fixtures.expected("forest_columns")["inputs"]
        let columns = ["price", "demand", "transfer", "weekday"].map { Column($0, .double(Fixtures.numbers(inputs?[$0]))) }
        let first = try model.run(columns: columns)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    for _ in 0..<50 where try model.run(columns: columns).score != first.score { return false }
                    return true
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    @Test func `a model and its answers are given back when nobody holds them`() throws {
        weak var model: InferenceModel?
        weak var answer: TensorBuffer?
        try {
            let loaded = try Fixtures.model("cube")
            let answers = try loaded.run([try Tensor("cube", shape: [1, 2, 2], values: [1, 2, 3, 4] as [Float])])
            guard case .bytes(let buffer) = answers[1].storage else { return }
            model = loaded
            answer = buffer
            #expect(model != nil && answer != nil)
        }()
        #expect(model == nil && answer == nil)
    }

    @Test func `an answer outlives its model`() throws {
        var model: InferenceModel? = try InferenceEngine().load(modelAt: Fixtures.path("cube"))
        let answers = try model?.run([try Tensor("cube", shape: [1, 2, 2], values: [1, 2, 3, 4] as [Float])])
        model = nil
        #expect(answers?[1].values(as: Float.self) == [1, 2, 3, 4])
    }
}
