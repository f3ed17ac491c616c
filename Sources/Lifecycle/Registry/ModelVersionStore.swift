import TernKernel
import TernStore

/// SQL of the versions, their tags, approvals and profiles.
struct ModelVersionStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }
    init(_ transaction: Transaction) { connection = transaction.connection }

    func find(_ model: String, _ version: Int) throws -> ModelVersion? {
        try versions("WHERE model = ? AND version = ?", [.text(model), SQLValue(version)], order: "version").first
    }

    /// - Throws: `not_found`.
    func get(_ model: String, _ version: Int) throws -> ModelVersion {
        guard let found = try find(model, version) else {
            throw TernError.notFound(
                "Model Version (name=\(model), version=\(version)) not found", hint: "tern models show \(model) lists its versions")
        }
        return found
    }

    /// Newest first.
    func all(of model: String) throws -> [ModelVersion] {
        try versions("WHERE model = ?", [.text(model)], order: "version DESC")
    }

    /// The newest that is an ONNX model and that no gate or person has turned down.
    func newestServable(of model: String) throws -> ModelVersion? {
        try versions(
            "WHERE model = ? AND digest IS NOT NULL AND status NOT IN ('refused', 'rejected')", [.text(model)], order: "version DESC LIMIT 1"
        ).first
    }

    func all(status: ModelVersionStatus) throws -> [ModelVersion] {
        try versions("WHERE status = ?", [.text(status.rawValue)], order: "model, version")
    }

    func all(run: String) throws -> [ModelVersion] { try versions("WHERE run_id = ?", [.text(run)], order: "model, version") }

    /// The version that this pipeline run registered from this file, so that a step which is run again after a crash finds its work done.
    func find(_ model: String, pipelineRun: String, digest: Digest) throws -> ModelVersion? {
        try versions(
            "WHERE model = ? AND pipeline_run = ? AND digest = ?", [.text(model), .text(pipelineRun), .text(digest.hex)], order: "version DESC"
        ).first
    }

    func latest(of model: String, status: ModelVersionStatus) throws -> Int? {
        try connection.row(
            "SELECT max(version) AS version FROM model_versions WHERE model = ? AND status = ?", [.text(model), .text(status.rawValue)])?
            .optionalInt("version").map { Int($0) }
    }

    func insert(_ version: ModelVersion) throws {
        try connection.execute(
            """
            INSERT INTO model_versions (
                model, version, status, status_reason, origin, stage, source, location, run_id, run_link, model_id, description, created_at,
                updated_at, created_by, digest, holdout, holdout_format, reference, signature, metrics, gates, approvals_needed, pipeline_run,
                lineage, card, declared_signature, sample)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(version.model), SQLValue(version.version), .text(version.status.rawValue), SQLValue(version.statusReason),
                .text(version.origin.rawValue), .text(version.stage.rawValue), .text(version.source), SQLValue(version.location),
                SQLValue(version.runID), SQLValue(version.runLink), SQLValue(version.modelID), SQLValue(version.description),
                SQLValue(version.createdAt), SQLValue(version.updatedAt), .text(version.createdBy), SQLValue(version.digest?.hex),
                SQLValue(version.holdout?.hex), SQLValue(version.holdoutFormat), SQLValue(version.reference?.hex),
                try version.signature.map(SQLValue.json) ?? .null, try .json(version.metrics), try .json(version.gates),
                SQLValue(version.approvalsNeeded), SQLValue(version.lineage.pipelineRun), try .json(version.lineage),
                SQLValue(version.card), SQLValue(version.declaredSignature), SQLValue(version.sample?.hex),
            ])
        for (key, value) in version.tags { try setTag(of: version.model, version.version, key: key, value: value) }
    }

    /// Writes what gates and people change: status, verdicts, figures and the holdout they stand on.
    func update(_ version: ModelVersion, now: Timestamp) throws {
        try connection.execute(
            """
            UPDATE model_versions SET status = ?, status_reason = ?, holdout = ?, holdout_format = ?, metrics = ?, gates = ?,
                approvals_needed = ?, updated_at = ? WHERE model = ? AND version = ?
            """,
            [
                .text(version.status.rawValue), SQLValue(version.statusReason), SQLValue(version.holdout?.hex), SQLValue(version.holdoutFormat),
                try .json(version.metrics), try .json(version.gates), SQLValue(version.approvalsNeeded), SQLValue(now), .text(version.model),
                SQLValue(version.version),
            ])
    }

    /// Writes what an ONNX file that came later says of a version.
    func attach(_ version: ModelVersion) throws {
        try connection.execute(
            "UPDATE model_versions SET digest = ?, signature = ?, lineage = ?, status_reason = ? WHERE model = ? AND version = ?",
            [
                SQLValue(version.digest?.hex), try version.signature.map(SQLValue.json) ?? .null, try .json(version.lineage),
                SQLValue(version.statusReason), .text(version.model), SQLValue(version.version),
            ])
    }

    func describe(_ model: String, _ version: Int, _ description: String?, now: Timestamp) throws {
        try connection.execute(
            "UPDATE model_versions SET description = ?, updated_at = ? WHERE model = ? AND version = ?",
            [SQLValue(description), SQLValue(now), .text(model), SQLValue(version)])
    }

    func setCard(of model: String, _ version: Int, _ card: String?, now: Timestamp) throws {
        try connection.execute(
            "UPDATE model_versions SET card = ?, updated_at = ? WHERE model = ? AND version = ?",
            [SQLValue(card), SQLValue(now), .text(model), SQLValue(version)])
    }

    func move(_ model: String, _ version: Int, to stage: ModelStage, now: Timestamp) throws {
        try connection.execute(
            "UPDATE model_versions SET stage = ?, updated_at = ? WHERE model = ? AND version = ?",
            [.text(stage.rawValue), SQLValue(now), .text(model), SQLValue(version)])
    }

    /// - Returns: which versions were moved.
    func archive(_ model: String, in stage: ModelStage, except version: Int, now: Timestamp) throws -> [Int] {
        let moved = try connection.rows(
            "SELECT version FROM model_versions WHERE model = ? AND stage = ? AND version <> ?",
            [.text(model), .text(stage.rawValue), SQLValue(version)]
        ).map { Int(try $0.int("version")) }
        for other in moved { try move(model, other, to: .archived, now: now) }
        return moved
    }

    func delete(_ model: String, _ version: Int) throws {
        for table in ["model_versions", "model_version_tags", "model_approvals", "model_profiles", "model_aliases"] {
            try connection.execute("DELETE FROM \(table) WHERE model = ? AND version = ?", [.text(model), SQLValue(version)])
        }
    }

    func setTag(of model: String, _ version: Int, key: String, value: String) throws {
        try connection.execute(
            """
            INSERT INTO model_version_tags (model, version, key, value) VALUES (?, ?, ?, ?)
            ON CONFLICT (model, version, key) DO UPDATE SET value = excluded.value
            """, [.text(model), SQLValue(version), .text(key), .text(value)])
    }

    func removeTag(of model: String, _ version: Int, key: String) throws {
        try connection.execute(
            "DELETE FROM model_version_tags WHERE model = ? AND version = ? AND key = ?", [.text(model), SQLValue(version), .text(key)])
    }

    /// Writes the whole list again: it is short.
    func setApprovals(_ approvals: [Approval], of model: String, _ version: Int) throws {
        try connection.execute("DELETE FROM model_approvals WHERE model = ? AND version = ?", [.text(model), SQLValue(version)])
        for (number, approval) in approvals.enumerated() {
            try connection.execute(
                "INSERT INTO model_approvals (model, version, number, person, at, verdict, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(model), SQLValue(version), SQLValue(number), .text(approval.by), SQLValue(approval.at),
                    .text(approval.verdict.rawValue), SQLValue(approval.reason),
                ])
        }
    }

    // MARK: Reading

    private func versions(_ condition: String, _ arguments: [SQLValue], order: String) throws -> [ModelVersion] {
        try filled(connection.rows("SELECT * FROM model_versions \(condition) ORDER BY \(order)", arguments))
    }

    /// Rows of `model_versions` with what other tables know of them.
    func filled(_ rows: [SQLRow]) throws -> [ModelVersion] {
        var parts = VersionParts()
        let keys = try rows.map(VersionKey.init)
        if let only = keys.first, keys.count == 1 {
            try gather(&parts, "WHERE model = ? AND version = ?", [.text(only.model), SQLValue(only.version)])
        } else {
            for names in Set(keys.map(\.model)).sorted().chunks(of: 500) {
                let list = SearchClause.list(names.map(SQLValue.text))
                try gather(&parts, "WHERE model IN \(list.sql)", list.arguments)
            }
        }
        return try rows.map { try ModelVersion($0, parts) }
    }

    private func gather(_ parts: inout VersionParts, _ scope: String, _ arguments: [SQLValue]) throws {
        for row in try connection.rows("SELECT * FROM model_version_tags \(scope)", arguments) {
            parts.tags[try VersionKey(row), default: [:]][try row.text("key")] = try row.text("value")
        }
        for row in try connection.rows("SELECT * FROM model_aliases \(scope) ORDER BY alias", arguments) {
            parts.aliases[try VersionKey(row), default: []].append(try row.text("alias"))
        }
        for row in try connection.rows("SELECT * FROM model_approvals \(scope) ORDER BY number", arguments) {
            parts.approvals[try VersionKey(row), default: []].append(
                Approval(
                    by: try row.text("person"), at: try row.time("at"), verdict: Approval.Verdict(rawValue: try row.text("verdict")) ?? .rejected,
                    reason: row.optionalText("reason")))
        }
    }
}

private struct VersionKey: Hashable {
    var model: String
    var version: Int

    init(_ row: SQLRow) throws {
        model = try row.text("model")
        version = Int(try row.int("version"))
    }
}

private struct VersionParts {
    var tags: [VersionKey: [String: String]] = [:]
    var aliases: [VersionKey: [String]] = [:]
    var approvals: [VersionKey: [Approval]] = [:]
}

extension ModelVersion {
    fileprivate init(_ row: SQLRow, _ parts: VersionParts) throws {
        let key = try VersionKey(row)
        self.init(
            model: key.model, version: key.version, status: ModelVersionStatus(rawValue: try row.text("status")) ?? .registered,
            statusReason: row.optionalText("status_reason"), origin: VersionOrigin(rawValue: try row.text("origin")) ?? .person,
            digest: row.optionalText("digest").flatMap(Digest.init(hex:)), holdout: row.optionalText("holdout").flatMap(Digest.init(hex:)),
            holdoutFormat: row.optionalText("holdout_format"), reference: row.optionalText("reference").flatMap(Digest.init(hex:)),
            signature: try row.optionalJSON("signature")?.decode(ModelSignature.self), metrics: try row.json("metrics", as: [String: Double].self),
            gates: try row.json("gates", as: [GateResult].self), approvals: parts.approvals[key] ?? [],
            approvalsNeeded: Int(try row.int("approvals_needed")), lineage: try row.json("lineage", as: Lineage.self),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"), createdBy: try row.text("created_by"),
            source: try row.text("source"), location: row.optionalText("location"), runID: row.optionalText("run_id"),
            runLink: row.optionalText("run_link"), modelID: row.optionalText("model_id"), aliases: parts.aliases[key] ?? [],
            tags: parts.tags[key] ?? [:], description: row.optionalText("description"), stage: ModelStage(rawValue: try row.text("stage")) ?? .none,
            card: row.optionalText("card"), declaredSignature: try row.optionalJSON("declared_signature"),
            sample: row.optionalText("sample").flatMap(Digest.init(hex:)))
    }
}
