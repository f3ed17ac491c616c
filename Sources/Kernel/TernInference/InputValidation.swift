import TernKernel

/// Holds a request's tensors against what the model expects, before the library sees them.
enum InputValidation {
    /// The tensors in the model's order.
    static func order(_ tensors: [Tensor], for inputs: [TensorInfo]) throws -> [Tensor] {
        var byName: [String: Tensor] = [:]
        for tensor in tensors {
            guard byName.updateValue(tensor, forKey: tensor.name) == nil else { throw TernError.invalid("the input '\(tensor.name)' is given twice") }
        }
        let known = Set(inputs.map(\.name))
        if let extra = tensors.first(where: { !known.contains($0.name) }) {
            throw TernError.invalid("the model has no input '\(extra.name)'", hint: "it expects \(inputs.map(\.sentence).joined(separator: ", "))")
        }
        return try inputs.map { info in
            guard let tensor = byName[info.name] else {
                throw TernError.invalid(
                    "the input '\(info.name)' is missing", hint: "the model expects \(inputs.map(\.sentence).joined(separator: ", "))")
            }
            try check(tensor, against: info)
            return tensor
        }
    }

    private static func check(_ tensor: Tensor, against info: TensorInfo) throws {
        guard tensor.type == info.type else {
            throw TernError.invalid("the input '\(info.name)' has type \(tensor.type.datatype), but the model expects \(info.type.datatype)")
        }
        let fits = tensor.shape.count == info.shape.count && zip(tensor.shape, info.shape).allSatisfy { $1 < 0 || $0 == $1 }
        // A model without a stated shape shows none; then any is tried.
        guard fits || info.shape.isEmpty else {
            throw TernError.invalid(
                "the input '\(info.name)' has shape \(tensor.shape), but the model expects \(info.shape)", hint: "-1 stands for any length")
        }
    }
}

extension TensorInfo {
    /// `nswprice FP32 [-1, 1]`
    var sentence: String { "\(name) \(type.datatype) \(shape)" }
}
