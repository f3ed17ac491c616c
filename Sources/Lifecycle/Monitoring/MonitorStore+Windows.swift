import TernKernel
import TernStore

/// Scores and quality windows.
extension MonitorStore {
    func insert(_ score: WindowScore, _ endpoint: String, _ transaction: Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO monitoring_scores (endpoint, from_time, monitor, column_name, to_time, row_count, method, score, p_value, threshold, drifted,
                status, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (endpoint, from_time, monitor, column_name) DO UPDATE SET to_time = excluded.to_time, row_count = excluded.row_count,
                method = excluded.method, score = excluded.score, p_value = excluded.p_value, threshold = excluded.threshold,
                drifted = excluded.drifted, status = excluded.status, evidence = excluded.evidence
            """,
            [
                .text(endpoint), SQLValue(score.from), .text(score.monitor.rawValue), .text(score.column), SQLValue(score.to), SQLValue(score.rows),
                .text(score.method), SQLValue(score.score), SQLValue(score.pValue), SQLValue(score.threshold), SQLValue(score.drifted),
                .text(score.status), SQLValue(score.evidence),
            ])
    }

    func insert(_ quality: StoredQuality, _ endpoint: String, _ transaction: Transaction) throws {
        let window = quality.window
        try transaction.execute(
            """
            INSERT INTO monitoring_quality (endpoint, from_time, role, variant, to_time, state, content, after_position, last_position)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (endpoint, from_time, role, variant) DO UPDATE SET to_time = excluded.to_time, state = excluded.state,
                content = excluded.content, after_position = excluded.after_position, last_position = excluded.last_position
            """,
            [
                .text(endpoint), SQLValue(window.from), .text(window.role), .text(window.variant), SQLValue(window.to), .text(window.state.rawValue),
                .json(window), .int(quality.range.after), .int(quality.range.last),
            ])
    }

    /// No label is waited for any longer in windows that ended by then.
    func finish(_ before: Timestamp, _ endpoint: String, _ transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE monitoring_quality SET state = 'final' WHERE endpoint = ? AND state = 'provisional' AND to_time <= ?",
            [.text(endpoint), SQLValue(before)])
    }

    func scores(_ endpoint: String, _ monitors: [Alert.Monitor], from: Timestamp?, to: Timestamp?) async throws -> [WindowScore] {
        try await database.read { connection in
            let names = monitors.map { _ in "?" }.joined(separator: ", ")
            return try connection.rows(
                """
                SELECT * FROM monitoring_scores WHERE endpoint = ? AND from_time >= ? AND from_time < ? AND monitor IN (\(names))
                ORDER BY from_time, monitor, column_name
                """,
                [.text(endpoint), SQLValue(from ?? Timestamp(milliseconds: .min)), SQLValue(to ?? Timestamp(milliseconds: .max))]
                    + monitors.map { .text($0.rawValue) }
            ).map(WindowScore.init(row:))
        }
    }

    func quality(_ endpoint: String, from: Timestamp?, to: Timestamp?) async throws -> [QualityWindow] {
        try await database.read { connection in
            try connection.rows(
                """
                SELECT content, state FROM monitoring_quality WHERE endpoint = ? AND from_time >= ? AND from_time < ?
                ORDER BY from_time, role, variant
                """,
                [.text(endpoint), SQLValue(from ?? Timestamp(milliseconds: .min)), SQLValue(to ?? Timestamp(milliseconds: .max))]
            ).map(QualityWindow.init(row:))
        }
    }

    /// Where the records of a judged window lie, if labels may still change it.
    func provisional(_ endpoint: String, from: Timestamp) async throws -> StoredQuality? {
        try await database.read { connection in
            let row = try connection.row(
                "SELECT * FROM monitoring_quality WHERE endpoint = ? AND state = 'provisional' AND from_time = ? AND role = 'kept'",
                [.text(endpoint), SQLValue(from)])
            return try row.map {
                StoredQuality(
                    window: try QualityWindow(row: $0), range: QualityRange(after: try $0.int("after_position"), last: try $0.int("last_position")))
            }
        }
    }
}

extension QualityWindow {
    fileprivate init(row: SQLRow) throws {
        self = try row.json("content", as: QualityWindow.self)
        state = State(rawValue: try row.text("state")) ?? .final
    }
}

extension WindowScore {
    fileprivate init(row: SQLRow) throws {
        self.init(
            monitor: Alert.Monitor(rawValue: try row.text("monitor")) ?? .drift, column: try row.text("column_name"), from: try row.time("from_time"),
            to: try row.time("to_time"), rows: Int(try row.int("row_count")), method: try row.text("method"), score: row.optionalDouble("score"),
            pValue: row.optionalDouble("p_value"), threshold: row.optionalDouble("threshold"), drifted: try row.bool("drifted"),
            status: try row.text("status"), evidence: try row.optionalJSON("evidence") ?? [:])
    }
}
