import Foundation
import TernInference
import TernKernel
import Testing

@Suite struct TensorTests {
    @Test func `every element type goes through a model unchanged`() throws {
        let model = try InferenceFixtures.model("echo")
        #expect(model.metadata["owner"] == "grid-team@example.com" && model.metadata["note"] == "grün" && model.metadata["producer"] == "tern-tests")
        let bytes16 = TensorBuffer([0x00, 0x3c, 0x00, 0xc0] as [UInt8])
        let tensors = [
            try Tensor("float", shape: [1, 2], values: [1.5, -.infinity] as [Float]),
            try Tensor("uint8", shape: [1, 2], values: [0, 255] as [UInt8]),
            try Tensor("int8", shape: [1, 2], values: [-128, 127] as [Int8]),
            try Tensor("uint16", shape: [1, 2], values: [0, 65_535] as [UInt16]),
            try Tensor("int16", shape: [1, 2], values: [-32_768, 32_767] as [Int16]),
            try Tensor("int32", shape: [1, 2], values: [.min, .max] as [Int32]),
            try Tensor("int64", shape: [1, 2], values: [.min, .max] as [Int64]),
            try Tensor("string", shape: [1, 2], strings: ["", "grün\u{0}🦜"]),
            try Tensor("bool", shape: [1, 2], values: [true, false]),
            try Tensor("float16", type: .float16, shape: [1, 2], bytes: bytes16),
            try Tensor("double", shape: [1, 2], values: [.pi, .leastNonzeroMagnitude] as [Double]),
            try Tensor("uint32", shape: [1, 2], values: [0, .max] as [UInt32]),
            try Tensor("uint64", shape: [1, 2], values: [0, .max] as [UInt64]),
            try Tensor("bfloat16", type: .bfloat16, shape: [1, 2], bytes: TensorBuffer([0x80, 0x3f, 0x00, 0xc0] as [UInt8])),
        ]
        #expect(Set(tensors.map(\.type)) == Set(TensorType.allCases))
        let answers = try model.run(tensors.reversed())
        #expect(answers.count == tensors.count)
        for (answer, tensor) in zip(answers, tensors) {
            #expect(answer.name == "out_" + tensor.name)
            #expect(answer.type == tensor.type && answer.shape == tensor.shape)
            #expect(answer.storage == tensor.storage, "\(tensor.name)")
        }
        #expect(answers[9].numbers == [1, -2] && answers[13].numbers == [1, -2])
        #expect(answers[0].numbers == [1.5, -.infinity] && answers[12].numbers == [0, 0x1p64] && answers[6].numbers == [-0x1p63, 0x1p63])
    }

    @Test func `16-bit floats are read as IEEE 754 says`() throws {
        func half(_ bits: UInt16) throws -> Double? {
            try Tensor("h", type: .float16, shape: [1], bytes: TensorBuffer(values: [bits])).numbers?.first
        }
        #expect(try half(0x3555) == 0.333251953125)
        #expect(try half(0x7bff) == 65_504)
        #expect(try half(0x0001) == 0x1p-24)
        #expect(try half(0x0400) == 0x1p-14)
        #expect(try half(0xfc00) == -.infinity)
        #expect(try half(0x7e00)?.isNaN == true)
    }

    @Test func `columns cast to 16-bit floats round to nearest`() throws {
        let column = Column("x", .double([1 / 3, 65_504, 1e9, -0.1, 6e-8, nil, 2049]))
        let half = try Tensor(column: column, type: .float16).numbers ?? []
        #expect(half[0] == 0.333251953125 && half[1] == 65_504 && half[2] == .infinity && half[4] == 0x1p-24 && half[5].isNaN && half[6] == 2048)
        #expect(abs(half[3] + 0.1) < 1e-4)
        let brain = try Tensor(column: column, type: .bfloat16).numbers ?? []
        #expect(brain[0] == 0.333984375 && brain[5].isNaN)
    }

