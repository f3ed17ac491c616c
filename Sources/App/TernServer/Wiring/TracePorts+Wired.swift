import Traces
import Tracking

extension TracePorts {
    /// Tracking knows the experiments.
    static func wired(tracking: TrackingRoom) -> TracePorts {
        TracePorts(experiment: { id in
            let experiment = try await tracking.service.experiment(id)
            return ExperimentFacts(artifactLocation: experiment.artifactLocation, isActive: experiment.stage == .active)
        })
    }
}
