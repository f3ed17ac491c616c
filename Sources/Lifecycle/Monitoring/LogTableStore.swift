import Foundation
import TernKernel
import TernTables

/// The inference log as Parquet, joined with the labels: whole stretches of history at once.
struct LogTableStore: Sendable {
    let tables: TableEngine
    let ports: MonitoringPorts
    let feedback: FeedbackStore
    /// Where labels are put down for a join; emptied after each.
    let folder: String

    /// One line of the report: how often a variant's rows of one window were predicted so and turned out so.
    struct Outcome: Hashable, Sendable {
        var window: Int64
        var variant: String
        var predicted: String?
        var label: String?
        var rows: Int
    }

    /// Requests of one window, counted in the window of their first row.
    struct Requests: Hashable, Sendable {
        var window: Int64
        var answered: Int
        var failed: Int
    }

    /// Files and labels of one endpoint while `body` runs; nil when nothing was logged yet.
    private func joined<Answer>(_ endpoint: String, _ body: (_ log: LogScan, _ labels: String) async throws -> Answer) async throws -> Answer? {
        let files = try await ports.parquetFiles(endpoint)
        guard !files.isEmpty else { return nil }
        let scratch = folder + "/labels-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var parts: [String] = []
        var last: (prediction: Int64, row: Int64) = (0, -1)
        while true {
            let page = try await feedback.page(endpoint, after: last)
            let path = "\(scratch)/\(parts.count).parquet"
            guard case .int(let predictions) = page[0].values, case .int(let rows) = page[1].values else { break }
            // An empty first page is written as well: the join needs its columns.
            if parts.isEmpty || !predictions.isEmpty {
                try await tables.write(page, toParquet: path)
                parts.append(path)
            }
            guard let prediction = predictions.last ?? nil, let row = rows.last ?? nil else { break }
            last = (prediction, row)
        }
        let scan = LogTableStore.scan(files)
        let described = try await tables.query("DESCRIBE SELECT * FROM \(scan)")
        let columns = described["column_name"]?.texts.compactMap { $0 } ?? []
        return try await body(LogScan(sql: scan, columns: columns), LogTableStore.scan(parts))
    }

    private struct LogScan {
        var sql: String
        var columns: [String]

        func optional(_ column: String, type: String) -> String { columns.contains(column) ? column : "CAST(NULL AS \(type))" }
    }

    private static func scan(_ files: [String]) -> String {
        "read_parquet([\(files.map { TableEngine.quoted(literal: $0) }.joined(separator: ", "))], union_by_name = true)"
    }

    private static let answered = "tern_error IS NULL AND tern_role <> 'shadow'"

    /// The first and the last time of any row that a client asked about.
    func span(_ endpoint: String) async throws -> (first: Timestamp, last: Timestamp)? {
        let files = try await ports.parquetFiles(endpoint)
        guard !files.isEmpty else { return nil }
        let table = try await tables.query(
            """
            SELECT epoch_ms(min(tern_event_time)) AS first, epoch_ms(max(tern_event_time)) AS last
            FROM \(LogTableStore.scan(files)) WHERE tern_role <> 'shadow'
            """)
        guard let first = table.value("first").intValue, let last = table.value("last").intValue else { return nil }
        return (Timestamp(milliseconds: first), Timestamp(milliseconds: last))
    }

