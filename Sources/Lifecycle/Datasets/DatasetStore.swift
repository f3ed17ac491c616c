import TernKernel
import TernStats
import TernStore

/// The tables of datasets, their versions and what was refused.
struct DatasetStore: Sendable {
    let database: Database

    // MARK: Reading

    func datasets() async throws -> [Dataset] {
        try await database.read { connection in
            let versions = try connection.rows(
                """
                SELECT dataset, version, digest, row_count, format, bytes, source, created_at, created_by, reason FROM dataset_versions
                ORDER BY dataset, version DESC
                """
            )
            let grouped = Dictionary(grouping: versions) { $0.optionalText("dataset") ?? "" }
            return try connection.rows("SELECT * FROM datasets ORDER BY name").map { row in
                let name = try row.text("name")
                return try Dataset(row: row, versions: (grouped[name] ?? []).map(DatasetVersionSummary.init(row:)))
            }
        }
    }

    func dataset(_ name: String) async throws -> Dataset? { try await database.read { try DatasetStore.dataset(name, $0) } }

    static func dataset(_ name: String, _ connection: Connection) throws -> Dataset? {
        guard let row = try connection.row("SELECT * FROM datasets WHERE name = ?", [.text(name)]) else { return nil }
        let versions = try connection.rows(
            """
            SELECT version, digest, row_count, format, bytes, source, created_at, created_by, reason FROM dataset_versions
            WHERE dataset = ? ORDER BY version DESC
            """, [.text(name)])
        return try Dataset(row: row, versions: versions.map(DatasetVersionSummary.init(row:)))
    }

    /// A version, or the newest.
    func version(_ name: String, _ version: Int?) async throws -> DatasetVersion? {
        try await database.read { connection in
            let row =
                if let version {
                    try connection.row("SELECT * FROM dataset_versions WHERE dataset = ? AND version = ?", [.text(name), SQLValue(version)])
                } else {
                    try connection.row("SELECT * FROM dataset_versions WHERE dataset = ? ORDER BY version DESC LIMIT 1", [.text(name)])
                }
            return try row.map(DatasetVersion.init(row:))
        }
    }

    func version(_ name: String, of digest: Digest) async throws -> DatasetVersion? {
        try await database.read { try DatasetStore.version(name, of: digest, $0) }
    }

    static func version(_ name: String, of digest: Digest, _ connection: Connection) throws -> DatasetVersion? {
        try connection.row("SELECT * FROM dataset_versions WHERE dataset = ? AND digest = ?", [.text(name), .text(digest.hex)])
            .map(DatasetVersion.init(row:))
    }

    func rejected(_ name: String) async throws -> [RejectedData] {
        try await database.read { connection in
            try connection.rows("SELECT * FROM dataset_rejections WHERE dataset = ? ORDER BY at DESC, id LIMIT 100", [.text(name)])
                .map(RejectedData.init(row:))
        }
    }

    // MARK: Writing

    static func save(_ dataset: Dataset, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO datasets (name, owner, description, path, time_column, expect, schema) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, description = excluded.description, path = excluded.path,
                time_column = excluded.time_column, expect = excluded.expect, schema = excluded.schema
            """,
            [
                .text(dataset.name), .text(dataset.owner), SQLValue(dataset.description), SQLValue(dataset.path), SQLValue(dataset.time),
                try .json(dataset.expect), try .json(dataset.schema),
            ])
    }

    static func insert(_ version: DatasetVersion, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO dataset_versions
                (dataset, version, digest, row_count, format, bytes, schema, profile, source, created_at, created_by, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(version.dataset), SQLValue(version.version), .text(version.digest.hex), .int(version.rows), .text(version.format.rawValue),
                .int(version.bytes), try .json(version.schema), try .json(version.profile), SQLValue(version.source), SQLValue(version.createdAt),
                .text(version.createdBy), SQLValue(version.reason),
            ])
    }

    static func insert(_ rejected: RejectedData, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO dataset_rejections (id, dataset, at, refused_to, source, reason, message, violations) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(Identifier.random()), .text(rejected.dataset), SQLValue(rejected.at), .text(rejected.by), SQLValue(rejected.source),
                SQLValue(rejected.reason), .text(rejected.message), try .json(rejected.violations),
            ])
    }
}

// MARK: Rows

extension Dataset {
    fileprivate init(row: SQLRow, versions: [DatasetVersionSummary]) throws {
        self.init(
            name: try row.text("name"), owner: try row.text("owner"), description: row.optionalText("description"), path: row.optionalText("path"),
            time: row.optionalText("time_column"), expect: try row.json("expect", as: [String: ColumnExpectation].self),
            schema: try row.json("schema", as: [ColumnSchema].self), versions: versions)
    }
}

extension SQLRow {
    fileprivate func digest(_ column: String) throws -> Digest {
        guard let digest = Digest(hex: try text(column)) else { throw TernError(.dataLoss, "a dataset version has no valid digest") }
        return digest
    }

    fileprivate func format() throws -> DataFormat {
        guard let format = DataFormat(rawValue: try text("format")) else { throw TernError(.dataLoss, "a dataset version has no known format") }
        return format
    }
}

extension DatasetVersionSummary {
    fileprivate init(row: SQLRow) throws {
        self.init(
            version: Int(try row.int("version")), digest: try row.digest("digest"), rows: try row.int("row_count"), format: try row.format(),
            bytes: try row.int("bytes"), source: try row.optionalJSON("source") ?? .null, createdAt: try row.time("created_at"),
            createdBy: try row.text("created_by"), reason: row.optionalText("reason"))
    }
}

extension DatasetVersion {
    fileprivate init(row: SQLRow) throws {
        self.init(
            dataset: try row.text("dataset"), version: Int(try row.int("version")), digest: try row.digest("digest"), rows: try row.int("row_count"),
            format: try row.format(), bytes: try row.int("bytes"), schema: try row.json("schema", as: [ColumnSchema].self),
            profile: try row.json("profile", as: Profile.self), source: try row.optionalJSON("source") ?? .null,
            createdAt: try row.time("created_at"), createdBy: try row.text("created_by"), reason: row.optionalText("reason"))
    }
}

extension RejectedData {
    fileprivate init(row: SQLRow) throws {
        self.init(
            dataset: try row.text("dataset"), at: try row.time("at"), by: try row.text("refused_to"), source: try row.optionalJSON("source") ?? .null,
            reason: row.optionalText("reason"), message: try row.text("message"), violations: try row.json("violations", as: [DataViolation].self))
    }
}
