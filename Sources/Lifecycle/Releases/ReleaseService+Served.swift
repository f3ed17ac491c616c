import TernKernel
import TernLog

/// What an endpoint serves at this moment.
package struct ServedVariants: Hashable, Sendable {
    package var primary: VariantReference?
    package var variants: [VariantReference]
    /// What must stay loaded beside them, for a rollback.
    package var standby: [VariantReference]
    package var eventTime: String?
}

extension ReleaseService {
    /// Synchronous: a look at the routing table. Nil for an unknown endpoint.
    package func served(_ endpoint: String) -> ServedVariants? {
        guard let entry = table.current.entries[endpoint] else { return nil }
        let routes = [entry.toPrimary, entry.toCanary].compactMap(\.self)
        var variants: [VariantReference] = []
        for variant in routes.flatMap({ [$0.answering] + $0.shadows }) where !variants.contains(variant) { variants.append(variant) }
        return ServedVariants(
            primary: entry.toPrimary?.answering, variants: variants, standby: entry.loaded.filter { !variants.contains($0) },
            eventTime: entry.toPrimary?.eventTime)
    }
}
