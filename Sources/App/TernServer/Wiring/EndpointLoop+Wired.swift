import Monitoring
import Policies
import Releases
import Serving
import TernKernel

extension EndpointLoop.Work {
    /// Monitors first, since releases and policies decide on what they see.
    static func wired(monitoring: MonitoringRoom, releases: ReleasesRoom, policies: PoliciesRoom, serving: ServingRoom) -> EndpointLoop.Work {
        EndpointLoop.Work(
            endpoints: { releases.service.endpointNames },
            advance: { endpoint in
                let seen = try await monitoring.service.advance(endpoint)
                let clock = try await monitoring.service.clock(endpoint)
                let released = try await releases.service.advance(endpoint, clock: clock)
                let acted = try await policies.service.advance(endpoint, clock: clock)
                if released { serving.service.releaseUnused() }
                return seen || released || acted
            },
            isBusy: { try await policies.service.retrainingInProgress($0) },
            drain: { _ in await serving.service.drainShadows() })
    }
}
