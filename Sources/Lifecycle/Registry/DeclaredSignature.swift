import TernKernel

/// What a model is said to take, in MLflow's words: named columns, or tensors with or without names.
struct DeclaredSignature: Hashable, Sendable {
    struct Input: Hashable, Sendable {
        var name: String?
        /// `double`, `long`, `string`, …; for a tensor, numpy's word (`float32`).
        var type: String
        /// Of a tensor; -1 is any length. Nil for a column.
        var shape: [Int]?
        var required: Bool

        /// As an error or a page shows it: `double`, `tensor float32 [-1, 4]`.
        var words: String { shape.map { "tensor \(type) \($0)" } ?? type }
    }

    var inputs: [Input]

    /// - Parameter json: `{"inputs": […]}`, each list as an array or, as MLmodel files have it, as JSON text.
    /// - Throws: `invalid_argument` for something else.
    init(_ json: JSON) throws {
        var list = json["inputs"] ?? .null
        if let text = list.stringValue { list = try JSON(parsing: text) }
        if case .null = list { list = [] }
        guard let fields = list.arrayValue else {
            throw TernError.invalid("a signature's inputs must be a list", hint: "as in MLflow: [{\"name\": \"x\", \"type\": \"double\"}]")
        }
        inputs = try fields.map(DeclaredSignature.input)
    }

    private static func input(_ field: JSON) throws -> Input {
        let name = field["name"]?.stringValue
        let required = field["required"]?.boolValue ?? !(field["optional"]?.boolValue ?? false)
        guard let type = field["type"]?.stringValue else {
            throw TernError.invalid("an input of the signature has no type: \(field)", hint: "a type is double, long, string, tensor, …")
        }
        guard type == "tensor" else {
            // A list of things is read as what it lists: how many there are is not part of MLflow's types.
            let inner = type == "array" ? field["items"]?["type"]?.stringValue ?? "any" : type
            return Input(name: name, type: inner, shape: nil, required: required)
        }
        let specification = field["tensor-spec"]
        guard let element = specification?["dtype"]?.stringValue, let shape = specification?["shape"]?.arrayValue else {
            throw TernError.invalid("a tensor of the signature has no tensor-spec with dtype and shape: \(field)")
        }
        return Input(name: name, type: element, shape: shape.map { Int(clamping: $0.intValue ?? -1) }, required: required)
    }
}

/// Compares what a model is said to take with what its ONNX file takes.
struct SignatureCheck {
    /// The file's inputs.
    let model: [SignatureField]
    /// The columns of the model's one tensor, where the file names them.
    var features: [String]?

    struct Mismatch: Hashable, Sendable {
        var name: String
        /// As it is declared; nil when it is not.
        var declared: String?
        /// As the file has it; nil when it does not.
        var found: String?

        var sentence: String {
            switch (declared, found) {
            case (let declared?, let found?): "'\(name)' is declared as \(declared), and the ONNX file takes \(found)"
            case (let declared?, nil): "'\(name)' (\(declared)) is declared, and the ONNX file has no such input"
            case (nil, let found?): "the ONNX file takes '\(name)' (\(found)), which is not declared"
            case (nil, nil): "'\(name)' is unknown"
            }
        }
    }

    /// - Throws: `invalid_argument` naming each input that differs.
    func require(_ declared: DeclaredSignature, of what: String) throws {
        let mismatches = mismatches(declared)
        guard !mismatches.isEmpty else { return }
        throw TernError.invalid(
            "the inputs of \(what) do not match its signature: \(mismatches.map(\.sentence).joined(separator: "; "))",
            hint: "give the signature of what the exported file takes (\(model.map { "\($0.name) \($0.words)" }.joined(separator: ", "))): "
                + "infer_signature on the very arrays that it is fed, or export it again",
            details: [
                "inputs": .array(
                    mismatches.map { ["name": .string($0.name), "expected": JSON($0.declared), "found": JSON($0.found)] })
            ])
    }

    /// An empty list of inputs declares nothing.
    func mismatches(_ declared: DeclaredSignature) -> [Mismatch] {
        let inputs = declared.inputs
        guard !inputs.isEmpty else { return [] }
        if let only = model.first, model.count == 1 {
            if let tensor = inputs.first, inputs.count == 1, tensor.shape != nil, tensor.name == nil { return compare(only.name, tensor, only) }
            if isMatrix(only, inputs) { return matrix(only, inputs) }
        }
        var found: [Mismatch] = []
        for (index, input) in inputs.enumerated() {
            // Inputs without names are taken in order, as MLflow takes them.
            let own = input.name.map { name in model.first { $0.name == name } } ?? (index < model.count ? model[index] : nil)
            guard let own else {
                if input.required { found.append(Mismatch(name: input.name ?? "number \(index + 1)", declared: input.words, found: nil)) }
                continue
            }
            found += compare(own.name, input, own)
        }
        let named = Set(inputs.compactMap(\.name))
        if !named.isEmpty {
            for own in model where !named.contains(own.name) { found.append(Mismatch(name: own.name, declared: nil, found: own.words)) }
        } else if model.count > inputs.count {
            found += model.dropFirst(inputs.count).map { Mismatch(name: $0.name, declared: nil, found: $0.words) }
        }
        return found
    }

