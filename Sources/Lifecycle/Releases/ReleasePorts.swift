import TernKernel
import TernLog

/// What releases need from other rooms; the server fills it.
package struct ReleasePorts: Sendable {
    /// Registry: a model version's `status` (`approved`, `refused`, …); nil when there is no such version.
    package var status: @Sendable (_ model: String, _ version: Int) async throws -> String?
    /// Registry: the newest approved version.
    package var latestApproved: @Sendable (_ model: String) async throws -> Int?
    /// Serving: returns when these can answer; throws when one cannot be loaded.
    package var ensureLoaded: @Sendable ([VariantReference]) async throws -> Void
    /// Serving: whether it can answer without loading.
    package var isLoaded: @Sendable (VariantReference) async -> Bool
    /// Registry: points the alias `champion` at the version. Repeating it changes nothing.
    package var setChampion: @Sendable (_ model: String, _ version: Int, _ by: Identity) async throws -> Void
    /// Monitoring: what each variant did on rows whose time is after `since` (the endpoint's clock). `latencyLimit` lets the observer count slow
    /// requests (`VariantObservation.slow`); one that does not may ignore it.
    package var observe: @Sendable (_ endpoint: String, _ since: Timestamp, _ latencyLimit: Period?) async throws -> [VariantObservation]
    /// Monitoring: the greatest event time so far; nil before there is one.
    package var clock: @Sendable (_ endpoint: String) async throws -> Timestamp?

    package init(
        status: @escaping @Sendable (String, Int) async throws -> String?,
        latestApproved: @escaping @Sendable (String) async throws -> Int?,
        ensureLoaded: @escaping @Sendable ([VariantReference]) async throws -> Void,
        isLoaded: @escaping @Sendable (VariantReference) async -> Bool,
        setChampion: @escaping @Sendable (String, Int, Identity) async throws -> Void,
        observe: @escaping @Sendable (String, Timestamp, Period?) async throws -> [VariantObservation],
        clock: @escaping @Sendable (String) async throws -> Timestamp?
    ) {
        self.status = status
        self.latestApproved = latestApproved
        self.ensureLoaded = ensureLoaded
        self.isLoaded = isLoaded
        self.setChampion = setChampion
        self.observe = observe
        self.clock = clock
    }
}
