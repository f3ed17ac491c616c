import Monitoring
import Registry
import Releases
import Serving
import TernKernel
import TernLog

extension ReleasePorts {
    /// Registry says what may be released, Serving loads it, Monitoring says how it does.
    static func wired(registry: RegistryRoom, serving: ServingRoom, monitoring: MonitoringRoom) -> ReleasePorts {
        ReleasePorts(
            status: { model, version in
                do {
                    return try await registry.service.releasable(model, version).rawValue
                } catch let error as TernError where error.code == .notFound {
                    return nil
                }
            },
            latestApproved: { try await registry.service.latestReleasable($0) },
            ensureLoaded: { try await serving.pool.ensureLoaded($0) },
            isLoaded: { serving.pool.loaded(ModelPool.Key($0)) != nil },
            // Who may release has been asked; that its version becomes the champion follows.
            setChampion: { model, version, identity in
                try await registry.service.setAlias(RegistryService.champion, of: model, to: version, by: Identity(name: identity.name, role: .admin))
            },
            observe: { endpoint, since, latencyLimit in
                try await monitoring.service.observe(endpoint, since: since, latencyLimit: latencyLimit).map { seen in
                    Releases.VariantObservation(
                        variant: seen.variant.name, requests: seen.requests, rows: seen.rows, errors: seen.errors,
                        latencyP99Microseconds: seen.latencyP99Microseconds, slow: seen.slow, labelled: seen.labelled, correct: seen.correct)
                }
            },
            clock: { try await monitoring.service.eventClock($0) })
    }
}
