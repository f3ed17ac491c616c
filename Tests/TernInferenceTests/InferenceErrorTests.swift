import Foundation
import TernInference
import TernKernel
import TernTestSupport
import Testing

@Suite struct InferenceErrorTests {
    typealias Fixtures = InferenceFixtures

    @Test func `an absent library says how to get it`() throws {
        let engine = InferenceEngine(library: "/nowhere/libonnxruntime.so")
        let error = #expect(throws: TernError.self) { try engine.load(modelAt: Fixtures.path("cube")) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/nowhere/libonnxruntime.so") == true)
        #expect(error?.hint?.contains("script/setup") == true && error?.hint?.contains("TERN_ONNXRUNTIME") == true)
    }

    @Test func `a library that is something else is refused`() async throws {
        try await withTemporaryFolder { folder in
            try Data("not a library".utf8).write(to: URL(fileURLWithPath: folder + "/libonnxruntime.so"))
            let error = #expect(throws: TernError.self) { try InferenceEngine(library: folder + "/libonnxruntime.so").version() }
            #expect(error?.code == .unavailable)
        }
        let other = #expect(throws: TernError.self) { try InferenceEngine(library: "/lib/x86_64-linux-gnu/libm.so.6").version() }
        #expect(other?.message.contains("it is not ONNX Runtime") == true)
    }

    @Test func `the library is found where script setup puts it`() throws {
        let version = try InferenceEngine().version()
        #expect(version.split(separator: ".").count == 3)
    }

    @Test func `a truncated model, garbage, an empty file, a folder and no file are told apart`() async throws {
        try await withTemporaryFolder { folder in
            func load(_ bytes: Data) -> TernError? {
                let path = folder + "/model.onnx"
                return #expect(throws: TernError.self) {
                    try bytes.write(to: URL(fileURLWithPath: path))
                    _ = try Fixtures.engine.load(modelAt: path)
                }
            }
            let whole = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("forest_columns")))
            for share in [0.1, 0.5, 0.9, 0.999] {
                let error = load(whole.prefix(Int(Double(whole.count) * share)))
                #expect(error?.code == .invalidArgument, "\(share)")
            }
            let garbage = load(Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }))
            #expect(garbage?.code == .invalidArgument)
            #expect(garbage?.message.contains("not a whole ONNX model") == true)
            #expect(load(Data("<html>not a model</html>".utf8))?.code == .invalidArgument)
            #expect(load(Data())?.message.contains("empty") == true)
            let missing = #expect(throws: TernError.self) { try Fixtures.engine.load(modelAt: folder + "/none.onnx") }
            #expect(missing?.code == .notFound)
            let directory = #expect(throws: TernError.self) { try Fixtures.engine.load(modelAt: folder) }
            #expect(directory?.code == .notFound)
        }
    }

    @Test func `wrong names, types and shapes say what is expected`() throws {
        let model = try Fixtures.model("logistic_zipmap")
        func refusal(_ tensors: [Tensor]) -> TernError? { #expect(throws: TernError.self) { _ = try model.run(tensors) } }
        let good = try Tensor("X", shape: [1, 4], values: [1, 2, 3, 4] as [Float])

        let missing = refusal([])
        #expect(missing?.message == "the input 'X' is missing" && missing?.hint == "the model expects X FP32 [-1, 4]")
        #expect(refusal([good, try Tensor("Y", shape: [1], values: [1] as [Float])])?.message == "the model has no input 'Y'")
        #expect(refusal([good, good])?.message == "the input 'X' is given twice")
        let type = refusal([try Tensor("X", shape: [1, 4], values: [1, 2, 3, 4] as [Double])])
        #expect(type?.message == "the input 'X' has type FP64, but the model expects FP32")
        let shape = refusal([try Tensor("X", shape: [1, 3], values: [1, 2, 3] as [Float])])
        #expect(shape?.message == "the input 'X' has shape [1, 3], but the model expects [-1, 4]")
        #expect(refusal([try Tensor("X", shape: [4], values: [1, 2, 3, 4] as [Float])])?.code == .invalidArgument)
        #expect(refusal([try Tensor("X", shape: [1, 4], strings: ["a", "b", "c", "d"])])?.message.contains("BYTES") == true)
        for error in [missing, type, shape] { #expect(error?.code == .invalidArgument) }
    }

    @Test func `a missing column is named`() throws {
        let error = #expect(throws: TernError.self) { try Fixtures.model("forest_columns").run(columns: [Column("price", .double([1]))]) }
        #expect(error?.message == "the model needs the column 'demand', which is not there")
        #expect(error?.hint == "it needs price, demand, transfer, weekday")
    }
}
