import TernKernel
import TernStore

/// Everything that one step of an endpoint's monitors found; stored whole or not at all.
struct MonitorStep: Sendable {
    var scores: [WindowScore] = []
    var quality: [StoredQuality] = []
    var decisions: [AlertDecision] = []
    /// Quality windows from which on no label is waited for any longer.
    var finalBefore: Timestamp?

    var isEmpty: Bool { scores.isEmpty && quality.isEmpty && decisions.isEmpty && finalBefore == nil }
}

/// A quality window and where its records lie in the log.
struct StoredQuality: Hashable, Sendable {
    var window: QualityWindow
    var range: QualityRange
}

/// Declarations, progress, scores and quality windows.
struct MonitorStore: Sendable {
    let database: Database

    // MARK: Declarations

    /// Makes the declarations these and no others. Alerts of monitors that are no more are resolved.
    func replace(_ declarations: [MonitorDeclaration], by actor: String) async throws -> Bool {
        try await database.write { transaction in
            var before: [String: String] = [:]
            for row in try transaction.rows("SELECT endpoint, declaration FROM monitoring_monitors") {
                before[try row.text("endpoint")] = try row.text("declaration")
            }
            var changed = false
            for declaration in declarations {
                let content = try JSON(encoding: declaration)
                guard before.removeValue(forKey: declaration.endpoint) != content.description else { continue }
                changed = true
                try transaction.execute(
                    """
                    INSERT INTO monitoring_monitors (endpoint, declaration) VALUES (?, ?)
                    ON CONFLICT (endpoint) DO UPDATE SET declaration = excluded.declaration
                    """, [.text(declaration.endpoint), SQLValue(content)])
                try transaction.record(
                    LedgerEvent("monitor.applied", subject: "endpoint/\(declaration.endpoint)", by: actor, data: ["monitors": content]))
                try resolveOrphans(of: declaration, in: transaction)
            }
            for endpoint in before.keys.sorted() {
                changed = true
                try transaction.execute("DELETE FROM monitoring_monitors WHERE endpoint = ?", [.text(endpoint)])
                try transaction.record(LedgerEvent("monitor.removed", subject: "endpoint/\(endpoint)", by: actor))
                try resolveOrphans(of: MonitorDeclaration(endpoint: endpoint, owner: ""), in: transaction)
            }
            return changed
        }
    }

    private func resolveOrphans(of declaration: MonitorDeclaration, in transaction: Transaction) throws {
        var gone: Set<String> = []
        if declaration.drift == nil { gone.formUnion([Alert.Monitor.drift.rawValue, Alert.Monitor.predictionDrift.rawValue]) }
        if declaration.quality == nil { gone.insert(Alert.Monitor.quality.rawValue) }
        if declaration.health == nil { gone.insert(Alert.Monitor.health.rawValue) }
        let open = try transaction.rows(
            "SELECT monitor, column_name FROM monitoring_alerts WHERE endpoint = ? AND state = 'open' ORDER BY id", [.text(declaration.endpoint)])
        let progress = try MonitorStore.progress(declaration.endpoint, transaction.connection)
        for row in open where gone.contains(try row.text("monitor")) {
            let column = try row.text("column_name")
            guard let monitor = Alert.Monitor(rawValue: try row.text("monitor")) else { continue }
            try AlertStore.apply(
                .resolve(AlertKey(monitor, column.isEmpty ? nil : column), reason: "the monitor was switched off"), endpoint: declaration.endpoint,
                owner: declaration.owner, eventTime: progress.clock(now: transaction.now), in: transaction)
        }
    }

    func declarations() async throws -> [MonitorDeclaration] {
        try await database.read { connection in
            try connection.rows("SELECT declaration FROM monitoring_monitors ORDER BY endpoint").map {
                try $0.json("declaration", as: MonitorDeclaration.self)
            }
        }
    }

    // MARK: Progress

    /// What an endpoint's monitors continue from.
    func state(_ endpoint: String) async throws -> StoredState {
        try await database.read { connection in
            let declaration = try connection.row("SELECT declaration FROM monitoring_monitors WHERE endpoint = ?", [.text(endpoint)])
            var state = StoredState(
                declaration: try declaration?.json("declaration", as: MonitorDeclaration.self),
                progress: try MonitorStore.progress(endpoint, connection))
            for row in try connection.rows(
                "SELECT monitor, column_name FROM monitoring_alerts WHERE endpoint = ? AND state = 'open'", [.text(endpoint)])
            {
                let column = try row.text("column_name")
                if let monitor = Alert.Monitor(rawValue: try row.text("monitor")) {
                    state.open.insert(AlertKey(monitor, column.isEmpty ? nil : column))
                }
            }
            for row in try connection.rows(
                "SELECT from_time, to_time, after_position FROM monitoring_quality WHERE endpoint = ? AND state = 'provisional' AND role = 'kept'",
                [.text(endpoint)])
            {
                state.provisional[try row.time("from_time")] = Provisional(to: try row.time("to_time"), after: try row.int("after_position"))
            }
            return state
        }
    }

    private static func progress(_ endpoint: String, _ connection: Connection) throws -> MonitorProgress {
        try connection.row("SELECT progress FROM monitoring_progress WHERE endpoint = ?", [.text(endpoint)])?.json(
            "progress", as: MonitorProgress.self)
            ?? MonitorProgress()
    }

    /// Stores what was found together with how far that brings the endpoint.
    func commit(_ step: MonitorStep, _ progress: MonitorProgress, endpoint: String, owner: String) async throws {
        try await database.write { transaction in
            for score in step.scores { try insert(score, endpoint, transaction) }
            for quality in step.quality { try insert(quality, endpoint, transaction) }
            if let before = step.finalBefore { try finish(before, endpoint, transaction) }
            for decision in step.decisions {
                try AlertStore.apply(
                    decision, endpoint: endpoint, owner: owner, eventTime: progress.clock(now: transaction.now), in: transaction)
            }
            try transaction.execute(
                """
                INSERT INTO monitoring_progress (endpoint, progress) VALUES (?, ?)
                ON CONFLICT (endpoint) DO UPDATE SET progress = excluded.progress
                """, [.text(endpoint), .json(progress)])
            if let clock = progress.eventClock ?? progress.lastRequest {
                try transaction.execute(
                    """
                    INSERT INTO monitoring_marks (endpoint, clock, position) VALUES (?, ?, ?)
                    ON CONFLICT (endpoint, clock) DO UPDATE SET position = excluded.position
                    """, [.text(endpoint), SQLValue(clock), .int(progress.read)])
            }
        }
    }

    /// A position up to which no record is about a time after `since`.
    func position(_ endpoint: String, upTo since: Timestamp) async throws -> Int64 {
        try await database.read { connection in
            try connection.row(
                "SELECT position FROM monitoring_marks WHERE endpoint = ? AND clock <= ? ORDER BY clock DESC LIMIT 1",
                [.text(endpoint), SQLValue(since)]
            )?.optionalInt("position") ?? 0
        }
    }
}

/// What an endpoint's monitors find when they start.
struct StoredState: Sendable {
    var declaration: MonitorDeclaration?
    var progress: MonitorProgress
    var open: Set<AlertKey> = []
    /// Judged windows whose labels are not complete, by their beginning.
    var provisional: [Timestamp: Provisional] = [:]
}

/// A judged window that labels may still change: its end, and the position before its records.
struct Provisional: Hashable, Sendable {
    var to: Timestamp
    var after: Int64
}
