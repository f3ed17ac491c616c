import Datasets
import Registry
import Releases
import TernKernel
import TernLog
import Tracking

extension RegistryPorts {
    /// Tracking knows the runs, the logged models and their files; Releases where versions answer; Datasets how many rows a version has.
    static func wired(tracking: TrackingRoom, datasets: DatasetsRoom, late: LateRooms) -> RegistryPorts {
        RegistryPorts(
            run: { id in
                do {
                    let run = try await tracking.service.run(id)
                    return RunFacts(
                        artifactURI: run.info.artifactURI, params: run.params, tags: run.tags,
                        datasets: run.datasets.map { Lineage.DatasetReference(name: $0.name, version: 0, digest: $0.digest) }, name: run.info.name,
                        metrics: Dictionary(run.metrics.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
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
            },
            deployments: { model in try await late.releaseService().deployments(of: model).map(VersionDeployment.init(_:)) },
            datasetRows: { name, version in
                do {
                    return try await datasets.service.version(name, version).rows
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
            })
    }
}

extension VersionDeployment {
    fileprivate init(_ deployment: Deployment) {
        self.init(
            endpoint: deployment.endpoint, version: deployment.version, role: deployment.role, share: deployment.share, from: deployment.from.at,
            to: deployment.to?.at, fromEventTime: deployment.from.eventTime, toEventTime: deployment.to?.eventTime, by: deployment.from.actor,
            reason: deployment.from.reason, endedBy: deployment.to?.kind)
    }
}
