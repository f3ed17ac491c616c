import Foundation
import TernKernel
import Testing

@testable import Registry

@Suite struct SignatureCheckTests {
    private let named = SignatureCheck(model: [
        SignatureField(name: "x1", type: "FP32", shape: [-1, 1]), SignatureField(name: "x2", type: "INT64", shape: [-1, 1]),
        SignatureField(name: "kind", type: "BYTES", shape: [-1, 1]),
    ])
    private let matrix = SignatureCheck(model: [SignatureField(name: "X", type: "FP32", shape: [-1, 2])])

    private func mismatches(_ check: SignatureCheck, _ inputs: JSON) throws -> [String] {
        check.mismatches(try DeclaredSignature(["inputs": inputs])).map(\.sentence)
    }

    private func column(_ name: String, _ type: String) -> JSON { ["name": .string(name), "type": .string(type), "required": true] }
    private func tensor(_ type: String, _ shape: JSON, _ name: String? = nil) -> JSON {
        var field: [String: JSON] = ["type": "tensor", "tensor-spec": ["dtype": .string(type), "shape": shape]]
        field["name"] = name.map(JSON.string)
        return .object(field)
    }

    @Test func `columns that the file takes under their names fit`() throws {
        #expect(try mismatches(named, [column("x1", "double"), column("x2", "long"), column("kind", "string")]) == [])
        #expect(try mismatches(named, [column("kind", "string"), column("x2", "integer"), column("x1", "float")]) == [])
    }

    @Test func `another name, a missing and a surplus input are told apart`() throws {
        let said = try mismatches(named, [column("x1", "double"), column("age", "long"), column("kind", "string")])
        #expect(
            said == [
                "'age' (long) is declared, and the ONNX file has no such input", "the ONNX file takes 'x2' (INT64 [-1, 1]), which is not declared",
            ])
        let optional: JSON = ["name": "note", "type": "string", "required": false]
        #expect(try mismatches(named, [column("x1", "double"), column("x2", "long"), column("kind", "string"), optional]) == [])
    }

    @Test(arguments: [
        ("x1", "string"), ("x1", "long"), ("x1", "boolean"), ("x1", "datetime"), ("x1", "binary"), ("x2", "double"), ("kind", "double"),
    ]) func `a type of another kind does not fit`(name: String, type: String) throws {
        let fields = ["x1": "double", "x2": "long", "kind": "string"].merging([name: type]) { $1 }
        let said = try mismatches(named, .array(fields.sorted { $0.key < $1.key }.map { column($0.key, $0.value) }))
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("'\(name)' is declared as \(type), and the ONNX file takes") == true)
    }

    @Test func `one tensor of all columns takes as many numbers as it is wide`() throws {
        #expect(try mismatches(matrix, [column("a", "double"), column("b", "long")]) == [])
        #expect(try mismatches(matrix, [column("a", "double")]) == ["'X' is declared as 1 columns, and the ONNX file takes FP32 [-1, 2]"])
        #expect(try mismatches(matrix, [column("a", "double"), column("b", "string")]).count == 1)
        var ordered = matrix
        ordered.features = ["a", "b"]
        #expect(try mismatches(ordered, [column("a", "double"), column("b", "double")]) == [])
        #expect(try mismatches(ordered, [column("b", "double"), column("a", "double")]).count == 1)
    }

    @Test func `tensors are held to their shape, and doubles may be narrowed`() throws {
        #expect(try mismatches(matrix, [tensor("float32", [-1, 2])]) == [])
        #expect(try mismatches(matrix, [tensor("float64", [-1, 2], "X")]) == [])
        #expect(try mismatches(matrix, [tensor("float32", [-1, -1])]) == [])
        #expect(try mismatches(matrix, [tensor("float32", [-1, 3])]).count == 1)
        #expect(try mismatches(matrix, [tensor("float32", [-1])]).count == 1)
        #expect(try mismatches(matrix, [tensor("int64", [-1, 2])]).count == 1)
        #expect(try mismatches(matrix, [tensor("float32", [-1, 2], "Y")]).count == 2)
    }

    @Test func `no inputs declare nothing`() throws {
        #expect(try mismatches(named, []) == [])
        #expect(named.mismatches(try DeclaredSignature([:])) == [])
    }

    @Test(arguments: ["{\"inputs\": 5}", "{\"inputs\": [{}]}", "{\"inputs\": [{\"type\": \"tensor\"}]}", "{\"inputs\": \"[\"}"])
    func `what is no signature is refused`(text: String) throws {
        #expect(throws: TernError.self) { try DeclaredSignature(JSON(parsing: text)) }
    }

    @Test func `an MLmodel file's signature is read, also where YAML folds its lines`() throws {
        let text = """
            flavors:
              onnx: {data: model.onnx}
            saved_input_example_info: {artifact_path: input_example.json, serving_input_path: serving_input_example.json, type: dataframe}
            signature:
              inputs: '[{"type": "double", "name": "x1", "required": true}, {"type": "double",
                "name": "it''s", "required": true}]'
              outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
              params: null
            """
        let description = ModelDescription(text)
        #expect(description.exampleFile == "serving_input_example.json")
        let signature = try DeclaredSignature(try #require(description.signature))
        #expect(signature.inputs.map(\.name) == ["x1", "it's"])
        #expect(description.signature?["outputs"]?.arrayValue?.count == 1)
    }

    @Test func `damaged MLmodel files and signatures are no trouble`() {
        let whole = Array("flavors:\n  onnx: {data: m.onnx}\nsignature:\n  inputs: '[{\"type\": \"double\", \"name\": \"x\"}]'\n".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let description = ModelDescription(String(decoding: bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)), as: UTF8.self))
            if let signature = description.signature { _ = try? DeclaredSignature(signature) }
        }
        // Aliases that would grow without end are never followed.
        let bomb =
            "a: &a [x, x]\n" + (1..<40).map { "b\($0): &b\($0) [*\($0 == 1 ? "a" : "b\($0 - 1)"), *\($0 == 1 ? "a" : "b\($0 - 1)")]\n" }.joined()
        #expect(ModelDescription(bomb).onnxFile == nil)
    }
}
