import Foundation
import TernInference
import TernKernel

/// The models of `Fixtures/make_fixtures.py` and what ONNX Runtime's own Python package answered.
enum InferenceFixtures {
    static let engine = InferenceEngine()
    static let folder = (#filePath as NSString).deletingLastPathComponent + "/Fixtures"

    static func path(_ name: String) -> String { "\(folder)/\(name).onnx" }

    static func model(_ name: String) throws -> InferenceModel { try engine.load(modelAt: path(name)) }

    static func expected(_ name: String) throws -> JSON {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
        guard let value = try JSON(parsing: data)[name] else { throw TernError.notFound("no expectation '\(name)'") }
        return value
    }

    /// Numbers of a JSON array, however nested.
    static func numbers(_ json: JSON?) -> [Double] {
        guard let json else { return [] }
        if let array = json.arrayValue { return array.flatMap { numbers($0) } }
        return json.doubleValue.map { [$0] } ?? []
    }

    static func strings(_ json: JSON?) -> [String] {
        guard let json else { return [] }
        if let array = json.arrayValue { return array.flatMap { strings($0) } }
        return json.stringValue.map { [$0] } ?? []
    }

    static func floats(_ name: String, input: String, columns: Int) throws -> Tensor {
        let values = numbers(try expected(name)["inputs"]?[input]).map { Float($0) }
        return try Tensor(input, shape: [values.count / columns, columns], values: values)
    }
}

func isClose(_ left: [Double], _ right: [Double], within tolerance: Double = 1e-6) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance }
}
