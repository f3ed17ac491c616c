import TernKernel
import TernStore

/// What is stored of one endpoint's policy.
struct PolicyRecord: Sendable {
    var declaration: PolicyDeclaration
    var machine: PolicyMachine
    /// The retraining under way.
    var open: Retraining?
}

/// A rollback that was decided and perhaps not carried out yet.
struct RollbackOrder: Hashable, Sendable {
    var key: String
    var endpoint: String
    var reason: String
    var eventTime: Timestamp
}

/// The SQL of policies and retrainings.
struct PolicyStore: Sendable {
    let database: Database

    func record(_ endpoint: String) async throws -> PolicyRecord? {
        try await database.read { try PolicyStore.record(endpoint, in: $0) }
    }

    func retrainings(_ endpoint: String) async throws -> [Retraining] {
        try await database.read { connection in
            try connection.rows("SELECT data FROM retrainings WHERE endpoint = ? ORDER BY number", [.text(endpoint)])
                .map { try $0.json("data", as: Retraining.self) }
        }
    }

    func openRetraining(_ endpoint: String) async throws -> Retraining? {
        try await database.read { try PolicyStore.openRetraining(endpoint, in: $0) }
    }

    func plannedRollbacks(_ endpoint: String) async throws -> [RollbackOrder] {
        try await database.read { connection in
            try connection.rows(
                "SELECT * FROM policy_rollbacks WHERE endpoint = ? AND state = 'planned' ORDER BY order_key", [.text(endpoint)]
            ).map { row in
                RollbackOrder(
                    key: try row.text("order_key"), endpoint: try row.text("endpoint"), reason: try row.text("reason"),
                    eventTime: try row.time("event_time"))
            }
        }
    }

    // MARK: Inside a transaction

    static func record(_ endpoint: String, in connection: Connection) throws -> PolicyRecord? {
        guard let row = try connection.row("SELECT declaration, machine FROM policies WHERE endpoint = ?", [.text(endpoint)]) else { return nil }
        return PolicyRecord(
            declaration: try row.json("declaration", as: PolicyDeclaration.self), machine: try row.json("machine", as: PolicyMachine.self),
            open: try openRetraining(endpoint, in: connection))
    }

    static func save(_ declaration: PolicyDeclaration, _ machine: PolicyMachine, in transaction: Transaction) throws {
        let values = [try SQLValue.json(declaration), try SQLValue.json(machine)]
        try transaction.execute(
            """
            INSERT INTO policies (endpoint, declaration, machine) VALUES (?, ?, ?)
            ON CONFLICT (endpoint) DO UPDATE SET declaration = excluded.declaration, machine = excluded.machine
            """,
            [.text(declaration.endpoint)] + values)
    }

    private static let openState =
        "SELECT data FROM retrainings WHERE endpoint = ? AND state IN ('planned', 'prepared', 'running') ORDER BY number LIMIT 1"

    static func openRetraining(_ endpoint: String, in connection: Connection) throws -> Retraining? {
        try connection.row(openState, [.text(endpoint)])?.json("data", as: Retraining.self)
    }

    static func nextNumber(_ endpoint: String, in connection: Connection) throws -> Int {
        let last = try connection.row("SELECT max(number) AS last FROM retrainings WHERE endpoint = ?", [.text(endpoint)])?.optionalInt("last")
        return Int(last ?? 0) + 1
    }

    static func insert(_ retraining: Retraining, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO retrainings (endpoint, number, state, data) VALUES (?, ?, ?, ?)",
            [.text(retraining.endpoint), SQLValue(retraining.number), .text(retraining.state.rawValue), try .json(retraining)])
    }

    /// Moves a retraining on from `state`; answers false when someone else did so before.
    static func update(_ retraining: Retraining, from state: Retraining.State, in transaction: Transaction) throws -> Bool {
        try transaction.execute(
            "UPDATE retrainings SET state = ?, data = ? WHERE endpoint = ? AND number = ? AND state = ?",
            [
                .text(retraining.state.rawValue), try .json(retraining), .text(retraining.endpoint), SQLValue(retraining.number),
                .text(state.rawValue),
            ]) == 1
    }

    static func insert(_ order: RollbackOrder, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO policy_rollbacks (order_key, endpoint, reason, event_time, state) VALUES (?, ?, ?, ?, 'planned')",
            [.text(order.key), .text(order.endpoint), .text(order.reason), SQLValue(order.eventTime)])
    }

    static func finish(_ order: RollbackOrder, in transaction: Transaction) throws -> Bool {
        try transaction.execute("UPDATE policy_rollbacks SET state = 'done' WHERE order_key = ? AND state = 'planned'", [.text(order.key)]) == 1
    }

    /// How the statements that run on every tick find their rows, for tests.
    func plans() async throws -> [String] {
        try await database.read { connection in
            try connection.plan(PolicyStore.openState, ["price"]) + connection.plan(NotificationStore.due, ["price", 0, 10])
        }
    }
}
