import TernKernel
import TernLog
import TernStore

/// One endpoint as it is stored: what is declared, what runs, and what is under way.
struct EndpointRecord: Sendable {
    var declaration: EndpointDeclaration
    var variants: EndpointVariants
    var revision: Int64
    /// The version that must still become the champion in the registry.
    var championDue: Int?
    /// The release under way.
    var open: Release?
    /// The release that made the primary what it is.
    var last: Release?

    /// The version that a rollback would bring back.
    var standby: Int? { open?.from ?? last?.from }
}

/// The SQL of endpoints and releases.
struct ReleaseStore: Sendable {
    let database: Database

    func names() async throws -> [String] {
        try await database.read { connection in try connection.rows("SELECT name FROM endpoints ORDER BY name").map { try $0.text("name") } }
    }

    func endpoint(_ name: String) async throws -> EndpointRecord? {
        try await database.read { try ReleaseStore.endpoint(name, in: $0) }
    }

    func history(_ endpoint: String, limit: Int) async throws -> [Release] {
        try await database.read { connection in
            try connection.rows("SELECT data FROM releases WHERE endpoint = ? ORDER BY number DESC LIMIT ?", [.text(endpoint), SQLValue(limit)])
                .map { try $0.json("data", as: Release.self) }
        }
    }

    /// What became of a version that was once considered; nil when it never was.
    func considered(_ endpoint: String, model: String, version: Int) async throws -> String? {
        try await database.read { connection in
            try connection.row(
                "SELECT outcome FROM release_considered WHERE endpoint = ? AND model = ? AND version = ?",
                [.text(endpoint), .text(model), SQLValue(version)])?.text("outcome")
        }
    }

    // MARK: Inside a transaction

    static func endpoint(_ name: String, in connection: Connection) throws -> EndpointRecord? {
        guard let row = try connection.row("SELECT * FROM endpoints WHERE name = ?", [.text(name)]) else { return nil }
        let variants = try row.json("variants", as: EndpointVariants.self)
        return EndpointRecord(
            declaration: try row.json("declaration", as: EndpointDeclaration.self), variants: variants, revision: try row.int("revision"),
            championDue: row.optionalInt("champion_due").map(Int.init), open: try open(name, in: connection),
            last: try variants.primary.flatMap { try promoted(name, version: $0.reference.version, in: connection) })
    }

    /// Its releases stay, for the record.
    static func remove(_ endpoint: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM endpoints WHERE name = ?", [.text(endpoint)])
    }

    static func save(_ record: EndpointRecord, in transaction: Transaction) throws {
        let declaration = try SQLValue.json(record.declaration)
        let variants = try SQLValue.json(record.variants)
        try transaction.execute(
            """
            INSERT INTO endpoints (name, declaration, variants, revision, champion_due) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET
                declaration = excluded.declaration, variants = excluded.variants, revision = excluded.revision, champion_due = excluded.champion_due
            """,
            [.text(record.declaration.name), declaration, variants, .int(record.revision), SQLValue(record.championDue)])
    }

    private static let openRelease = "SELECT data FROM releases WHERE endpoint = ? AND state IN ('running', 'paused') ORDER BY number DESC LIMIT 1"
    private static let promotedRelease =
        "SELECT data FROM releases WHERE endpoint = ? AND state = 'promoted' AND version = ? ORDER BY number DESC LIMIT 1"

    static func open(_ endpoint: String, in connection: Connection) throws -> Release? {
        try connection.row(openRelease, [.text(endpoint)])?.json("data", as: Release.self)
    }

    static func promoted(_ endpoint: String, version: Int, in connection: Connection) throws -> Release? {
        try connection.row(promotedRelease, [.text(endpoint), SQLValue(version)])?.json("data", as: Release.self)
    }

    static func nextNumber(_ endpoint: String, in connection: Connection) throws -> Int {
        let last = try connection.row("SELECT max(number) AS last FROM releases WHERE endpoint = ?", [.text(endpoint)])?.optionalInt("last")
        return Int(last ?? 0) + 1
    }

    static func save(_ release: Release, in transaction: Transaction) throws {
        let data = try SQLValue.json(release)
        try transaction.execute(
            """
            INSERT INTO releases (endpoint, number, version, state, data) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (endpoint, number) DO UPDATE SET state = excluded.state, data = excluded.data
            """,
            [.text(release.endpoint), SQLValue(release.number), SQLValue(release.to), .text(release.state.rawValue), data])
        try transaction.execute(
            """
            INSERT INTO release_considered (endpoint, model, version, outcome, release, considered_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (endpoint, model, version) DO UPDATE SET outcome = excluded.outcome, release = excluded.release
            """,
            [
                .text(release.endpoint), .text(release.model), SQLValue(release.to), .text(release.state.rawValue), .text(release.id),
                SQLValue(transaction.now),
            ])
    }

    /// The release that an order was about, when it was carried out before.
    static func release(ofOrder key: String, endpoint: String, in connection: Connection) throws -> Release? {
        try connection.row(
            """
            SELECT releases.data AS data FROM release_orders JOIN releases
                ON releases.endpoint = release_orders.endpoint AND releases.number = release_orders.release
            WHERE release_orders.endpoint = ? AND release_orders.order_key = ?
            """,
            [.text(endpoint), .text(key)])?.json("data", as: Release.self)
    }

    static func remember(order key: String, release: Release, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO release_orders (endpoint, order_key, release) VALUES (?, ?, ?)",
            [.text(release.endpoint), .text(key), SQLValue(release.number)])
    }

    static func forgetChampionDue(_ endpoint: String, version: Int, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE endpoints SET champion_due = NULL WHERE name = ? AND champion_due = ?", [.text(endpoint), SQLValue(version)])
    }

    /// How the statements that run on every tick find their rows, for tests.
    func plans() async throws -> [String] {
        try await database.read { connection in
            try connection.plan(ReleaseStore.openRelease, ["price"]) + connection.plan(ReleaseStore.promotedRelease, ["price", 1])
        }
    }
}

extension ReleaseStore {
    static func wasConsidered(_ release: Release, in connection: Connection) throws -> Bool {
        try connection.row(
            "SELECT outcome FROM release_considered WHERE endpoint = ? AND model = ? AND version = ?",
            [.text(release.endpoint), .text(release.model), SQLValue(release.to)]) != nil
    }
}

extension ReleaseStore {
    /// Endpoints that serve a model, or ever considered a version of it; those that were removed too.
    func endpoints(of model: String) async throws -> [String] {
        try await database.read { connection in
            var names = Set(
                try connection.rows("SELECT DISTINCT endpoint FROM release_considered WHERE model = ?", [.text(model)]).map {
                    try $0.text("endpoint")
                })
            for row in try connection.rows("SELECT name, declaration FROM endpoints") {
                if try row.json("declaration", as: EndpointDeclaration.self).model == model { names.insert(try row.text("name")) }
            }
            return names.sorted()
        }
    }
}
