import TernKernel
import TernStore

/// Turns alerts into what the owner wants done about them: a notification, a retraining, a rollback.
///
/// What is decided is written down before it is done, under a key that makes doing it twice the same as once; so a server that dies in between goes
/// on where it stood.
package struct PolicyService: Sendable {
    let store: PolicyStore
    let ports: PolicyPorts
    let delivery: NotificationDelivery
    let clock: WallClock
    let externalURL: String

    static let identity = Identity.system("policies")

    /// - Parameter externalURL: where people reach this server; notifications point there.
    package init(database: Database, ports: PolicyPorts, externalURL: String, clock: WallClock = .system) {
        store = PolicyStore(database: database)
        delivery = NotificationDelivery(store: NotificationStore(database: database), post: ports.post)
        self.ports = ports
        self.clock = clock
        self.externalURL = externalURL
    }

    // MARK: Declaring and looking

    /// Makes the policies be as declared; those of endpoints not named are left alone.
    ///
    /// - Returns: the endpoints whose policy this changed.
    @discardableResult
    package func apply(_ declarations: [PolicyDeclaration], by identity: Identity) async throws -> [String] {
        try identity.require(.editor, to: "declare policies")
        for declaration in declarations { try declaration.validate() }
        return try await store.database.write { transaction in
            var changed: [String] = []
            for declaration in declarations {
                let known = try PolicyStore.record(declaration.endpoint, in: transaction.connection)
                if known?.declaration == declaration { continue }
                try PolicyStore.save(declaration, known?.machine ?? PolicyMachine(), in: transaction)
                try transaction.record(
                    LedgerEvent(
                        "policy.declared", subject: "endpoint/\(declaration.endpoint)", by: identity.name,
                        data: ["declaration": JSON(encoding: declaration)]))
                changed.append(declaration.endpoint)
            }
            return changed
        }
    }

    package func policy(_ endpoint: String) async throws -> PolicyDeclaration? { try await store.record(endpoint)?.declaration }

    /// All retrainings that the policy decided on, oldest first.
    package func retrainings(_ endpoint: String) async throws -> [Retraining] { try await store.retrainings(endpoint) }

    /// Whether a retraining was decided on and has not ended.
    package func retrainingInProgress(_ endpoint: String) async throws -> Bool { try await store.openRetraining(endpoint) != nil }

    // MARK: The loop

    /// Looks once: goes on with what is under way, decides about the alerts, and delivers what is due.
    ///
    /// - Returns: whether anything changed; then another look may change more.
    package func advance(_ endpoint: String, clock: Timestamp) async throws -> Bool {
        guard try await store.record(endpoint) != nil else { return false }
        var changed = try await carryOut(endpoint, clock: clock)
        // A retraining that just ended may have brought a version that a release takes up first; the next look decides.
        if !changed {
            changed = try await decide(endpoint, clock: clock)
            if changed { _ = try await carryOut(endpoint, clock: clock) }
        }
        try await delivery.deliverDue(endpoint, now: self.clock.now())
        return changed
    }

    /// Posts the notifications whose time has come.
    package func deliverDue(_ endpoint: String) async throws { try await delivery.deliverDue(endpoint, now: clock.now()) }

    /// Notifications that wait for their first or next try.
    package func undelivered(_ endpoint: String) async throws -> Int { try await delivery.store.waiting(endpoint) }

    private func decide(_ endpoint: String, clock: Timestamp) async throws -> Bool {
        let alerts = try await ports.alerts(endpoint)
        let releasing = try await ports.releaseInProgress(endpoint)
        let now = self.clock.now()
        let facts: @Sendable (PolicyRecord) -> PolicyMachine.Facts = { record in
            PolicyMachine.Facts(
                clock: clock, now: now, alerts: alerts, retrainingInProgress: record.open != nil, releaseInProgress: releasing)
        }
        // Most looks change nothing: they cost a read.
        guard let before = try await store.record(endpoint) else { return false }
        var trial = before.machine
        if trial.decide(facts(before), by: before.declaration).isEmpty, trial == before.machine { return false }
        return try await store.database.write { transaction in
            guard let record = try PolicyStore.record(endpoint, in: transaction.connection) else { return false }
            var machine = record.machine
            let actions = machine.decide(facts(record), by: record.declaration)
            guard !actions.isEmpty || machine != record.machine else { return false }
            try PolicyStore.save(record.declaration, machine, in: transaction)
            for action in actions { try write(action, record.declaration, clock: clock, in: transaction) }
            return !actions.isEmpty
        }
    }

    // MARK: Writing decisions down

    private func write(_ action: PolicyMachine.Action, _ policy: PolicyDeclaration, clock: Timestamp, in transaction: Transaction) throws {
        let endpoint = policy.endpoint
        switch action {
        case .notify(let alerts):
            let body = AlertmanagerBody.json(alerts, endpoint: endpoint, externalURL: externalURL).description
            for url in policy.webhooks { try NotificationStore.insert(endpoint: endpoint, url: url, body: body, in: transaction) }
            let firing = alerts.filter(\.isOpen).map(\.id)
            let resolved = alerts.filter { !$0.isOpen }.map(\.id)
            try transaction.record(
                event(
                    "policy.notified", endpoint, clock: clock, reason: alerts.map(\.message).joined(separator: "; "),
                    [
                        "owner": .string(policy.owner), "firing": .array(firing.map(JSON.string)), "resolved": .array(resolved.map(JSON.string)),
                        "webhooks": .array(policy.webhooks.map(JSON.string)),
                    ]))
        case .rollBack(let alert):
            let order = RollbackOrder(
                key: "policy-\(alert.id)", endpoint: endpoint, reason: "\(alert.monitor) alert: \(alert.message)", eventTime: clock)
            try PolicyStore.insert(order, in: transaction)
        case .retrain(let pipeline, let dataset, let last, let because):
            let number = try PolicyStore.nextNumber(endpoint, in: transaction.connection)
            let cause = PolicyService.cause(because)
            let retraining = Retraining(
                key: "\(endpoint)-retrain-\(number)", endpoint: endpoint, number: number, state: .planned, at: transaction.now, eventTime: clock,
                cause: cause, alerts: because.map(\.id), pipeline: pipeline, dataset: dataset, from: clock - last, to: clock)
            try PolicyStore.insert(retraining, in: transaction)
            try transaction.record(PolicyService.event("policy.retrain.planned", retraining, eventTime: clock))
        case .skipped(let reason, let detail, let because):
            try transaction.record(
                event(
                    "policy.retrain.skipped", endpoint, clock: clock, reason: detail,
                    ["skip": .string(reason.rawValue), "alerts": .array(because.map { .string($0.id) })]))
        }
    }

    private static func cause(_ alerts: [PolicyAlert]) -> String {
        let kinds = Set(alerts.map(\.monitor)).sorted().joined(separator: ", ")
        let first = alerts.first?.message ?? ""
        return alerts.count > 1 ? "\(kinds): \(first) (and \(alerts.count - 1) more)" : "\(kinds): \(first)"
    }

    func event(_ kind: String, _ endpoint: String, clock: Timestamp, reason: String?, _ data: JSON) -> LedgerEvent {
        LedgerEvent(kind, subject: "endpoint/\(endpoint)", by: PolicyService.identity.name, reason: reason, eventTime: clock, data: data)
    }

    static func event(_ kind: String, _ retraining: Retraining, eventTime: Timestamp) throws -> LedgerEvent {
        LedgerEvent(
            kind, subject: "endpoint/\(retraining.endpoint)", by: identity.name, reason: retraining.outcome ?? retraining.cause, eventTime: eventTime,
            data: try JSON(encoding: retraining))
    }
}