    @Test func `a tensor's bytes must be as many as its shape needs`() throws {
        let error = #expect(throws: TernError.self) { try Tensor("x", shape: [2, 3], values: [1, 2, 3] as [Float]) }
        #expect(error?.message == "tensor 'x' has 3 elements, but its shape [2, 3] needs 6 of FP32")
        #expect(throws: TernError.self) { try Tensor("x", shape: [-1], values: [Float]()) }
        #expect(throws: TernError.self) { try Tensor("x", shape: [.max, .max], values: [1] as [Float]) }
        #expect(throws: TernError.self) { try Tensor("x", type: .int64, shape: [1], bytes: TensorBuffer([1, 2, 3] as [UInt8])) }
        #expect(throws: TernError.self) { try Tensor("x", shape: [3], strings: ["a"]) }
        #expect(try Tensor("x", shape: [0, 7], values: [Double]()).isEmptyOfElements)
        #expect(try Tensor("x", shape: [], values: [1.0]).rows == 1)
    }

    @Test func `columns are cast, and what does not fit names its row`() throws {
        #expect(try Tensor(column: Column("a", .int([1, 2])), type: .float32).values(as: Float.self) == [1, 2])
        #expect(try Tensor(column: Column("a", .bool([true, nil])), type: .float64).numbers?[0] == 1)
        #expect(try Tensor(column: Column("a", .text(["2.5", nil])), type: .float64).numbers?[0] == 2.5)
        #expect(try Tensor(column: Column("a", .double([3, 4])), type: .string).strings == ["3", "4"])
        #expect(try Tensor(column: Column("a", .int([7])), type: .int64, vector: true).shape == [1])
        func refusal(_ values: Column.Values, _ type: TensorType) -> String? {
            #expect(throws: TernError.self) { _ = try Tensor(column: Column("a", values), type: type) }?.message
        }
        #expect(refusal(.double([1, 1.5]), .int64) == "row 2 of 'a' is 1.5, which does not fit INT64")
        #expect(refusal(.int([1, 300]), .uint8) == "row 2 of 'a' is 300.0, which does not fit UINT8")
        #expect(refusal(.int([1, nil]), .int32) == "row 2 of 'a' is missing, and INT32 has no missing value")
        #expect(refusal(.text(["1", "x"]), .float32)?.hasPrefix("row 2 of 'a' is 'x'") == true)
        #expect(refusal(.time([Timestamp(milliseconds: 0)]), .float32)?.contains("times") == true)
        #expect(refusal(.double([.nan]), .int64) == "row 1 of 'a' is nan, which does not fit INT64")
    }

    @Test func `large whole numbers keep every digit`() throws {
        let big: Int64 = 9_007_199_254_740_993
        let tensor = try Tensor(column: Column("id", .int([big, .min])), type: .int64)
        #expect(tensor.values(as: Int64.self) == [big, .min])
        #expect(try tensor.columns() == [Column("id", .int([big, .min]))])
    }

    @Test func `tensors become columns`() throws {
        let wide = try Tensor("p", shape: [2, 2], values: [0.1, 0.9, 0.8, 0.2])
        #expect(try wide.columns() == [Column("p[0]", .double([0.1, 0.8])), Column("p[1]", .double([0.9, 0.2]))])
        #expect(try Tensor("s", shape: [2], strings: ["a", "b"]).columns() == [Column("s", .text(["a", "b"]))])
        #expect(try Tensor("b", shape: [2, 1], values: [true, false]).columns() == [Column("b", .bool([true, false]))])
        #expect(try Tensor("i", shape: [1], values: [.max] as [UInt64]).columns() == [Column("i", .int([.max]))])
        #expect(try Tensor("e", shape: [0, 2], values: [Float]()).columns().map(\.count) == [0, 0])
    }

    @Test func `datatypes are the protocol's words`() {
        for type in TensorType.allCases { #expect(TensorType(datatype: type.datatype) == type) }
        #expect(TensorType(datatype: "FP128") == nil)
    }
}

extension Tensor {
    fileprivate var isEmptyOfElements: Bool { count == 0 && numbers == [] }
}
