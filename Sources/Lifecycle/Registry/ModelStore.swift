import TernKernel
import TernStore

/// SQL of the registered models: names, tags, aliases, and the counter behind version numbers.
struct ModelStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }
    init(_ transaction: Transaction) { connection = transaction.connection }

    func find(_ name: String) throws -> RegisteredModel? {
        try filled(connection.rows("SELECT * FROM models WHERE name = ?", [.text(name)])).first
    }

    /// - Throws: `not_found`.
    func get(_ name: String) throws -> RegisteredModel {
        guard let model = try find(name) else {
            throw TernError.notFound("Registered Model with name=\(name) not found", hint: "tern models list shows those that exist")
        }
        return model
    }

    /// Every model, by name.
    func all() throws -> [RegisteredModel] { try filled(connection.rows("SELECT * FROM models ORDER BY name")) }

    /// Those whose names come after this one.
    func all(after name: String, limit: Int) throws -> [RegisteredModel] {
        try filled(connection.rows("SELECT * FROM models WHERE name > ? ORDER BY name LIMIT ?", [.text(name), SQLValue(limit)]))
    }

    /// Rows of `models` with their tags and aliases.
    func filled(_ rows: [SQLRow]) throws -> [RegisteredModel] {
        var tags: [String: [String: String]] = [:]
        var aliases: [String: [String: Int]] = [:]
        for names in try rows.map({ try $0.text("name") }).chunks(of: 500) {
            let list = SearchClause.list(names.map(SQLValue.text))
            for row in try connection.rows("SELECT model, key, value FROM model_tags WHERE model IN \(list.sql)", list.arguments) {
                tags[try row.text("model"), default: [:]][try row.text("key")] = try row.text("value")
            }
            for row in try connection.rows("SELECT model, alias, version FROM model_aliases WHERE model IN \(list.sql)", list.arguments) {
                aliases[try row.text("model"), default: [:]][try row.text("alias")] = Int(try row.int("version"))
            }
        }
        return try rows.map { row in
            let name = try row.text("name")
            return RegisteredModel(
                name: name, description: row.optionalText("description"), createdAt: try row.time("created_at"),
                updatedAt: try row.time("updated_at"), tags: tags[name] ?? [:], aliases: aliases[name] ?? [:],
                declaration: try row.optionalJSON("declaration")?.decode(ModelDeclaration.self))
        }
    }

    /// How many versions there are, the newest, and the newest that is approved, by model.
    /// - Parameter names: nil for all models.
    func counts(of names: [String]? = nil) throws -> [String: VersionCounts] {
        var counts: [String: VersionCounts] = [:]
        for names in names.map({ $0.chunks(of: 500) }) ?? [[]] {
            let list = SearchClause.list(names.map(SQLValue.text))
            try count(names.isEmpty ? "" : "WHERE model IN \(list.sql)", list.arguments, into: &counts)
        }
        return counts
    }

    private func count(_ scope: String, _ arguments: [SQLValue], into counts: inout [String: VersionCounts]) throws {
        let rows = try connection.rows(
            """
            SELECT model, count(*) AS versions, max(version) AS latest, max(CASE WHEN status = 'approved' THEN version END) AS approved
            FROM model_versions \(scope) GROUP BY model
            """, arguments)
        for row in rows {
            counts[try row.text("model")] = VersionCounts(
                versions: Int(try row.int("versions")), latest: row.optionalInt("latest").map { Int($0) },
                latestApproved: row.optionalInt("approved").map { Int($0) })
        }
    }

    /// - Throws: `already_exists`.
    func insert(_ name: String, description: String?, tags: [String: String], declaration: ModelDeclaration?, now: Timestamp) throws {
        try connection.execute(
            "INSERT INTO models (name, description, declaration, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
            [.text(name), SQLValue(description), try declaration.map(SQLValue.json) ?? .null, SQLValue(now), SQLValue(now)])
        for (key, value) in tags { try setTag(of: name, key: key, value: value) }
    }

    func declare(_ declaration: ModelDeclaration, now: Timestamp) throws {
        try connection.execute(
            "UPDATE models SET declaration = ?, updated_at = ? WHERE name = ?",
            [try .json(declaration), SQLValue(now), .text(declaration.name)])
    }

    func describe(_ name: String, _ description: String?, now: Timestamp) throws {
        try connection.execute(
            "UPDATE models SET description = ?, updated_at = ? WHERE name = ?", [SQLValue(description), SQLValue(now), .text(name)])
    }

    func touch(_ name: String, now: Timestamp) throws {
        try connection.execute("UPDATE models SET updated_at = ? WHERE name = ?", [SQLValue(now), .text(name)])
    }

    /// The next number of this name, which no version of it has ever had.
    func takeNumber(for name: String) throws -> Int {
        try connection.execute(
            """
            INSERT INTO model_numbers (model, last_version) VALUES (?, 1)
            ON CONFLICT (model) DO UPDATE SET last_version = model_numbers.last_version + 1
            """, [.text(name)])
        let row = try connection.row("SELECT last_version FROM model_numbers WHERE model = ?", [.text(name)])
        return Int(row?.optionalInt("last_version") ?? 1)
    }

    /// No version of this name will get a number up to `last`.
    func raiseNumber(of name: String, to last: Int) throws {
        try connection.execute(
            """
            INSERT INTO model_numbers (model, last_version) VALUES (?, ?)
            ON CONFLICT (model) DO UPDATE SET last_version = excluded.last_version WHERE model_numbers.last_version < excluded.last_version
            """, [.text(name), SQLValue(last)])
    }

    func rename(_ name: String, to new: String, now: Timestamp) throws {
        try connection.execute("UPDATE models SET name = ?, updated_at = ? WHERE name = ?", [.text(new), SQLValue(now), .text(name)])
        for table in ModelStore.parts { try connection.execute("UPDATE \(table) SET model = ? WHERE model = ?", [.text(new), .text(name)]) }
        try connection.execute("UPDATE model_versions SET updated_at = ? WHERE model = ?", [SQLValue(now), .text(new)])
        // The new name counts on from whichever is further; the old one keeps its counter.
        let last =
            try connection.row(
                "SELECT max(last_version) AS last FROM model_numbers WHERE model = ? OR model = ?", [.text(name), .text(new)])?.optionalInt("last")
            ?? 0
        try connection.execute(
            "INSERT INTO model_numbers (model, last_version) VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET last_version = excluded.last_version",
            [.text(new), .int(last)])
    }

    func delete(_ name: String) throws {
        for table in ModelStore.parts { try connection.execute("DELETE FROM \(table) WHERE model = ?", [.text(name)]) }
        try connection.execute("DELETE FROM models WHERE name = ?", [.text(name)])
    }

    private static let parts = ["model_tags", "model_aliases", "model_versions", "model_version_tags", "model_approvals", "model_profiles"]

    func setTag(of name: String, key: String, value: String) throws {
        try connection.execute(
            "INSERT INTO model_tags (model, key, value) VALUES (?, ?, ?) ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
            [.text(name), .text(key), .text(value)])
    }

    func removeTag(of name: String, key: String) throws {
        try connection.execute("DELETE FROM model_tags WHERE model = ? AND key = ?", [.text(name), .text(key)])
    }

    func setAlias(_ alias: String, of name: String, to version: Int) throws {
        try connection.execute(
            "INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?) ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
            [.text(name), .text(alias), SQLValue(version)])
    }

    /// - Returns: whether there was one.
    func removeAlias(_ alias: String, of name: String) throws -> Bool {
        try connection.execute("DELETE FROM model_aliases WHERE model = ? AND alias = ?", [.text(name), .text(alias)]) > 0
    }

    func version(alias: String, of name: String) throws -> Int? {
        try connection.row("SELECT version FROM model_aliases WHERE model = ? AND alias = ?", [.text(name), .text(alias)])?
            .optionalInt("version").map { Int($0) }
    }
}

/// What a list of models says of their versions.
struct VersionCounts {
    var versions = 0
    var latest: Int?
    var latestApproved: Int?
}
