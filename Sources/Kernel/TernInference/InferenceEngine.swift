import TernKernel
/// ONNX Runtime, loaded when the first model is.
package final class InferenceEngine: Sendable {
    package init(library: String? = nil) {}
    /// ONNX Runtime's own version.
    package func version() throws -> String { throw TernError(.notImplemented, "") }
    /// Reads a model file and makes it ready to run.
    package func load(modelAt path: String) throws -> InferenceModel { throw TernError(.notImplemented, "") }
}
/// A loaded model; any number of callers may run it at once.
package final class InferenceModel: Sendable {
    package let inputs: [TensorInfo] = []
    package let outputs: [TensorInfo] = []
    package let metadata: [String: String] = [:]
    package func run(_ inputs: [Tensor], outputs: [String]? = nil) throws -> [Tensor] { [] }
}