    func outcomes(_ endpoint: String, window: Period, from: Timestamp, to: Timestamp) async throws -> (outcomes: [Outcome], requests: [Requests]) {
        let answer = try await joined(endpoint) { log, labels in
            let arguments: [TableValue] = [.int(from.milliseconds), .int(to.milliseconds), .int(from.milliseconds), .int(window.milliseconds)]
            let rows = try await tables.query(
                """
                WITH log AS (
                    SELECT tern_prediction, tern_row, epoch_ms(tern_event_time) AS time, tern_error, tern_role, tern_variant,
                        \(log.optional("tern_predicted", type: "VARCHAR")) AS predicted
                    FROM \(log.sql))
                SELECT (time - ?) // ? AS part, CASE WHEN tern_role = 'shadow' THEN tern_variant ELSE 'kept' END AS variant, predicted, label,
                    count(*) AS rows
                FROM log LEFT JOIN \(labels) AS labels ON labels.prediction = tern_prediction AND labels.row = tern_row
                WHERE tern_error IS NULL AND time >= ? AND time < ?
                GROUP BY ALL ORDER BY ALL
                """, [arguments[2], arguments[3], arguments[0], arguments[1]])
            let requests = try await tables.query(
                """
                SELECT (first - ?) // ? AS part, count(*) FILTER (WHERE answered) AS answered, count(*) FILTER (WHERE NOT answered) AS failed
                FROM (
                    SELECT tern_prediction, epoch_ms(min(tern_event_time)) AS first, bool_or(tern_error IS NULL) AS answered
                    FROM \(log.sql) WHERE tern_role <> 'shadow' GROUP BY tern_prediction)
                WHERE first >= ? AND first < ?
                GROUP BY ALL ORDER BY ALL
                """, [arguments[2], arguments[3], arguments[0], arguments[1]])
            return (
                (0..<rows.rows).map { row in
                    Outcome(
                        window: rows.value("part", row: row).intValue ?? 0, variant: rows.value("variant", row: row).stringValue ?? "",
                        predicted: rows.value("predicted", row: row).stringValue.map { LabelText.of($0) },
                        label: rows.value("label", row: row).stringValue, rows: Int(rows.value("rows", row: row).intValue ?? 0))
                },
                (0..<requests.rows).map { row in
                    Requests(
                        window: requests.value("part", row: row).intValue ?? 0, answered: Int(requests.value("answered", row: row).intValue ?? 0),
                        failed: Int(requests.value("failed", row: row).intValue ?? 0))
                }
            )
        }
        return answer ?? ([], [])
    }

    func latency(_ endpoint: String) async throws -> EndpointLatency {
        let files = try await ports.parquetFiles(endpoint)
        guard !files.isEmpty else { return EndpointLatency(requests: 0) }
        let table = try await tables.query(
            """
            SELECT count(*) AS requests, quantile_disc(tern_latency_us, 0.5) AS p50, quantile_disc(tern_latency_us, 0.99) AS p99
            FROM \(LogTableStore.scan(files)) WHERE \(LogTableStore.answered) AND tern_row = 0
            """)
        let milliseconds = { (name: String) in table.value(name).doubleValue.map { $0 / 1000 } }
        return EndpointLatency(requests: Int(table.value("requests").intValue ?? 0), p50: milliseconds("p50"), p99: milliseconds("p99"))
    }

    /// Answered rows with their labels: the time, the features in the order of the log, the target.
    func exportLabelled(
        _ endpoint: String, from: Timestamp, to: Timestamp, target: String, timeColumn: String?, toParquet path: String
    ) async throws -> Int64 {
        let rows = try await joined(endpoint) { log, labels in
            let features = log.columns.filter { !$0.hasPrefix("tern_") && !$0.hasPrefix("out_") && $0 != timeColumn && $0 != target }
            let kept = """
                SELECT * FROM \(log.sql) WHERE \(LogTableStore.answered) AND epoch_ms(tern_event_time) >= ? AND epoch_ms(tern_event_time) < ?
                QUALIFY row_number() OVER (PARTITION BY tern_prediction, tern_row ORDER BY tern_at DESC) = 1
                """
            let source = "(\(kept)) AS log JOIN \(labels) AS labels ON labels.prediction = tern_prediction AND labels.row = tern_row"
            let bounds: [TableValue] = [.int(from.milliseconds), .int(to.milliseconds)]
            let kind = try await tables.query(
                """
                SELECT bool_and(TRY_CAST(label AS DOUBLE) IS NOT NULL) AS numbers,
                    bool_and(COALESCE(regexp_full_match(label, '-?[0-9]{1,18}'), FALSE)) AS integers
                FROM \(source)
                """, bounds)
            let type = kind.value("integers").boolValue == true ? "BIGINT" : kind.value("numbers").boolValue == true ? "DOUBLE" : "VARCHAR"
            let columns =
                (timeColumn.map { ["tern_event_time AS \(TableEngine.quoted(identifier: $0))"] } ?? [])
                + features.map { TableEngine.quoted(identifier: $0) } + ["CAST(label AS \(type)) AS \(TableEngine.quoted(identifier: target))"]
            return try await tables.export(
                "SELECT \(columns.joined(separator: ", ")) FROM \(source) ORDER BY tern_event_time, tern_prediction, tern_row", bounds,
                toParquet: path)
        }
        guard let rows, rows > 0 else {
            throw TernError(
                .notFound, "endpoint '\(endpoint)' has no labelled rows between \(from) and \(to)",
                hint: "post feedback first: tern feedback \(endpoint) --file FILE")
        }
        return rows
    }
}
