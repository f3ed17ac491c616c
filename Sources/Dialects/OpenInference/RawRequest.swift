import NIOCore
import Serving
import TernInference
import TernKernel

extension InferRequest {
    /// A request that is nothing but the bytes of the model's only input, for one row; all outputs come back as binary data.
    init(raw body: ByteBuffer, for model: ServedModel) throws {
        guard let input = model.inputs.first, model.inputs.count == 1 else {
            throw TernError.invalid("a request without JSON is for models with one input, and '\(model.name)' has \(model.inputs.count)")
        }
        let shape = input.shape.enumerated().map { $0.offset == 0 && $0.element < 0 ? 1 : $0.element }
        guard let count = Tensor.elements(in: shape) else {
            throw TernError.invalid("a request without JSON has no shape, and input '\(input.name)' needs one", hint: "send {\"inputs\": […]}")
        }
        let bytes = body.readableBytesView
        if input.type == .string {
            guard count == 1 else { throw TernError.invalid("a request without JSON holds one string, and input '\(input.name)' takes \(count)") }
            inputs = [try Tensor(input.name, shape: shape, strings: [String(decoding: bytes, as: UTF8.self)])]
        } else {
            guard bytes.count == count * input.type.size else {
                throw TernError.invalid(
                    "input byte size mismatch for input '\(input.name)' for model '\(model.name)'. "
                        + "Expected \(count * input.type.size), got \(bytes.count)")
            }
            inputs = [try Tensor(input.name, type: input.type, shape: shape, bytes: TensorBuffer(bytes))]
        }
        binaryOutput = true
    }
}
