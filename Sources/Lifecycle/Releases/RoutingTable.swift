import Synchronization
import TernKernel
import TernLog

/// Where one request goes.
package struct Route: Hashable, Sendable {
    /// Answers the caller.
    package var answering: VariantReference
    /// Answers instead when `answering` is a canary that fails; the same as `answering` otherwise.
    package var primary: VariantReference
    /// See the request after the answer.
    package var shadows: [VariantReference]
    /// The input that carries each row's time; the model does not see it.
    package var eventTime: String?

    package init(answering: VariantReference, primary: VariantReference, shadows: [VariantReference] = [], eventTime: String? = nil) {
        self.answering = answering
        self.primary = primary
        self.shadows = shadows
        self.eventTime = eventTime
    }
}

/// What every endpoint does with its requests at this moment: immutable, replaced as a whole.
struct RoutingTable: Sendable {
    struct Entry: Sendable {
        /// Counts the endpoint's changes, so that of two commits the later one wins, in whichever order they report.
        var revision: Int64
        var toPrimary: Route?
        var toCanary: Route?
        var canaryShare: Double
        var seed: String
        /// What must stay loaded: the variants, and the version that answered before the primary and may answer again at once.
        var loaded: [VariantReference]
    }

    private(set) var entries: [String: Entry] = [:]

    mutating func remove(_ endpoint: String) { entries[endpoint] = nil }

    /// Answers whether the entry was taken: with `force` always, else only if it is not older than the one there is.
    mutating func set(_ entry: Entry, for endpoint: String, force: Bool = false) -> Bool {
        if !force, let known = entries[endpoint], known.revision > entry.revision { return false }
        entries[endpoint] = entry
        return true
    }

    func route(endpoint: String, key: String) throws -> Route {
        guard let entry = entries[endpoint] else {
            throw TernError.notFound("no endpoint '\(endpoint)'", hint: "tern endpoints lists those there are")
        }
        guard let toPrimary = entry.toPrimary else {
            throw TernError(
                .unavailable, "endpoint '\(endpoint)' has no version to answer with yet",
                hint: "approve a version of its model, or: tern release \(endpoint) --version N")
        }
        guard let toCanary = entry.toCanary, BucketHash.bucket(seed: entry.seed, key: key) < entry.canaryShare else { return toPrimary }
        return toCanary
    }
}

extension RoutingTable.Entry {
    init(_ record: EndpointRecord) {
        let variants = record.variants
        let shadows = variants.shadows.map(\.reference)
        let eventTime = record.declaration.eventTime
        let primary = variants.primary?.reference
        let canary = variants.canary
        let standby = record.last?.from.map {
            VariantReference(name: Release.variantName($0), role: .primary, model: record.declaration.model, version: $0)
        }
        self.init(
            revision: record.revision, toPrimary: primary.map { Route(answering: $0, primary: $0, shadows: shadows, eventTime: eventTime) },
            toCanary: canary.flatMap { canary in
                primary.map { Route(answering: canary.reference, primary: $0, shadows: shadows, eventTime: eventTime) }
            },
            canaryShare: canary?.share ?? 0, seed: record.open?.id ?? "",
            loaded: variants.all.map(\.reference) + (standby.map { [$0] } ?? []))
    }
}

/// The routing table in use: reading it is one short lock around a reference count.
final class RoutingTableHolder: Sendable {
    private let table = Mutex(RoutingTable())

    var current: RoutingTable { table.withLock { $0 } }

    func remove(_ endpoint: String) { table.withLock { $0.remove(endpoint) } }

    @discardableResult
    func set(_ record: EndpointRecord, force: Bool = false) -> Bool {
        let entry = RoutingTable.Entry(record)
        return table.withLock { $0.set(entry, for: record.declaration.name, force: force) }
    }
}
