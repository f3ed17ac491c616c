import TernKernel

extension ArtifactStore {
    /// The local files below an artifact URI of this server, such as `mlflow-artifacts:/1/RUN/artifacts/model`; empty for a URI of elsewhere.
    package func files(below source: String) throws -> [String] {
        guard source.hasPrefix("mlflow-artifacts:/") else { return [] }
        // With or without an authority: `mlflow-artifacts:/p` and `mlflow-artifacts://host:port/p` name the same file.
        var path = source.dropFirst("mlflow-artifacts:".count)
        if path.hasPrefix("//") { path = path.dropFirst(2).drop { $0 != "/" } }
        return try walk(String(path.drop { $0 == "/" }))
    }

    private func walk(_ path: String) throws -> [String] {
        if let found = try? file(path) { return [found.path] }
        return try list(path).flatMap { try walk(path.isEmpty ? $0.name : path + "/" + $0.name) }
    }
}
