import TernKernel
import TernLog
import TernStore

/// What happens by itself, as the endpoint's clock goes on.
extension ReleaseService {
    private static let controller = Identity.system("releases")

    /// Looks once: finishes what a crash left, judges the release under way, or follows the model's newest approved version.
    ///
    /// - Returns: whether anything changed; then another look may change more.
    package func advance(_ endpoint: String, clock: Timestamp) async throws -> Bool {
        let record = try await known(endpoint)
        if let due = record.championDue {
            try await settleChampion(endpoint, record.declaration.model, due)
            return true
        }
        if let open = record.open { return try await look(at: open, clock: clock) }
        return try await follow(record, clock: clock)
    }

    /// Whether a release is under way.
    package func releaseInProgress(_ endpoint: String) async throws -> Bool { try await known(endpoint).open != nil }

    // MARK: Guards

    func guards(of record: EndpointRecord) async throws -> [GuardResult] {
        guard let open = record.open else { return [] }
        return try await guards(of: open, primary: record.variants.primary?.reference.name)
    }

    private func guards(of release: Release, primary: String?) async throws -> [GuardResult] {
        let limit = release.plan.guard.latencyP99
        let step = try await ports.observe(release.endpoint, release.stepSince, limit)
        let needsWhole = release.plan.guard.accuracyDrop != nil && release.since != release.stepSince
        let whole = needsWhole ? try await ports.observe(release.endpoint, release.since, limit) : step
        return GuardCheck(plan: release.plan, candidate: release.variant, primary: primary).results(step: step, whole: whole)
    }

    private func look(at release: Release, clock: Timestamp) async throws -> Bool {
        let endpoint = release.endpoint
        let guards = try await guards(of: release, primary: release.from.map(Release.variantName))
        let look = ReleaseController.Look(clock: clock, step: release.step, guards: guards)
        var trial = ReleaseController(release)
        let expected = try trial.handle(.look(look))
        if expected.isEmpty { return false }
        if expected.contains(.promote) {
            try await ports.ensureLoaded([VariantReference(name: release.variant, role: .primary, model: release.model, version: release.to)])
        }
        let eventTime = try await ports.clock(endpoint).map { _ in clock }
        let changed = try await change(endpoint) { record, transaction in
            // A person may have acted since; what is decided counts for the release as it is now.
            guard let open = record.open, open.id == release.id else { return true }
            var controller = ReleaseController(open)
            let actions = try controller.handle(.look(look))
            let change = ReleaseChange(by: ReleaseService.controller.name, reason: nil, eventTime: eventTime)
            _ = try change.perform(actions, of: controller.release, on: &record, in: transaction)
            return !actions.isEmpty
        }
        await settleChampionIfPossible(endpoint)
        return changed
    }

    // MARK: Following

    private func follow(_ record: EndpointRecord, clock: Timestamp) async throws -> Bool {
        let declaration = record.declaration
        guard declaration.follow, let newest = try await ports.latestApproved(declaration.model) else { return false }
        guard newest > record.variants.primary?.reference.version ?? 0,
            try await store.considered(declaration.name, model: declaration.model, version: newest) == nil
        else { return false }
        let eventTime = try await ports.clock(declaration.name).map { _ in clock }
        let cause = "follows the model: version \(newest) is approved"
        do {
            _ = try await begin(
                declaration.name, version: newest, strategy: nil, override: nil, cause: cause, by: ReleaseService.controller, clock: clock,
                eventTime: eventTime, once: true)
        } catch let error as TernError where !ReleaseService.passing.contains(error.code) {
            // Someone else was quicker, or the version is no good. Either way it was considered, and is not tried again every second.
            if try await known(declaration.name).revision == record.revision {
                try await giveUp(declaration, version: newest, cause: cause, error: error, clock: clock, eventTime: eventTime)
            }
        }
        return true
    }

    /// Failures that another try may not meet.
    private static let passing: Set<TernError.Code> = [.unavailable, .timeout, .cancelled, .resourceExhausted]