    /// Columns, and a file that takes them all in one tensor.
    private func isMatrix(_ only: SignatureField, _ inputs: [DeclaredSignature.Input]) -> Bool {
        guard only.shape.count == 2, inputs.allSatisfy({ $0.shape == nil }) else { return false }
        return inputs.count > 1 || inputs.first?.name != only.name
    }

    private func matrix(_ only: SignatureField, _ inputs: [DeclaredSignature.Input]) -> [Mismatch] {
        var found: [Mismatch] = []
        if let width = only.shape.last, width > 0, width != inputs.count {
            found.append(Mismatch(name: only.name, declared: "\(inputs.count) columns", found: only.words))
        }
        // In one tensor of numbers whole numbers and truth values become numbers like the others.
        for input in inputs where !kinds(input, inMatrix: true).contains(TypeKind(only.type)) {
            found.append(Mismatch(name: input.name ?? only.name, declared: input.words, found: only.words))
        }
        let names = inputs.compactMap(\.name)
        if found.isEmpty, let features, names.count == inputs.count, names != features {
            found.append(
                Mismatch(name: only.name, declared: names.joined(separator: ", "), found: features.joined(separator: ", ") + " (tern.features)"))
        }
        return found
    }

    private func compare(_ name: String, _ input: DeclaredSignature.Input, _ own: SignatureField) -> [Mismatch] {
        let fits = kinds(input, inMatrix: false).contains(TypeKind(own.type)) && (input.shape.map { SignatureCheck.fits($0, own.shape) } ?? true)
        return fits ? [] : [Mismatch(name: name, declared: input.words, found: own.words)]
    }

    /// A file whose shape is not known at all fits any.
    static func fits(_ declared: [Int], _ own: [Int]) -> Bool {
        if own.isEmpty { return true }
        return declared.count == own.count && zip(declared, own).allSatisfy { $0 == $1 || $0 < 0 || $1 < 0 }
    }

    /// Which kinds of tensor can be fed with this. MLflow itself narrows doubles to floats, so these two are one kind.
    private func kinds(_ input: DeclaredSignature.Input, inMatrix: Bool) -> Set<TypeKind> {
        switch input.type {
        case "float", "double", "float16", "float32", "float64": [.number]
        case "integer", "long", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64": inMatrix ? [.whole, .number] : [.whole]
        case "boolean", "bool": inMatrix ? [.truth, .whole, .number] : [.truth]
        case "string", "object", "str": [.text]
        case "any": [.number, .whole, .truth, .text]
        default: input.type.hasPrefix("<U") || input.type.hasPrefix("|S") ? [.text] : []
        }
    }

    private enum TypeKind: Hashable {
        case number, whole, truth, text

        init(_ datatype: String) {
            switch datatype {
            case "BOOL": self = .truth
            case "BYTES": self = .text
            default: self = datatype.hasPrefix("FP") || datatype.hasPrefix("BF") ? .number : .whole
            }
        }
    }
}

extension SignatureField {
    /// `FP32 [-1, 4]`.
    package var words: String { "\(type) \(shape)" }
}

/// An input or output that two models do not share as it is.
package struct SchemaDifference: Codable, Hashable, Sendable {
    package enum Side: String, Codable, Hashable, Sendable {
        case input
        case output
    }

    package var side: Side
    package var name: String
    /// Nil when only the second has it.
    package var from: String?
    /// Nil when only the first has it.
    package var to: String?

    static func between(_ from: ModelSignature?, _ to: ModelSignature?) -> [SchemaDifference] {
        fields(.input, from?.inputs ?? [], to?.inputs ?? []) + fields(.output, from?.outputs ?? [], to?.outputs ?? [])
    }

    private static func fields(_ side: Side, _ from: [SignatureField], _ to: [SignatureField]) -> [SchemaDifference] {
        var differences: [SchemaDifference] = []
        for old in from {
            let new = to.first { $0.name == old.name }
            if new != old { differences.append(SchemaDifference(side: side, name: old.name, from: old.words, to: new?.words)) }
        }
        for new in to where !from.contains(where: { $0.name == new.name }) {
            differences.append(SchemaDifference(side: side, name: new.name, from: nil, to: new.words))
        }
        return differences
    }
}
