import TernKernel
import TernLog

/// A model version behind an endpoint, and how much of the traffic it answers.
package struct Variant: Codable, Hashable, Sendable {
    package var reference: VariantReference
    /// 0 to 1; a shadow has 0.
    package var share: Double
    /// Since when it has this role, by the ledger's clock.
    package var since: Timestamp
    /// The same by the endpoint's clock, where its requests carry one.
    package var sinceEventTime: Timestamp?

    package init(reference: VariantReference, share: Double, since: Timestamp, sinceEventTime: Timestamp? = nil) {
        self.reference = reference
        self.share = share
        self.since = since
        self.sinceEventTime = sinceEventTime
    }
}

/// All variants of an endpoint: at most one primary, at most one canary, any number of shadows.
struct EndpointVariants: Codable, Hashable, Sendable {
    private(set) var all: [Variant] = []

    init(_ all: [Variant] = []) { self.all = all }

    var primary: Variant? { all.first { $0.reference.role == .primary } }
    var canary: Variant? { all.first { $0.reference.role == .canary } }
    var shadows: [Variant] { all.filter { $0.reference.role == .shadow } }

    subscript(name: String) -> Variant? { all.first { $0.reference.name == name } }

    /// Puts `version` beside the primary, or gives it another share when it is there.
    mutating func tryOut(_ release: Release, share: Double, at now: Timestamp, eventTime: Timestamp?) {
        let role: VariantRole = release.strategy == .shadow ? .shadow : .canary
        let since = self[release.variant].map { ($0.since, $0.sinceEventTime) } ?? (now, eventTime)
        remove(release.variant)
        let reference = VariantReference(name: release.variant, role: role, model: release.model, version: release.to)
        all.append(Variant(reference: reference, share: role == .canary ? share : 0, since: since.0, sinceEventTime: since.1))
        giveRestToPrimary()
    }

    /// Makes `version` the primary; the primary before it, and its own trial, go.
    mutating func promote(_ version: Int, of model: String, at now: Timestamp, eventTime: Timestamp?) {
        let name = Release.variantName(version)
        all.removeAll { $0.reference.role == .primary || $0.reference.role == .canary || $0.reference.name == name }
        let reference = VariantReference(name: name, role: .primary, model: model, version: version)
        all.insert(Variant(reference: reference, share: 1, since: now, sinceEventTime: eventTime), at: 0)
    }

    mutating func addShadow(_ name: String, version: Int, of model: String, at now: Timestamp, eventTime: Timestamp?) {
        let reference = VariantReference(name: name, role: .shadow, model: model, version: version)
        all.append(Variant(reference: reference, share: 0, since: now, sinceEventTime: eventTime))
    }

    mutating func remove(_ name: String) {
        all.removeAll { $0.reference.name == name }
        giveRestToPrimary()
    }

    private mutating func giveRestToPrimary() {
        let trial = canary?.share ?? 0
        for index in all.indices where all[index].reference.role == .primary { all[index].share = 1 - trial }
    }

    /// For the ledger: enough to say later what ran at that time.
    var json: JSON {
        .array(
            all.map { variant in
                [
                    "name": .string(variant.reference.name), "role": .string(variant.reference.role.rawValue),
                    "model": .string(variant.reference.model),
                    "version": .int(Int64(variant.reference.version)), "share": .double(variant.share),
                ]
            })
    }

    /// `{"v3": 0.75, "v4": 0.25}`.
    var sharesJSON: JSON {
        .object(Dictionary(all.map { ($0.reference.name, .double($0.share)) }, uniquingKeysWith: { first, _ in first }))
    }
}
