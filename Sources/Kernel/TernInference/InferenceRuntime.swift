import COnnxRuntime
import TernKernel

/// The loaded library: its table of functions, its environment, and what calls share. Lives as long as any model of it.
final class InferenceRuntime: @unchecked Sendable {  // All that it points to is made in `init`, and ONNX Runtime allows concurrent use of it.
    let table: ort_table
    let version: String
    let environment: OpaquePointer
    let memory: OpaquePointer
    let allocator: OpaquePointer

    init(library path: String, fix: String) throws {
        var table: ort_table?
        var message = [CChar](repeating: 0, count: 1024)
        let outcome = tern_ort_load(path.contains("/") ? path : "./" + path, &table, &message, message.count)
        let words = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        guard outcome == TERN_ORT_OK, let table else {
            let reason =
                switch outcome {
                case TERN_ORT_TOO_OLD: "it is version \(words), and 1.22 is the oldest that works"
                case TERN_ORT_NOT_ONNX_RUNTIME: "it is not ONNX Runtime (\(words))"
                default: words
                }
            throw TernError(.unavailable, "cannot use ONNX Runtime at \(path): \(reason)", hint: fix)
        }
        let failure = { (status: OpaquePointer?) in
            if let status { throw TernError(.internal, "ONNX Runtime does not start: \(InferenceRuntime.words(of: status, table).message)") }
        }
        var environment: OpaquePointer?
        var memory: OpaquePointer?
        var allocator: OpaquePointer?
        // Silent: what goes wrong comes back as an error, and a caller's bad input is not for the server's standard error.
        try failure(ort_create_env(table, Int32(ORT_LOG_FATAL), "tern", &environment))
        try failure(ort_cpu_memory(table, &memory))
        try failure(ort_default_allocator(table, &allocator))
        guard let environment, let memory, let allocator else { throw TernError(.internal, "ONNX Runtime does not start") }
        try failure(ort_disable_telemetry(table, environment))
        self.table = table
        self.version = words
        self.environment = environment
        self.memory = memory
        self.allocator = allocator
    }

    deinit {
        ort_release_memory(table, memory)
        ort_release_env(table, environment)
    }

    /// Turns a status into an error and releases it; nil is success.
    func check(_ status: OpaquePointer?, _ context: @autoclosure () -> String) throws {
        guard let status else { return }
        let (code, message) = InferenceRuntime.words(of: status, table)
        // 2: a wrong argument. Everything else that can happen to a run depends on the data too, but is not known to be the caller's fault.
        throw TernError(code == 2 ? .invalidArgument : .internal, "\(context()): \(InferenceRuntime.tidy(message))")
    }

    static func words(of status: OpaquePointer, _ table: ort_table) -> (code: Int, message: String) {
        defer { ort_release_status(table, status) }
        let message = ort_status_message(table, status).map { String(cString: $0) } ?? "unknown error"
        return (Int(ort_status_code(table, status)), message)
    }

    /// The library's message without its own source positions.
    static func tidy(_ message: String) -> String {
        message.split(whereSeparator: \.isNewline).first.map(String.init) ?? message
    }

    /// A text that the library allocated, copied and freed.
    func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text else { return "" }
        defer { if let status = ort_free(table, allocator, text) { ort_release_status(table, status) } }
        return String(cString: text)
    }
}
