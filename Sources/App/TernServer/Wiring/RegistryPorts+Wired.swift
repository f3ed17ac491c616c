import Datasets
import Dialects
import Registry
import Releases
import TernKernel
import TernLog
import Tracking

extension RegistryPorts {
    /// Tracking knows the runs, the logged models and their files; Releases where versions answer; Datasets how many rows a version has.
    static func wired(tracking: TrackingRoom, datasets: DatasetsRoom, late: LateRooms) -> RegistryPorts {
        var ports = RegistryPorts(
            tracking: tracking.service, artifacts: tracking.artifacts,
            user: { model, version in
                let releases = try late.releaseService()
                for name in releases.endpointNames {
                    let variants = releases.served(name)?.variants ?? []
                    if variants.contains(where: { $0.model == model && $0.version == version }) { return "endpoint \(name)" }
                }
                return nil
            })
        ports.deployments = { model in try await late.releaseService().deployments(of: model).map(VersionDeployment.init(_:)) }
        ports.datasetRows = { name, version in
            do {
                return try await datasets.service.version(name, version).rows
            } catch let error as TernError where error.code == .notFound {
                return nil
            }
        }
        return ports
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
