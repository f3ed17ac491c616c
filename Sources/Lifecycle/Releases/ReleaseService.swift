import TernKernel
import TernLog
import TernStore

/// What runs behind each endpoint, and everything that changes it.
///
/// Each change is one transaction: the stored state, the release and the ledger entry together; then the routing table is swapped. A server that dies
/// between the two reads the state back in `restore`. Decisions are taken inside the transaction by `ReleaseController`, so that two
/// askers cannot cross.
package struct ReleaseService: Sendable {
    let store: ReleaseStore
    let ports: ReleasePorts
    let table = RoutingTableHolder()

    package init(database: Database, ports: ReleasePorts) {
        store = ReleaseStore(database: database)
        self.ports = ports
    }

    /// Makes the routing table what the database says: at the start of a server, before it answers, and when another server changed it.
    package func restore() async throws {
        let names = Set(try await store.names())
        for name in table.current.entries.keys where !names.contains(name) {
            if try await store.endpoint(name) == nil { table.remove(name) }
        }
        for name in names {
            guard let record = try await store.endpoint(name), !table.set(record) else { continue }
            // What is in memory counts more changes: made here meanwhile, and then a fresh look finds them; or the endpoint was taken away
            // and declared anew.
            if let again = try await store.endpoint(name) { table.set(again, force: true) }
        }
    }

    // MARK: Routing

    /// Where a request goes. The same key goes to the same place as long as a release lasts, and stays with a canary whose share grows.
    package func route(endpoint: String, key: String) throws -> Route { try table.current.route(endpoint: endpoint, key: key) }

    package var endpointNames: [String] { table.current.entries.keys.sorted() }

    /// The variant that answers the callers of an endpoint, canaries aside; nil when it has none yet.
    package func primary(_ endpoint: String) -> VariantReference? { table.current.entries[endpoint]?.toPrimary?.answering }

    /// All model versions that must stay in memory: every variant, and what a rollback would bring back.
    package func loadedVariants() -> [VariantReference] { table.current.entries.sorted { $0.key < $1.key }.flatMap(\.value.loaded) }

    // MARK: Declaring

    /// Makes the endpoints be as declared. Those not named are left alone; a release under way keeps the plan it started with.
    ///
    /// - Returns: the names of the endpoints that this changed.
    @discardableResult
    package func apply(_ declarations: [EndpointDeclaration], by identity: Identity) async throws -> [String] {
        try identity.require(.editor, to: "declare endpoints")
        for declaration in declarations { try declaration.validate() }
        let records = try await store.database.write { transaction in
            var changed: [EndpointRecord] = []
            for declaration in declarations {
                let known = try ReleaseStore.endpoint(declaration.name, in: transaction.connection)
                if known?.declaration == declaration { continue }
                if let known, known.declaration.model != declaration.model, known.variants.primary != nil {
                    throw TernError(
                        .conflict,
                        "endpoint '\(declaration.name)' serves model '\(known.declaration.model)' and cannot turn to '\(declaration.model)'",
                        hint: "declare another endpoint for that model")
                }
                var record = known ?? EndpointRecord(declaration: declaration, variants: EndpointVariants(), revision: 0)
                record.declaration = declaration
                record.revision += 1
                try ReleaseStore.save(record, in: transaction)
                try transaction.record(
                    LedgerEvent(
                        "endpoint.declared", subject: "endpoint/\(declaration.name)", by: identity.name,
                        data: ["declaration": JSON(encoding: declaration), "variants": record.variants.json]))
                changed.append(record)
            }
            return changed
        }
        for record in records { table.set(record) }
        return records.map(\.declaration.name)
    }

    // MARK: Looking

    package func endpoints() async throws -> [EndpointStatus] {
        var answer: [EndpointStatus] = []
        for name in try await store.names() { answer.append(try await endpoint(name)) }
        return answer
    }

    package func endpoint(_ name: String) async throws -> EndpointStatus {
        let record = try await known(name)
        var variants: [EndpointStatus.VariantStatus] = []
        for variant in record.variants.all {
            variants.append(
                EndpointStatus.VariantStatus(
                    reference: variant.reference, share: variant.share, since: variant.since, sinceEventTime: variant.sinceEventTime,
                    loaded: await ports.isLoaded(variant.reference)))
        }
        let history = try await store.history(name, limit: 200).filter { !$0.isOpen }
        return EndpointStatus(
            declaration: record.declaration, variants: variants, release: record.open, guards: try await guards(of: record), history: history,
            clock: try await ports.clock(name), standby: record.standby)
    }

    /// What an endpoint ran at a past moment, by the ledger; nil when it ran nothing yet.
    package func state(_ endpoint: String, at moment: Timestamp, by clock: PastClock = .ledger) async throws -> EndpointState? {
        _ = try await known(endpoint)
        let ledger = LedgerStore(store.database)
        var found: EndpointState?
        for kind in ["release.", "endpoint."] {
            let entries = try await ledger.entries(
                LedgerFilter(
                    subject: "endpoint/\(endpoint)", kind: kind, until: clock == .ledger ? moment : nil, newestFirst: true, limit: 10_000))
            // What was done by hand carries no time of the data: it happened at the time of the last entry before it that does.
            var dataTime = Timestamp(milliseconds: .min)
            var match: LedgerEntry?
            for entry in entries.reversed() where entry.subject == "endpoint/\(endpoint)" {
                dataTime = entry.eventTime ?? dataTime
                if entry.data["variants"] != nil, clock == .ledger || dataTime <= moment { match = entry }
            }
            guard let match, match.sequence > found?.sequence ?? 0, let variants = match.data["variants"] else { continue }
            found = EndpointState(
                endpoint: endpoint, variants: try variants.decode([EndpointState.VariantShare].self), release: match.data["release"]?.stringValue,
                sequence: match.sequence, since: match.at, sinceEventTime: match.eventTime, kind: match.kind, actor: match.actor, reason: match.reason
            )
        }
        return found.flatMap { $0.variants.isEmpty ? nil : $0 }
    }

    /// The version that a release without a number means.
    /// - Throws: `gate_refused` when no version of the endpoint's model is approved.
    func newestApproved(for endpoint: String) async throws -> Int {
        let model = try await known(endpoint).declaration.model
        guard let version = try await ports.latestApproved(model) else {
            throw TernError(
                .gateRefused, "no version of '\(model)' is approved", hint: "tern models show \(model) lists its versions and what they wait for")
        }
        return version
    }

    /// Takes an endpoint away: from now on its callers get "not found". What it ever ran stays in the ledger.
    ///
    /// - Throws: `conflict` while a release is in progress.
    package func remove(_ endpoint: String, by identity: Identity) async throws {
        try identity.require(.editor, to: "remove an endpoint")
        try await store.database.write { transaction in
            guard let record = try ReleaseStore.endpoint(endpoint, in: transaction.connection) else { return }
            guard record.open == nil else {
                throw TernError(
                    .conflict, "endpoint '\(endpoint)' has a release in progress and is not removed",
                    hint: "end it first: tern release \(endpoint) --abort")
            }
            try ReleaseStore.remove(endpoint, in: transaction)
            try transaction.record(LedgerEvent("endpoint.removed", subject: "endpoint/\(endpoint)", by: identity.name, data: ["variants": []]))
        }
        table.remove(endpoint)
    }

    // MARK: Shared by the verbs

    func known(_ name: String) async throws -> EndpointRecord {
        guard let record = try await store.endpoint(name) else { throw ReleaseService.unknown(name) }
        return record
    }

    static func unknown(_ name: String) -> TernError {
        TernError.notFound("no endpoint '\(name)'", hint: "declare it in tern.yaml and `tern apply`; tern endpoints lists those there are")
    }

    /// Changes one endpoint in one transaction, then swaps its routes.
    func change<Answer: Sendable>(
        _ endpoint: String, _ body: @Sendable @escaping (inout EndpointRecord, Transaction) throws -> Answer
    ) async throws -> Answer {
        let (answer, record) = try await store.database.write { transaction in
            guard var record = try ReleaseStore.endpoint(endpoint, in: transaction.connection) else { throw ReleaseService.unknown(endpoint) }
            let before = record
            let answer = try body(&record, transaction)
            if record.variants != before.variants || record.championDue != before.championDue || record.open != before.open {
                record.revision = before.revision + 1
                try ReleaseStore.save(record, in: transaction)
            }
            // Read back, so that the routes come from what is stored and from nothing else.
            return (answer, try ReleaseStore.endpoint(endpoint, in: transaction.connection) ?? record)
        }
        table.set(record)
        return answer
    }
}
