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

/// A logged model's files, wherever they lie; each is fetched only when it is asked for.
struct LoggedModelFiles: Sendable {
    /// Files that pin an environment, in the order in which people look for them.
    static let environmentNames = ["uv.lock", "pylock.toml", "poetry.lock", "conda.yaml", "python_env.yaml", "requirements.txt"]
    private static let largestEnvironment = 8 << 20

    let files: [RegistryPorts.SourceFile]
    let folder: String?
    let description: ModelDescription?
    private let scratch: String

    /// - Parameter scratch: a folder for copies of files that lie elsewhere.
    init(_ files: [RegistryPorts.SourceFile], scratch: String) async throws {
        self.files = files
        self.scratch = scratch
        let described = files.filter { ($0.path as NSString).lastPathComponent == "MLmodel" }.min { $0.path.count < $1.path.count }
        folder = described.map { ($0.path as NSString).deletingLastPathComponent }
        let text = try await described?.local(scratch)
        description = text.flatMap { FileManager.default.contents(atPath: $0) }.map { ModelDescription(String(decoding: $0, as: UTF8.self)) }
    }

    /// The one that MLmodel's onnx flavour names; without an MLmodel file, the only `.onnx` there is.
    var onnx: RegistryPorts.SourceFile? {
        guard let folder else {
            let models = files.filter { $0.path.hasSuffix(".onnx") }
            return models.count == 1 ? models.first : nil
        }
        return description?.onnxFile.flatMap { file($0, in: folder) }
    }

    /// An example of the inputs.
    var example: RegistryPorts.SourceFile? {
        guard let folder, let name = description?.exampleFile else { return nil }
        return file(name, in: folder)
    }

    /// Each file that pins the environment, with its bytes.
    func environment() async throws -> [(name: String, bytes: Data)] {
        var found: [(name: String, bytes: Data)] = []
        for name in LoggedModelFiles.environmentNames {
            let candidates = files.filter { file in
                (file.path as NSString).lastPathComponent == name && folder.map { file.path == LoggedModelFiles.join($0, name) } ?? true
            }
            guard let file = candidates.min(by: { $0.path.count < $1.path.count }) else { continue }
            guard let bytes = FileManager.default.contents(atPath: try await file.local(scratch)), bytes.count <= LoggedModelFiles.largestEnvironment
            else { continue }
            found.append((name, bytes))
        }
        return found
    }

    private func file(_ name: String, in folder: String) -> RegistryPorts.SourceFile? {
        files.first { $0.path == LoggedModelFiles.join(folder, name) }
    }

    private static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}
