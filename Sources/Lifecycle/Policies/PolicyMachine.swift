import TernKernel

/// Decides what an endpoint's policy does about its alerts: a value that is given what is so and answers what to do.
///
/// It counts time by the endpoint's clock alone, so a replay of the same history decides the same.
struct PolicyMachine: Codable, Hashable, Sendable {
    /// Why nothing is started although an alert asks for it.
    enum Skip: String, Codable, Sendable {
        case retraining
        case release
        case cooldown
        case budget
    }

    /// Alerts that the owner was told of and that were open then.
    private(set) var firing: [String: PolicyAlert] = [:]
    /// Alerts that the owner knows are resolved, as long as they are still listed.
    private(set) var resolved: Set<String> = []
    /// Alerts that a rollback was ordered for.
    private(set) var rolledBack: Set<String> = []
    /// The reason that was last written down for not retraining.
    private(set) var skip: Skip?
    /// When retrainings were decided, by the endpoint's clock, as far back as cooldown and budget look.
    private(set) var retrainings: [Timestamp] = []

    /// What is so at this moment.
    struct Facts: Sendable {
        var clock: Timestamp
        /// The wall's time, for what is told; nothing is decided by it.
        var now: Timestamp
        var alerts: [PolicyAlert]
        var retrainingInProgress: Bool
        var releaseInProgress: Bool
    }

    enum Action: Hashable, Sendable {
        /// Tell the owner of these, together.
        case notify([PolicyAlert])
        case rollBack(PolicyAlert)
        case retrain(pipeline: String, dataset: String, last: Period, because: [PolicyAlert])
        /// Write down why nothing is started; only when the reason is another than before.
        case skipped(Skip, detail: String, because: [PolicyAlert])
    }

    mutating func decide(_ facts: Facts, by policy: PolicyDeclaration) -> [Action] {
        let alerts = facts.alerts.sorted { ($0.raisedEventTime ?? $0.raisedAt, $0.id) < ($1.raisedEventTime ?? $1.raisedAt, $1.id) }
        return notifications(alerts, facts, policy) + rollbacks(alerts, policy) + retraining(alerts, facts, policy)
    }

    private mutating func notifications(_ alerts: [PolicyAlert], _ facts: Facts, _ policy: PolicyDeclaration) -> [Action] {
        let listed = Set(alerts.map(\.id))
        var news = alerts.filter { alert in
            guard policy.actions(for: alert.monitor).contains(.alert) else { return false }
            return alert.isOpen ? firing[alert.id] == nil : !resolved.contains(alert.id)
        }
        // An alert that is no longer listed is over; its end is when that was noticed.
        for var alert in firing.values.sorted(by: { $0.id < $1.id }) where !listed.contains(alert.id) {
            alert.resolvedAt = facts.now
            alert.resolvedEventTime = facts.clock
            news.append(alert)
        }
        for alert in news {
            firing[alert.id] = alert.isOpen ? alert : nil
            if !alert.isOpen { resolved.insert(alert.id) }
        }
        resolved.formIntersection(listed)
        rolledBack.formIntersection(listed)
        return news.isEmpty ? [] : [.notify(news)]
    }

    private mutating func rollbacks(_ alerts: [PolicyAlert], _ policy: PolicyDeclaration) -> [Action] {
        let wanted = alerts.filter { $0.isOpen && !rolledBack.contains($0.id) && policy.actions(for: $0.monitor).contains(.rollback) }
        // One rollback answers all of them: a second would undo an older release.
        rolledBack.formUnion(wanted.map(\.id))
        return wanted.first.map { [.rollBack($0)] } ?? []
    }

    private mutating func retraining(_ alerts: [PolicyAlert], _ facts: Facts, _ policy: PolicyDeclaration) -> [Action] {
        let asking = alerts.filter { $0.isOpen && PolicyMachine.retrain(policy.actions(for: $0.monitor)) != nil }
        guard let first = asking.first, let action = PolicyMachine.retrain(policy.actions(for: first.monitor)) else {
            skip = nil
            return []
        }
        guard case .retrain(let pipeline, let dataset, let last) = action else { return [] }
        let because = asking.filter { policy.actions(for: $0.monitor).contains(action) }
        if let (reason, detail) = obstacle(facts, policy) {
            if skip == reason { return [] }
            skip = reason
            return [.skipped(reason, detail: detail, because: because)]
        }
        skip = nil
        retrainings.append(facts.clock)
        forget(before: facts.clock, policy)
        return [.retrain(pipeline: pipeline, dataset: dataset, last: last, because: because)]
    }

    private static func retrain(_ actions: [PolicyAction]) -> PolicyAction? {
        actions.first { if case .retrain = $0 { true } else { false } }
    }

    private func obstacle(_ facts: Facts, _ policy: PolicyDeclaration) -> (Skip, String)? {
        if facts.retrainingInProgress { return (.retraining, "a retraining is in progress") }
        if facts.releaseInProgress { return (.release, "a release is in progress") }
        // A time ahead of the clock comes from before the endpoint's requests carried times; it says nothing about these.
        let past = retrainings.filter { $0 <= facts.clock }
        if let last = past.max(), facts.clock - last < policy.cooldown {
            return (.cooldown, "the last retraining was at \(last): cooldown until \(last + policy.cooldown)")
        }
        if let budget = policy.budget {
            let spent = past.count { $0 > facts.clock - budget.per }
            if spent >= budget.retrainings {
                return (.budget, "\(spent) retrainings in the last \(budget.per): the budget of \(budget.retrainings) is used up")
            }
        }
        return nil
    }

    private mutating func forget(before clock: Timestamp, _ policy: PolicyDeclaration) {
        // A longer period may be declared later, so more is kept than is needed now.
        let kept = max(policy.cooldown, policy.budget?.per ?? .zero, .days(3660))
        retrainings.removeAll { $0 <= clock - kept }
    }
}
