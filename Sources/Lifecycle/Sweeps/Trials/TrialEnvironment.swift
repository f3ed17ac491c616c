import Foundation
import TernKernel

/// The variables through which a trial sees its world.
struct TrialEnvironment {
    private(set) var variables: [String: String]

    /// - Parameter base: the server's own environment. Its `TERN_` variables (tokens, settings) stay with the server.
    init(base: [String: String] = ProcessInfo.processInfo.environment) {
        variables = base.filter { !$0.key.hasPrefix("TERN_") && !$0.key.hasPrefix("MLFLOW_") }
        // Otherwise Python keeps its output to itself until it ends.
        variables["PYTHONUNBUFFERED"] = "1"
    }

    mutating func set(_ name: String, _ value: String?) { variables[name] = value }
    mutating func merge(_ more: [String: String]) { variables.merge(more) { $1 } }

    /// `TERN_PARAM_LR` each, and `TERN_PARAMS`, all of them as JSON.
    mutating func add(_ params: [(name: String, value: JSON)], nested: JSON) {
        for (name, value) in params { variables["TERN_PARAM_\(TrialEnvironment.variable(name))"] = CommandTemplate.text(value) }
        variables["TERN_PARAMS"] = nested.description
    }

    /// Puts the virtual environment first that `TERN_PYTHON_VENV` names, else `.venv` in the folder.
    mutating func activateVenv(folder: String, named: String? = ProcessInfo.processInfo.environment["TERN_PYTHON_VENV"]) {
        let candidates = [named, folder + "/.venv"].compactMap { $0 }
        guard let venv = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/bin") }) else { return }
        variables["VIRTUAL_ENV"] = venv
        variables["PATH"] = "\(venv)/bin:\(variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"
        variables["PYTHONHOME"] = nil
    }

    /// `python`, or `python3` where the path has only that.
    var interpreter: String {
        let folders = (variables["PATH"] ?? "").split(separator: ":").map(String.init)
        return ["python", "python3"].first { name in folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") } } ?? "python3"
    }

    /// Upper case, with `_` for all that is not a letter or digit.
    private static func variable(_ name: String) -> String {
        String(name.uppercased().unicodeScalars.map { ("A"..."Z").contains($0) || ("0"..."9").contains($0) ? Character($0) : "_" })
    }
}
