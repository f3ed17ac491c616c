import Foundation
import TernKernel
import Yams

/// What an MLmodel file says, as far as the registry asks.
struct ModelDescription: Sendable {
    /// The ONNX file, relative to the MLmodel file.
    var onnxFile: String?
    /// MLflow's own form: `{"inputs": […], "outputs": […], "params": …}`; nil when it has none, or one that is not JSON.
    var signature: JSON?
    /// A file with an example of the inputs in the form that scoring servers take.
    var exampleFile: String?

    /// Larger files are no MLmodel files.
    static let largest = 4 << 20

    /// What it does not understand, it leaves out: another flavour's words are none of the registry's business.
    init(_ text: String) {
        guard text.utf8.count <= ModelDescription.largest, let root = try? Yams.compose(yaml: text) else { return }
        onnxFile = root["flavors"]?["onnx"]?["data"]?.string
        exampleFile = root["saved_input_example_info"]?["serving_input_path"]?.string
        guard let declared = root["signature"] else { return }
        var fields: [String: JSON] = [:]
        for key in ["inputs", "outputs", "params"] {
            guard let list = declared[key]?.string, let value = try? JSON(parsing: list), value != .null else { continue }
            fields[key] = value
        }
        if !fields.isEmpty { signature = .object(fields) }
    }
}

/// A logged model's files, as they lie on this server.
struct LoggedModelFiles: Sendable {
    /// Files that pin an environment, in the order in which people look for them.
    static let environmentNames = ["uv.lock", "pylock.toml", "poetry.lock", "conda.yaml", "python_env.yaml", "requirements.txt"]
    private static let largestEnvironment = 8 << 20

    let files: [String]
    let folder: String?
    let description: ModelDescription?

    init(_ files: [String]) {
        self.files = files
        let described = files.filter { ($0 as NSString).lastPathComponent == "MLmodel" }.min { $0.count < $1.count }
        folder = described.map { ($0 as NSString).deletingLastPathComponent }
        description = described.flatMap { FileManager.default.contents(atPath: $0) }.map { ModelDescription(String(decoding: $0, as: UTF8.self)) }
    }

    /// The one that MLmodel's onnx flavour names; without an MLmodel file, the only `.onnx` there is.
    var onnx: String? {
        guard let folder else {
            let models = files.filter { $0.hasSuffix(".onnx") }
            return models.count == 1 ? models.first : nil
        }
        return description?.onnxFile.flatMap { file($0, in: folder) }
    }

    /// An example of the inputs.
    var example: String? {
        guard let folder, let name = description?.exampleFile else { return nil }
        return file(name, in: folder)
    }

    /// Each file that pins the environment, with its bytes.
    var environment: [(name: String, bytes: Data)] {
        LoggedModelFiles.environmentNames.compactMap { name in
            let candidates = files.filter { ($0 as NSString).lastPathComponent == name && (folder == nil || $0 == "\(folder ?? "")/\(name)") }
            guard let path = candidates.min(by: { $0.count < $1.count }), let bytes = FileManager.default.contents(atPath: path),
                bytes.count <= LoggedModelFiles.largestEnvironment
            else { return nil }
            return (name, bytes)
        }
    }

    private func file(_ name: String, in folder: String) -> String? { files.first { $0 == "\(folder)/\(name)" } }
}
