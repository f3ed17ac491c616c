import COnnxRuntime
import Foundation
import TernKernel

/// A loaded model. Any number of callers may run it at once; it is unloaded when the last one lets go of it.
package final class InferenceModel: @unchecked Sendable {  // The session is made in `init`, and ONNX Runtime allows concurrent runs of one session.
    package let inputs: [TensorInfo]
    package let outputs: [TensorInfo]
    /// What the file says of itself: `producer`, and the keys that its maker added.
    package let metadata: [String: String]
    let runtime: InferenceRuntime
    private let session: OpaquePointer

    init(path: String, runtime: InferenceRuntime) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw TernError.notFound("no model file at \(path)")
        }
        let session = try InferenceModel.open(path, runtime)
        do {
            let description = SessionDescription(session: session, runtime: runtime)
            inputs = try description.inputs()
            outputs = try description.outputs()
            metadata = try description.metadata()
        } catch {
            ort_release_session(runtime.table, session)
            throw error
        }
        self.session = session
        self.runtime = runtime
    }

    deinit { ort_release_session(runtime.table, session) }

    private static func open(_ path: String, _ runtime: InferenceRuntime) throws -> OpaquePointer {
        let table = runtime.table
        var options: OpaquePointer?
        try runtime.check(ort_create_session_options(table, &options), "session options")
        defer { if let options { ort_release_session_options(table, options) } }
        // One thread a call: callers run side by side, and a second thread inside a call only adds latency for small models.
        try runtime.check(ort_set_intra_threads(table, options, 1), "session options")
        try runtime.check(ort_set_inter_threads(table, options, 1), "session options")
        try runtime.check(ort_add_session_config(table, options, "session.intra_op.allow_spinning", "0"), "session options")
        try runtime.check(ort_add_session_config(table, options, "session.inter_op.allow_spinning", "0"), "session options")
        var session: OpaquePointer?
        if let status = ort_create_session(table, runtime.environment, path, options, &session) {
            let (code, message) = InferenceRuntime.words(of: status, table)
            throw InferenceModel.unreadable(path, code: code, words: InferenceRuntime.tidy(message))
        }
        guard let session else { throw TernError(.internal, "no session for \(path)") }
        return session
    }

    /// Why a file cannot be loaded, in a sentence that says what is wrong with it.
    private static func unreadable(_ path: String, code: Int, words: String) -> TernError {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        if size == 0 { return TernError.invalid("the model file \(path) is empty", hint: "write the whole ONNX file again") }
        if code == 7 {
            return TernError.invalid(
                "\(path) is not a whole ONNX model: it cannot be parsed (truncated, or another format)",
                hint: "export the model again, for example with skl2onnx.to_onnx, and compare its size", details: ["bytes": .int(Int64(size))])
        }
        return TernError.invalid("the model file \(path) cannot be loaded: \(words)", hint: "check it with: python -m onnx.checker FILE")
    }

    /// Runs the model. Inputs may come in any order; names, types and shapes must fit.
    ///
    /// - Parameter outputs: the names wanted; nil means all, in the model's order.
    /// - Throws: `invalid_argument` saying which input does not fit and what it should be.
    package func run(_ tensors: [Tensor], outputs names: [String]? = nil) throws -> [Tensor] {
        let wanted = try names.map { try $0.map(output(named:)) } ?? outputs
        guard !wanted.isEmpty else { return [] }
        let ordered = try InputValidation.order(tensors, for: inputs)
        let exchange = TensorExchange(runtime)
        return try withExtendedLifetime(ordered) {
            let values = try ordered.map(exchange.value(of:))
            let answers = try execute(ordered.map(\.name), values, wanted.map(\.name))
            return try zip(wanted, answers).map { try exchange.tensor(of: $1, named: $0.name) }
        }
    }

    private func execute(_ inputNames: [String], _ values: [ValueReference], _ outputNames: [String]) throws -> [ValueReference] {
        let inputs: [OpaquePointer?] = values.map(\.pointer)
        var results = [OpaquePointer?](repeating: nil, count: outputNames.count)
        let status = withExtendedLifetime(values) {
            withCStrings(inputNames) { inputNames in
                withCStrings(outputNames) { outputNames in
                    ort_run(
                        runtime.table, session, inputNames.baseAddress, inputs, inputs.count, outputNames.baseAddress, outputNames.count, &results)
                }
            }
        }
        let answers = results.compactMap { $0.map { ValueReference($0, runtime) } }
        try runtime.check(status, "the model cannot run on these inputs")
        guard answers.count == outputNames.count else {
            throw TernError(.internal, "the model gave \(answers.count) of \(outputNames.count) outputs")
        }
        return answers
    }

    private func output(named name: String) throws -> TensorInfo {
        guard let info = outputs.first(where: { $0.name == name }) else {
            throw TernError.invalid("the model has no output '\(name)'", hint: "it has \(outputs.map(\.name).joined(separator: ", "))")
        }
        return info
    }
}

/// Zero-terminated copies of some names in one piece of memory.
private func withCStrings<Answer>(_ texts: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) throws -> Answer) rethrows -> Answer {
    let bytes = texts.flatMap { $0.utf8CString }
    return try bytes.withUnsafeBufferPointer { bytes in
        var offset = 0
        let pointers = texts.map { text in
            defer { offset += text.utf8.count + 1 }
            return bytes.baseAddress.map { $0 + offset }
        }
        return try pointers.withUnsafeBufferPointer(body)
    }
}
