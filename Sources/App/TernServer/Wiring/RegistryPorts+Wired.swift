import Registry
import TernKernel
import Tracking

extension RegistryPorts {
    /// Tracking knows the runs, the logged models and their files.
    static func wired(tracking: TrackingRoom, late: LateRooms) -> RegistryPorts {
        RegistryPorts(
            run: { id in
                let run: Run
                do {
                    run = try await tracking.service.run(id)
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
                return RunFacts(
                    artifactURI: run.info.artifactURI, params: Dictionary(run.params.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last }),
                    tags: Dictionary(run.tags.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last }))
            },
            loggedModel: { id in
                do {
                    let model = try await tracking.service.loggedModel(id)
                    return LoggedModelFacts(location: model.artifactURI, runID: model.sourceRun)
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
            },
            artifactFile: { source, _ in try tracking.artifacts.files(below: source) },
            user: { model, version in
                let releases = try late.releaseService()
                return releases.endpointNames.first { name in
                    releases.served(name)?.variants.contains { $0.model == model && $0.version == version } == true
                }.map { "endpoint \($0)" }
            })
    }
}
