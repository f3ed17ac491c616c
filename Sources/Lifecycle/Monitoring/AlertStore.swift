import TernKernel
import TernStore

/// Alerts, open and over.
struct AlertStore: Sendable {
    let database: Database

    func alerts(state: Alert.State?, endpoint: String?, limit: Int = 1000) async throws -> [Alert] {
        try await database.read { connection in
            var conditions: [String] = []
            var arguments: [SQLValue] = []
            if let state {
                conditions.append("state = ?")
                arguments.append(.text(state.rawValue))
            }
            if let endpoint {
                conditions.append("endpoint = ?")
                arguments.append(.text(endpoint))
            }
            let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            return try connection.rows("SELECT * FROM monitoring_alerts \(filter) ORDER BY id LIMIT ?", arguments + [SQLValue(limit)])
                .map(Alert.init(row:))
        }
    }

    func acknowledge(_ id: Int64, by name: String) async throws -> Alert {
        try await database.write { transaction in
            guard let row = try transaction.row("SELECT * FROM monitoring_alerts WHERE id = ?", [.int(id)]) else {
                throw TernError.notFound("there is no alert \(id)", hint: "tern alerts lists them")
            }
            var alert = try Alert(row: row)
            if alert.acknowledgedAt != nil { return alert }
            alert.acknowledgedAt = transaction.now
            alert.acknowledgedBy = name
            try transaction.execute(
                "UPDATE monitoring_alerts SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ?",
                [SQLValue(transaction.now), .text(name), .int(id)])
            try transaction.record(
                LedgerEvent("alert.acknowledged", subject: alert.subject, by: name, data: ["alert": .int(id), "message": .string(alert.message)]))
            return alert
        }
    }

    /// Raises or resolves one alert inside a transaction of the monitors.
    static func apply(
        _ decision: AlertDecision, endpoint: String, owner: String, eventTime: Timestamp, in transaction: Transaction
    ) throws {
        switch decision {
        case .raise(let key, let message, let evidence):
            let last = try transaction.row("SELECT max(id) AS last FROM monitoring_alerts")?.optionalInt("last") ?? 0
            let alert = Alert(
                id: last + 1, endpoint: endpoint, monitor: key.monitor, column: key.column, state: .open, raisedAt: transaction.now,
                raisedEventTime: eventTime, message: message, evidence: evidence, owner: owner)
            let raised = try transaction.execute(
                """
                INSERT INTO monitoring_alerts (id, endpoint, monitor, column_name, state, raised_at, raised_event_time, message, evidence, owner)
                VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                [
                    .int(alert.id), .text(endpoint), .text(key.monitor.rawValue), .text(key.column ?? ""), SQLValue(alert.raisedAt),
                    SQLValue(eventTime), .text(message), SQLValue(evidence), .text(owner),
                ])
            if raised > 0 { try transaction.record(alert.event("alert.raised", reason: message, at: eventTime)) }
        case .resolve(let key, let reason):
            let open = try transaction.row(
                "SELECT * FROM monitoring_alerts WHERE endpoint = ? AND monitor = ? AND column_name = ? AND state = 'open'",
                [.text(endpoint), .text(key.monitor.rawValue), .text(key.column ?? "")])
            guard let open else { return }
            let alert = try Alert(row: open)
            try transaction.execute(
                "UPDATE monitoring_alerts SET state = 'resolved', resolved_at = ?, resolved_event_time = ?, resolution = ? WHERE id = ?",
                [SQLValue(transaction.now), SQLValue(eventTime), .text(reason), .int(alert.id)])
            try transaction.record(alert.event("alert.resolved", reason: reason, at: eventTime))
        }
    }
}

extension Alert {
    fileprivate var subject: String { "endpoint/\(endpoint)/alert/\(id)" }

    fileprivate func event(_ kind: String, reason: String, at eventTime: Timestamp) -> LedgerEvent {
        LedgerEvent(
            kind, subject: subject, by: Identity.system("monitoring").name, reason: reason, eventTime: eventTime,
            data: [
                "alert": .int(id), "monitor": .string(monitor.rawValue), "column": JSON(column), "message": .string(message), "evidence": evidence,
                "owner": .string(owner),
            ])
    }

    fileprivate init(row: SQLRow) throws {
        let column = try row.text("column_name")
        self.init(
            id: try row.int("id"), endpoint: try row.text("endpoint"), monitor: try Alert.word(row, "monitor"), column: column.isEmpty ? nil : column,
            state: try Alert.word(row, "state"), raisedAt: try row.time("raised_at"), raisedEventTime: row.optionalTime("raised_event_time"),
            resolvedAt: row.optionalTime("resolved_at"), resolvedEventTime: row.optionalTime("resolved_event_time"),
            resolution: row.optionalText("resolution"), acknowledgedAt: row.optionalTime("acknowledged_at"),
            acknowledgedBy: row.optionalText("acknowledged_by"), message: try row.text("message"), evidence: try row.optionalJSON("evidence") ?? [:],
            owner: try row.text("owner"))
    }

    private static func word<Word: RawRepresentable>(_ row: SQLRow, _ column: String) throws -> Word where Word.RawValue == String {
        let text = try row.text(column)
        guard let word = Word(rawValue: text) else { throw TernError(.dataLoss, "an alert's \(column) is '\(text)'") }
        return word
    }
}