    /// Writes down that a version could not be brought up.
    private func giveUp(
        _ declaration: EndpointDeclaration, version: Int, cause: String, error: TernError, clock: Timestamp, eventTime: Timestamp?
    ) async throws {
        try await change(declaration.name) { record, transaction in
            guard record.open == nil else { return }
            var release = try ReleaseService.draft(
                record, version: version, strategy: nil, override: nil, cause: cause, by: ReleaseService.controller, clock: clock,
                eventTime: eventTime, in: transaction)
            if try ReleaseStore.wasConsidered(release, in: transaction.connection) { return }
            release.state = .aborted
            release.endedBy = ReleaseService.controller.name
            let outcome = "version \(version) could not be loaded: \(error.message)"
            release.outcome = outcome
            let change = ReleaseChange(by: ReleaseService.controller.name, reason: nil, eventTime: eventTime)
            _ = try change.perform([.record(kind: "release.aborted", cause: outcome)], of: release, on: &record, in: transaction)
        }
    }

    // MARK: Starting

    /// Loads the version, then starts its release in one transaction.
    ///
    /// - Parameters:
    ///   - clock: the endpoint's clock; nil is the wall's.
    ///   - eventTime: the same, where it comes from the data.
    ///   - once: refuse a version that was considered before.
    func begin(
        _ endpoint: String, version: Int, strategy: ReleasePlan.Strategy?, override: String?, cause: String, by identity: Identity,
        clock: Timestamp?, eventTime: Timestamp?, once: Bool = false
    ) async throws -> Release {
        let before = try await known(endpoint)
        try ReleaseService.refuseIfBusy(before, version: version)
        let reference = VariantReference(name: Release.variantName(version), role: .primary, model: before.declaration.model, version: version)
        try await ports.ensureLoaded([reference])
        let release = try await change(endpoint) { record, transaction in
            try ReleaseService.refuseIfBusy(record, version: version)
            let draft = try ReleaseService.draft(
                record, version: version, strategy: strategy, override: override, cause: cause, by: identity, clock: clock, eventTime: eventTime,
                in: transaction)
            if once, try ReleaseStore.wasConsidered(draft, in: transaction.connection) {
                throw TernError(.alreadyExists, "version \(version) was considered before")
            }
            var controller = ReleaseController(draft)
            let actions = try controller.handle(.start)
            let change = ReleaseChange(by: identity.name, reason: override, eventTime: eventTime)
            return try change.perform(actions, of: controller.release, on: &record, in: transaction)
        }
        await settleChampionIfPossible(endpoint)
        return release
    }

    private static func refuseIfBusy(_ record: EndpointRecord, version: Int) throws {
        let endpoint = record.declaration.name
        if let open = record.open {
            throw TernError(
                .conflict, "endpoint '\(endpoint)' is in the middle of release \(open.id) (version \(open.to) at \(open.share.percent))",
                hint: "promote, abort or roll it back first")
        }
        if record.variants.primary?.reference.version == version {
            throw TernError(.conflict, "version \(version) already answers endpoint '\(endpoint)'")
        }
    }

    private static func draft(
        _ record: EndpointRecord, version: Int, strategy: ReleasePlan.Strategy?, override: String?, cause: String, by identity: Identity,
        clock: Timestamp?, eventTime: Timestamp?, in transaction: Transaction
    ) throws -> Release {
        let declaration = record.declaration
        var plan = declaration.release
        plan.strategy = strategy ?? plan.strategy
        try plan.validate(endpoint: declaration.name)
        let number = try ReleaseStore.nextNumber(declaration.name, in: transaction.connection)
        let start = clock ?? transaction.now
        return Release(
            id: Release.identifier(endpoint: declaration.name, number: number), endpoint: declaration.name, number: number, model: declaration.model,
            from: record.variants.primary?.reference.version, to: version, strategy: plan.strategy, plan: plan, state: .running, step: 0,
            stepSince: start, since: start, cause: cause, override: override, startedAt: transaction.now, startedBy: identity.name,
            startedEventTime: eventTime, evidence: [])
    }

    // MARK: The champion

    /// The alias lives in the registry, outside our transaction: what is due is stored with the promotion and done until it is done.
    private func settleChampion(_ endpoint: String, _ model: String, _ version: Int) async throws {
        try await ports.setChampion(model, version, ReleaseService.controller)
        try await store.database.write { try ReleaseStore.forgetChampionDue(endpoint, version: version, in: $0) }
    }

    /// Now if it works; otherwise the next `advance` does it.
    func settleChampionIfPossible(_ endpoint: String) async {
        guard let record = try? await store.endpoint(endpoint), let due = record.championDue else { return }
        try? await settleChampion(endpoint, record.declaration.model, due)
    }
}
