import TernKernel
import TernLog
import TernStore

/// What people and policies ask for.
extension ReleaseService {
    /// Starts to put a version behind an endpoint.
    ///
    /// - Parameters:
    ///   - strategy: another than the declared one.
    ///   - override: why a version that is not approved is released all the same; takes the role approver and goes to the ledger.
    /// - Throws: `gate_refused` when the version is not approved and there is no override.
    package func release(
        _ endpoint: String, version: Int, strategy: ReleasePlan.Strategy? = nil, override: String? = nil, by identity: Identity
    ) async throws -> Release {
        try identity.require(.editor, to: "release a version")
        let record = try await known(endpoint)
        let model = record.declaration.model
        guard let status = try await ports.status(model, version) else {
            throw TernError.notFound("model '\(model)' has no version \(version)", hint: "tern models show \(model) lists its versions")
        }
        var forced: String?
        if status != "approved" {
            guard let reason = override?.trimmed, !reason.isEmpty else {
                throw TernError(
                    .gateRefused, "version \(version) of '\(model)' is \(status), not approved: it is not released",
                    hint: "approve it (tern models approve \(model) \(version)), or force it with a recorded reason: --override REASON",
                    details: ["model": .string(model), "version": .int(Int64(version)), "status": .string(status)])
            }
            try identity.require(.approver, to: "release a version that is not approved")
            forced = reason
        }
        let cause = forced.map { "\(identity.name) forced version \(version) (\(status)): \($0)" } ?? "\(identity.name) released version \(version)"
        let clock = try await ports.clock(endpoint)
        return try await begin(
            endpoint, version: version, strategy: strategy, override: forced, cause: cause, by: identity, clock: clock, eventTime: clock)
    }

    /// Gives the traffic back: ends the release under way, or undoes the last one that was promoted. At once, without loading anything.
    ///
    /// - Parameter key: an order with this key is carried out once, however often it is repeated.
    @discardableResult
    package func rollback(_ endpoint: String, reason: String, by identity: Identity, key: String? = nil) async throws -> Release {
        try identity.require(.editor, to: "roll an endpoint back")
        let order = ReleaseController.Order(by: identity.name, reason: try ReleaseService.worded(reason, "roll back"))
        let eventTime = try await ports.clock(endpoint)
        let release = try await change(endpoint) { record, transaction in
            if let key, let done = try ReleaseStore.release(ofOrder: key, endpoint: endpoint, in: transaction.connection) { return done }
            guard let target = record.open ?? record.last else {
                throw TernError(.conflict, "endpoint '\(endpoint)' has had no release: there is nothing to roll back")
            }
            let release = try ReleaseService.handle(.rollBack(order), target, on: &record, in: transaction, by: order, eventTime: eventTime)
            if let key { try ReleaseStore.remember(order: key, release: release, in: transaction) }
            return release
        }
        await settleChampionIfPossible(endpoint)
        return release
    }

    /// Skips the steps that are left.
    package func promote(_ endpoint: String, reason: String, by identity: Identity) async throws -> Release {
        if let open = try await known(endpoint).open {
            try await ports.ensureLoaded([VariantReference(name: open.variant, role: .primary, model: open.model, version: open.to)])
        }
        let release = try await order(endpoint, reason: reason, by: identity, verb: "promote") { .promote($0) }
        await settleChampionIfPossible(endpoint)
        return release
    }

    /// Stops the release under way; the primary answers everything again.
    package func abort(_ endpoint: String, reason: String, by identity: Identity) async throws -> Release {
        try await order(endpoint, reason: reason, by: identity, verb: "abort") { .abort($0) }
    }

    /// Holds the release where it is; its guards still stand.
    package func pause(_ endpoint: String, reason: String, by identity: Identity) async throws -> Release {
        try await order(endpoint, reason: reason, by: identity, verb: "pause") { .pause($0) }
    }

    package func resume(_ endpoint: String, reason: String, by identity: Identity) async throws -> Release {
        try await order(endpoint, reason: reason, by: identity, verb: "resume") { .resume($0) }
    }

