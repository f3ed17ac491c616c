import TernKernel

/// Moves one release from its start to its end: a value that takes events and answers what to do. It knows no wall clock, no database and no traffic;
/// the same release and the same events always give the same actions, so it can go on from what was stored at any point.
struct ReleaseController: Sendable {
    private(set) var release: Release

    init(_ release: Release) { self.release = release }

    /// What a person or a policy wants done.
    struct Order: Sendable {
        var by: String
        var reason: String
    }

    /// A look at the traffic.
    struct Look: Sendable {
        var clock: Timestamp
        /// The step that was looked at; a look at an earlier step says nothing about this one.
        var step: Int
        var guards: [GuardResult]
    }

    enum Event: Sendable {
        case start
        case look(Look)
        case pause(Order)
        case resume(Order)
        case promote(Order)
        case abort(Order)
        case rollBack(Order)
    }

    enum Action: Hashable, Sendable {
        /// Put the version beside the primary, with this share of the traffic (none: as a shadow).
        case tryOut(share: Double)
        /// The version becomes the primary.
        case promote
        /// The version goes; what answered before answers everything.
        case restore
        /// Say so in the ledger.
        case record(kind: String, cause: String)
        /// Only the stored state changed.
        case keep
    }

    mutating func handle(_ event: Event) throws -> [Action] {
        switch event {
        case .start: start()
        case .look(let look): take(look)
        case .pause(let order): try pause(order)
        case .resume(let order): try resume(order)
        case .promote(let order): try promoteEarly(order)
        case .abort(let order): try abort(order)
        case .rollBack(let order): try rollBack(order)
        }
    }

    private mutating func start() -> [Action] {
        let started = Action.record(kind: "release.started", cause: release.cause)
        // An empty endpoint has nothing to compare with: its first version takes everything.
        if release.from == nil || release.strategy == .allAtOnce {
            let cause = release.from == nil ? "the endpoint's first version" : "all at once"
            return [started] + promote(by: release.startedBy, cause: cause)
        }
        return [.tryOut(share: release.share), started]
    }

    // MARK: By the clock

    private mutating func take(_ look: Look) -> [Action] {
        guard release.isOpen, look.step == release.step else { return [] }
        if look.clock < release.stepSince {
            // The first request that carries a time moves the clock from the wall's to the data's, which may be decades back.
            release.stepSince = look.clock
            release.since = min(release.since, look.clock)
            return [.keep]
        }
        let failed = look.guards.filter { $0.verdict == .fail }
        if !failed.isEmpty {
            release.evidence = look.guards
            let cause = "guard " + failed.map { "\($0.guard): \($0.message)" }.joined(separator: "; ")
            return giveBack(.rolledBack, by: "tern/releases", cause: cause)
        }
        guard release.state == .running, look.clock - release.stepSince >= release.plan.every,
            look.guards.allSatisfy({ $0.verdict == .pass })
        else { return [] }
        release.evidence = look.guards
        let passed = look.guards.map(\.guard).joined(separator: ", ")
        if release.strategy == .canary, release.step + 1 < release.plan.steps.count {
            release.step += 1
            release.stepSince = look.clock
            return [.tryOut(share: release.share), .record(kind: "release.stepped", cause: "to \(release.share.percent): \(passed) passed")]
        }
        return promote(by: "tern/releases", cause: "the last step's guards passed: \(passed)")
    }

    // MARK: By order

    private mutating func pause(_ order: Order) throws -> [Action] {
        try requireOpen("pause")
        guard release.state == .running else { throw TernError(.conflict, "release \(release.id) is already paused", hint: resumeHint) }
        release.state = .paused
        return [.record(kind: "release.paused", cause: order.reason)]
    }

    private mutating func resume(_ order: Order) throws -> [Action] {
        try requireOpen("resume")
        guard release.state == .paused else { throw TernError(.conflict, "release \(release.id) is not paused") }
        release.state = .running
        return [.record(kind: "release.resumed", cause: order.reason)]
    }

    private mutating func promoteEarly(_ order: Order) throws -> [Action] {
        try requireOpen("promote")
        return promote(by: order.by, cause: order.reason)
    }

    private mutating func abort(_ order: Order) throws -> [Action] {
        try requireOpen("abort")
        return giveBack(.aborted, by: order.by, cause: order.reason)
    }

    private mutating func rollBack(_ order: Order) throws -> [Action] {
        guard release.isOpen || release.state == .promoted else {
            throw TernError(.conflict, "release \(release.id) is \(release.state.rawValue): it holds no traffic to give back")
        }
        guard release.from != nil else {
            throw TernError(
                .conflict, "endpoint '\(release.endpoint)' has answered with version \(release.to) only: there is nothing to roll back to",
                hint: "release another version: tern release \(release.endpoint) --version N")
        }
        return giveBack(.rolledBack, by: order.by, cause: order.reason)
    }

    private func requireOpen(_ verb: String) throws {
        guard release.isOpen else {
            throw TernError(.conflict, "release \(release.id) is \(release.state.rawValue): there is nothing to \(verb)")
        }
    }

    private var resumeHint: String { "POST endpoints/\(release.endpoint)/resume goes on with it" }

    // MARK: Ends

    private mutating func promote(by: String, cause: String) -> [Action] {
        end(.promoted, by: by, cause: cause)
        return [.promote, .record(kind: "release.promoted", cause: cause)]
    }

    private mutating func giveBack(_ state: Release.State, by: String, cause: String) -> [Action] {
        end(state, by: by, cause: cause)
        return [.restore, .record(kind: state == .aborted ? "release.aborted" : "release.rolled_back", cause: cause)]
    }

    private mutating func end(_ state: Release.State, by: String, cause: String) {
        release.state = state
        release.endedBy = by
        release.outcome = cause
    }
}
