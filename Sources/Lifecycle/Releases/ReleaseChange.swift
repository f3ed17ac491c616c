import TernKernel
import TernLog
import TernStore

/// Carries out what a controller decided, inside the transaction that stores it.
struct ReleaseChange {
    var by: String
    /// A person's words, where they gave some; goes into the ledger as the reason.
    var reason: String?
    /// The endpoint's clock, where its requests carry a time.
    var eventTime: Timestamp?

    func perform(
        _ actions: [ReleaseController.Action], of controlled: Release, on record: inout EndpointRecord, in transaction: Transaction
    ) throws -> Release {
        var release = controlled
        if !release.isOpen {
            release.endedAt = transaction.now
            release.endedEventTime = eventTime
        }
        for action in actions {
            switch action {
            case .tryOut(let share): record.variants.tryOut(release, share: share, at: transaction.now, eventTime: eventTime)
            case .promote:
                record.variants.promote(release.to, of: release.model, at: transaction.now, eventTime: eventTime)
                record.championDue = release.to
            case .restore: restore(release, on: &record, at: transaction.now)
            case .record(let kind, let cause): try transaction.record(event(kind, release, cause: cause, variants: record.variants))
            case .keep: break
            }
        }
        record.open = release.isOpen ? release : nil
        if !actions.isEmpty { try ReleaseStore.save(release, in: transaction) }
        return release
    }

    private func restore(_ release: Release, on record: inout EndpointRecord, at now: Timestamp) {
        if record.variants.primary?.reference.version == release.to, let from = release.from {
            record.variants.promote(from, of: release.model, at: now, eventTime: eventTime)
            record.championDue = from
        } else {
            record.variants.remove(release.variant)
        }
    }

    private func event(_ kind: String, _ release: Release, cause: String, variants: EndpointVariants) throws -> LedgerEvent {
        let data: JSON = [
            "release": .string(release.id), "number": .int(Int64(release.number)), "endpoint": .string(release.endpoint),
            "model": .string(release.model),
            "from": release.from.map { .int(Int64($0)) } ?? .null, "to": .int(Int64(release.to)), "strategy": .string(release.strategy.rawValue),
            "state": .string(release.state.rawValue), "step": .int(Int64(release.step)), "share": .double(release.share),
            "shares": variants.sharesJSON,
            "variants": variants.json, "cause": .string(cause), "evidence": try JSON(encoding: release.evidence), "override": JSON(release.override),
        ]
        return LedgerEvent(
            kind, subject: "endpoint/\(release.endpoint)", by: by, reason: reason ?? cause, eventTime: eventTime, data: data)
    }
}
