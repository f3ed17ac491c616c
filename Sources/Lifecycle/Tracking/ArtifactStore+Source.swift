import TernKernel
import TernStore

extension ArtifactStore {
    /// The folder of this server behind an artifact address: with or without an authority, `mlflow-artifacts:/p` and `mlflow-artifacts://host:port/p`
    /// name the same. Nil for an address of elsewhere.
    package static func folder(of address: String) -> String? {
        guard address.hasPrefix("mlflow-artifacts:/") else { return nil }
        var path = address.dropFirst("mlflow-artifacts:".count)
        if path.hasPrefix("//") { path = path.dropFirst(2).drop { $0 != "/" } }
        return String(path.drop { $0 == "/" })
    }

    /// The paths of the files below an address of this server, such as `mlflow-artifacts:/1/RUN/artifacts/model`, folders opened; the file itself
    /// where the address names one. Empty for an address of elsewhere.
    package func files(below address: String) async throws -> [String] {
        guard let folder = ArtifactStore.folder(of: address) else { return [] }
        if let found = try? await facts(folder) { return [found.key] }
        var paths: [String] = []
        var next: String?
        repeat {
            let page = try await objects.list(folder, everything: true, after: next)
            paths += page.objects.map(\.key)
            next = page.next
        } while next != nil
        return paths
    }
}
