import TernInference
import TernKernel

/// A model's view of what it is asked. The sentences are those of the servers that clients know.
struct InputValidation {
    let name: String
    let model: InferenceModel

    /// - Returns: the number of rows.
    /// - Throws: `invalid_argument` naming the input and what was expected of it.
    func rows(of inputs: [Tensor]) throws -> Int {
        var rows: Int?
        for (index, input) in inputs.enumerated() {
            guard let expected = model.inputs.first(where: { $0.name == input.name }) else {
                throw TernError.invalid(
                    "unexpected inference input '\(input.name)' for model '\(name)'",
                    hint: "it takes \(InputValidation.list(model.inputs.map(\.name)))")
            }
            guard !inputs[..<index].contains(where: { $0.name == input.name }) else {
                throw TernError.invalid("input '\(input.name)' is given twice")
            }
            try check(input, expected)
            guard expected.shape.first == -1, let count = input.shape.first else { continue }
            guard rows == nil || rows == count else {
                throw TernError.invalid("input '\(input.name)' has \(count) rows, but the inputs before it have \(rows ?? 0)")
            }
            rows = count
        }
        if inputs.count < model.inputs.count {
            let missing = model.inputs.map(\.name).filter { name in !inputs.contains { $0.name == name } }
            throw TernError.invalid(
                "expected \(model.inputs.count) inputs but got \(inputs.count) inputs for model '\(name)'. Got input(s) "
                    + "\(InputValidation.list(inputs.map(\.name))), but missing required input(s) \(InputValidation.list(missing)). "
                    + "Please provide all required input(s).")
        }
        guard rows != 0 else { throw TernError.invalid("the request for '\(name)' has no rows") }
        return rows ?? 1
    }

    private func check(_ input: Tensor, _ expected: TensorInfo) throws {
        guard input.type == expected.type else {
            throw TernError.invalid(
                "inference input '\(input.name)' data-type is '\(input.type.datatype)', but model '\(name)' expects '\(expected.type.datatype)'")
        }
        let fits = input.shape.count == expected.shape.count && zip(input.shape, expected.shape).allSatisfy { $0 == $1 || $1 < 0 }
        guard fits else {
            throw TernError.invalid(
                "unexpected shape for input '\(input.name)' for model '\(name)'. Expected \(InputValidation.text(expected.shape)), "
                    + "got \(InputValidation.text(input.shape))")
        }
    }

    func checkOutputs(_ outputs: [String]?) throws {
        for output in outputs ?? [] where !model.outputs.contains(where: { $0.name == output }) {
            throw TernError.invalid(
                "unexpected inference output '\(output)' for model '\(name)'", hint: "it gives \(InputValidation.list(model.outputs.map(\.name)))")
        }
    }

    private static func list(_ names: [String]) -> String { "[" + names.map { "'\($0)'" }.joined(separator: ",") + "]" }
    private static func text(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ",") + "]" }
}
