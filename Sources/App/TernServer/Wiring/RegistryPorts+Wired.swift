import Registry
import Releases
import TernKernel
import TernLog
import Tracking

extension RegistryPorts {
    /// Tracking knows the runs, the logged models and their files.
    static func wired(tracking: TrackingRoom, late: LateRooms) -> RegistryPorts {
        RegistryPorts(
            run: { id in
                do {
                    let run = try await tracking.service.run(id)
                    return RunFacts(artifactURI: run.info.artifactURI, params: run.params, tags: run.tags)
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
            },
            loggedModel: { id in
                do {
                    let model = try await tracking.service.loggedModel(id)
                    return LoggedModelFacts(location: model.artifactURI, runID: model.sourceRun)
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
            },
            artifactFile: { source, _ in
                let artifacts = tracking.artifacts
                return try await artifacts.files(below: source).map { path in
                    SourceFile(path: path) { try await artifacts.localFile(path, scratch: $0) }
                }
            },
            user: { model, version in
                let releases = try late.releaseService()
                for name in releases.endpointNames {
                    let variants = releases.served(name)?.variants ?? []
                    if variants.contains(where: { $0.model == model && $0.version == version }) { return "endpoint \(name)" }
                }
                return nil
            })
    }
}
