import TernKernel
import TernStore

/// Labels by endpoint, prediction and row.
struct FeedbackStore: Sendable {
    let database: Database

    /// Stores a batch, all of it or nothing. A label that is there already is replaced.
    func save(_ batches: [(endpoint: String, position: Int64, labels: [NewLabel])], by actor: String) async throws -> FeedbackReceipt {
        try await database.write { transaction in
            var receipt = FeedbackReceipt()
            for batch in batches {
                let last = try transaction.row("SELECT max(sequence) AS last FROM monitoring_feedback WHERE endpoint = ?", [.text(batch.endpoint)])
                var sequence = last?.optionalInt("last") ?? 0
                for label in batch.labels {
                    let key: [SQLValue] = [.text(batch.endpoint), .int(label.prediction), SQLValue(label.row)]
                    let known = try transaction.row(
                        "SELECT label FROM monitoring_feedback WHERE endpoint = ? AND prediction = ? AND row_number = ?", key)
                    let text = LabelText.of(label.value) ?? ""
                    if let known {
                        receipt.repeated += 1
                        if known.optionalText("label") == text { continue }
                        receipt.changed += 1
                    } else {
                        receipt.accepted += 1
                    }
                    sequence += 1
                    try transaction.execute(
                        """
                        INSERT INTO monitoring_feedback (endpoint, prediction, row_number, value, label, found_at, received_at, received_from,
                            first_time, last_time, position, sequence, first_label, first_position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (endpoint, prediction, row_number) DO UPDATE SET value = excluded.value, label = excluded.label,
                            found_at = excluded.found_at, received_at = excluded.received_at, received_from = excluded.received_from,
                            position = excluded.position, sequence = excluded.sequence
                        """,
                        key + [
                            SQLValue(label.value), .text(text), SQLValue(label.at), SQLValue(transaction.now), .text(actor), SQLValue(label.first),
                            SQLValue(label.last), .int(batch.position), .int(sequence), .text(text), .int(batch.position),
                        ])
                }
            }
            return receipt
        }
    }

    /// The labels of some predictions; with `position`, as they were before the log reached it.
    func labels(_ endpoint: String, _ predictions: ClosedRange<Int64>, before position: Int64? = nil) async throws -> Labels {
        try await database.read { connection in
            let rows = try connection.rows(
                """
                SELECT prediction, row_number, CASE WHEN position < ? THEN label ELSE first_label END AS label FROM monitoring_feedback
                WHERE endpoint = ? AND prediction >= ? AND prediction <= ? AND first_position < ?
                """,
                [
                    .int(position ?? .max), .text(endpoint), .int(predictions.lowerBound), .int(predictions.upperBound), .int(position ?? .max),
                ])
            var labels: Labels = [:]
            for row in rows { labels[try row.int("prediction"), default: [:]][Int(try row.int("row_number"))] = try row.text("label") }
            return labels
        }
    }

    /// Labels that came or changed after `sequence`, in order, as long as they came before the log passed `position`.
    func changes(_ endpoint: String, after sequence: Int64, upTo position: Int64, limit: Int = 10_000) async throws -> [LabelChange] {
        try await database.read { connection in
            var changes: [LabelChange] = []
            let rows = try connection.rows(
                """
                SELECT sequence, prediction, row_number, label, first_time, last_time, position FROM monitoring_feedback
                WHERE endpoint = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """, [.text(endpoint), .int(sequence), SQLValue(limit)])
            for row in rows {
                guard try row.int("position") <= position else { break }
                changes.append(
                    LabelChange(
                        sequence: try row.int("sequence"), prediction: try row.int("prediction"), row: Int(try row.int("row_number")),
                        value: try row.text("label"), first: try row.time("first_time"), last: try row.time("last_time")))
            }
            return changes
        }
    }

    /// A page of all labels, by prediction and row, after the given ones; as columns `prediction`, `row`, `label`.
    func page(_ endpoint: String, after last: (prediction: Int64, row: Int64), limit: Int = 200_000) async throws -> [Column] {
        try await database.read { connection in
            let rows = try connection.rows(
                """
                SELECT prediction, row_number, label FROM monitoring_feedback
                WHERE endpoint = ? AND (prediction > ? OR (prediction = ? AND row_number > ?)) ORDER BY prediction, row_number LIMIT ?
                """, [.text(endpoint), .int(last.prediction), .int(last.prediction), .int(last.row), SQLValue(limit)])
            return [
                Column("prediction", .int(rows.map { $0.optionalInt("prediction") })), Column("row", .int(rows.map { $0.optionalInt("row_number") })),
                Column("label", .text(rows.map { $0.optionalText("label") })),
            ]
        }
    }
}
