import Foundation
import TernKernel

/// The variables through which a step sees its world.
struct StepEnvironment {
    /// A file's label and where it lies: `prepare/train.parquet`, `dataset:market`, `file:config.json`.
    struct File {
        var label: String
        var path: String
    }

    private(set) var variables: [String: String]

    /// - Parameter base: the server's own environment. Its `TERN_` variables (tokens, settings) stay with the server.
    init(base: [String: String] = ProcessInfo.processInfo.environment) {
        variables = base.filter { !$0.key.hasPrefix("TERN_") && !$0.key.hasPrefix("MLFLOW_") }
        // Otherwise Python keeps its output to itself until it ends.
        variables["PYTHONUNBUFFERED"] = "1"
    }

    mutating func set(_ name: String, _ value: String?) { variables[name] = value }

    mutating func merge(_ more: [String: String]) { variables.merge(more) { $1 } }

    /// `TERN_INPUT_TRAIN_PARQUET`, `TERN_INPUT_TRAIN`, and with the step's name `TERN_INPUT_PREPARE_TRAIN_PARQUET`.
    /// Names that two files would share are left out.
    mutating func add(_ prefix: String, _ files: [File]) {
        var paths: [String: Set<String>] = [:]
        var whole: [String: String] = [:]
        for file in files {
            let label = file.label.split(separator: ":", maxSplits: 1).last.map(String.init) ?? file.label
            let name = (label as NSString).lastPathComponent
            whole[StepEnvironment.variable(label)] = file.path
            paths[StepEnvironment.variable(name), default: []].insert(file.path)
            paths[StepEnvironment.variable((name as NSString).deletingPathExtension), default: []].insert(file.path)
        }
        for (name, candidates) in paths {
            if candidates.count == 1, let path = candidates.first { variables["\(prefix)_\(name)"] = path }
        }
        for (name, path) in whole { variables["\(prefix)_\(name)"] = path }
    }

    mutating func add(params: [String: JSON]) {
        for (name, value) in params { variables["TERN_PARAM_\(StepEnvironment.variable(name))"] = value.stringValue ?? value.description }
        variables["TERN_PARAMS"] = JSON.object(params).description
    }

    mutating func activate(venv: String) {
        variables["VIRTUAL_ENV"] = venv
        variables["PATH"] = "\(venv)/bin:\(variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"
        variables["PYTHONHOME"] = nil
    }

    /// Upper case, with `_` for all that is not a letter or digit.
    static func variable(_ name: String) -> String {
        String(name.uppercased().unicodeScalars.map { ("A"..."Z").contains($0) || ("0"..."9").contains($0) ? Character($0) : "_" })
    }
}
