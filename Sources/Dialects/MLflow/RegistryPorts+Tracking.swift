import Foundation
import Registry
import TernKernel
import Tracking

extension RegistryPorts {
    /// What the registry asks about runs and logged models, answered by tracking and its artifact store.
    package init(
        tracking: TrackingService, artifacts: ArtifactStore, user: @escaping @Sendable (String, Int) async throws -> String? = { _, _ in nil }
    ) {
        self.init(
            run: { id in
                guard let run = try await RegistryPorts.found({ try await tracking.run(id) }) else { return nil }
                return RunFacts(
                    artifactURI: run.info.artifactURI, params: run.params, tags: run.tags,
                    datasets: run.datasets.map { Lineage.DatasetReference(name: $0.name, version: 0, digest: $0.digest) }, name: run.info.name,
                    metrics: Dictionary(run.metrics.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
            },
            loggedModel: { id in
                guard let model = try await RegistryPorts.found({ try await tracking.loggedModel(id) }) else { return nil }
                return LoggedModelFacts(location: model.artifactURI, runID: model.sourceRun.isEmpty ? nil : model.sourceRun)
            },
            artifactFile: { source, _ in
                try await artifacts.files(below: source).map { path in
                    SourceFile(path: path) { try await artifacts.localFile(path, scratch: $0) }
                }
            },
            user: user,
            loggedModelRegistered: { id, model, version in
                let before = try await tracking.loggedModel(id).tags[RegistryPorts.versionsTag]
                var versions = before.flatMap { try? JSON(parsing: $0).arrayValue } ?? []
                versions.append(["name": .string(model), "version": JSON(version)])
                // Spaced as Python spaces it: the tag is text, and is compared as text.
                let texts = versions.map { "{\"name\": \($0["name"] ?? .null), \"version\": \($0["version"] ?? .null)}" }
                try await tracking.setLoggedModelTags(id, [RegistryPorts.versionsTag: "[" + texts.joined(separator: ", ") + "]"])
            })
    }

    /// The tag by which MLflow's pages find the versions made from a logged model.
    private static let versionsTag = "mlflow.modelVersions"

    private static func found<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let error as TernError where error.code == .notFound {
            return nil
        }
    }
}
