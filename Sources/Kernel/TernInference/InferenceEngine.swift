import Foundation
import Synchronization
import TernKernel

/// ONNX Runtime in this process. The library is loaded, and its environment made, when the first model is.
package final class InferenceEngine: Sendable {
    private let library: String?
    private let runtime = Mutex<InferenceRuntime?>(nil)

    /// - Parameter library: ONNX Runtime's file; nil looks at `TERN_ONNXRUNTIME`, then in the set-up folder.
    package init(library: String? = nil) { self.library = library }

    /// ONNX Runtime's own version.
    ///
    /// - Throws: `unavailable` when the library is absent or too old.
    package func version() throws -> String { try start().version }

    /// Reads a model file and makes it ready to run.
    ///
    /// - Throws: `unavailable` without the library, `not_found` without the file, `invalid_argument` when it is not a whole ONNX model.
    package func load(modelAt path: String) throws -> InferenceModel { try InferenceModel(path: path, runtime: start()) }

    private func start() throws -> InferenceRuntime {
        try runtime.withLock { runtime in
            if let runtime { return runtime }
            let fix = "run script/setup, or set TERN_ONNXRUNTIME to the path of libonnxruntime.so (1.22 or newer)"
            guard let path = library ?? SetupFolder.library("libonnxruntime.so", variable: "TERN_ONNXRUNTIME") else {
                throw TernError(.unavailable, "ONNX Runtime is not installed, so no model can be run", hint: fix)
            }
            let started = try InferenceRuntime(library: path, fix: fix)
            runtime = started
            return started
        }
    }
}