    private func order(
        _ endpoint: String, reason: String, by identity: Identity, verb: String,
        _ event: @Sendable @escaping (ReleaseController.Order) -> ReleaseController.Event
    ) async throws -> Release {
        try identity.require(.editor, to: "\(verb) a release")
        let order = ReleaseController.Order(by: identity.name, reason: reason.trimmed.isEmpty ? "\(identity.name) asked" : reason.trimmed)
        let eventTime = try await ports.clock(endpoint)
        return try await change(endpoint) { record, transaction in
            guard let open = record.open else {
                throw TernError(.conflict, "endpoint '\(endpoint)' has no release under way to \(verb)", hint: "tern endpoints shows what runs")
            }
            return try ReleaseService.handle(event(order), open, on: &record, in: transaction, by: order, eventTime: eventTime)
        }
    }

    static func handle(
        _ event: ReleaseController.Event, _ release: Release, on record: inout EndpointRecord, in transaction: Transaction,
        by order: ReleaseController.Order, eventTime: Timestamp?
    ) throws -> Release {
        var controller = ReleaseController(release)
        let actions = try controller.handle(event)
        let change = ReleaseChange(by: order.by, reason: order.reason, eventTime: eventTime)
        return try change.perform(actions, of: controller.release, on: &record, in: transaction)
    }

    static func worded(_ reason: String, _ verb: String) throws -> String {
        let words = reason.trimmed
        guard !words.isEmpty else { throw TernError.invalid("to \(verb) takes a reason", hint: "--reason \"what went wrong\"") }
        return words
    }

    // MARK: Shadows

    /// Lets a version see every request and answer nobody.
    @discardableResult
    package func addShadow(_ endpoint: String, name: String, version: Int, by identity: Identity) async throws -> VariantReference {
        try identity.require(.editor, to: "add a shadow")
        guard !name.isEmpty, name.utf8.count <= 64, name.unicodeScalars.allSatisfy(EndpointDeclaration.mayName) else {
            throw TernError.invalid("'\(name)' cannot name a variant", hint: "use at most 64 letters, digits, '-' and '_'")
        }
        if name.first == "v", Int(name.dropFirst()) != nil {
            throw TernError.invalid("'\(name)' is what a release would call its variant", hint: "give the shadow a name of its own, such as 'alone'")
        }
        let model = try await known(endpoint).declaration.model
        guard try await ports.status(model, version) != nil else {
            throw TernError.notFound("model '\(model)' has no version \(version)", hint: "tern models show \(model) lists its versions")
        }
        let reference = VariantReference(name: name, role: .shadow, model: model, version: version)
        try await ports.ensureLoaded([reference])
        let eventTime = try await ports.clock(endpoint)
        return try await change(endpoint) { record, transaction in
            if let known = record.variants[name] {
                guard known.reference == reference else {
                    throw TernError(
                        .alreadyExists, "endpoint '\(endpoint)' has a variant '\(name)' already (version \(known.reference.version))",
                        hint: "remove it first, or choose another name")
                }
                return reference
            }
            record.variants.addShadow(name, version: version, of: model, at: transaction.now, eventTime: eventTime)
            try transaction.record(
                ReleaseService.event("endpoint.variant.added", endpoint, reference, record.variants, by: identity, eventTime: eventTime))
            return reference
        }
    }

    package func removeShadow(_ endpoint: String, name: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "remove a shadow")
        let eventTime = try await ports.clock(endpoint)
        try await change(endpoint) { record, transaction in
            guard let variant = record.variants[name] else {
                throw TernError.notFound("endpoint '\(endpoint)' has no variant '\(name)'")
            }
            guard variant.reference.role == .shadow, record.open?.variant != name else {
                throw TernError(.conflict, "variant '\(name)' is not a shadow that a person added", hint: "abort the release instead")
            }
            record.variants.remove(name)
            try transaction.record(
                ReleaseService.event("endpoint.variant.removed", endpoint, variant.reference, record.variants, by: identity, eventTime: eventTime))
        }
    }

    private static func event(
        _ kind: String, _ endpoint: String, _ reference: VariantReference, _ variants: EndpointVariants, by identity: Identity, eventTime: Timestamp?
    ) -> LedgerEvent {
        LedgerEvent(
            kind, subject: "endpoint/\(endpoint)", by: identity.name, eventTime: eventTime,
            data: [
                "endpoint": .string(endpoint), "variant": .string(reference.name), "role": .string(reference.role.rawValue),
                "model": .string(reference.model), "version": .int(Int64(reference.version)), "shares": variants.sharesJSON,
                "variants": variants.json,
            ])
    }
}

extension String {
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
