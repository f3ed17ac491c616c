import Registry
import Releases
import Serving
import TernKernel
import TernLog

extension ServingPorts {
    /// Releases says who answers, Registry where the file lies.
    static func wired(registry: RegistryRoom, late: LateRooms) -> ServingPorts {
        ServingPorts(
            route: { endpoint, key in
                let route = try late.releaseService().route(endpoint: endpoint, key: key)
                return Serving.Route(
                    answering: route.answering, fallback: route.answering == route.primary ? nil : route.primary, shadows: route.shadows,
                    eventTime: route.eventTime)
            },
            endpoint: { name in (try? late.releaseService()).flatMap { served(name, by: $0) } },
            endpoints: {
                guard let releases = try? late.releaseService() else { return [] }
                return releases.endpointNames.compactMap { served($0, by: releases) }
            },
            modelFile: { model, version in try await registry.service.file(model: model, version: version) })
    }

    private static func served(_ name: String, by releases: ReleaseService) -> ServedEndpoint? {
        guard let table = releases.served(name) else { return nil }
        return ServedEndpoint(name: name, primary: table.primary, variants: table.variants, standby: table.standby, eventTime: table.eventTime)
    }
}
