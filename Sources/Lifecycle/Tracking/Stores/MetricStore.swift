import TernKernel
import TernStore

/// The points of metrics, and the latest of each series.
enum MetricStore {
    private struct Series {
        var id: Int64
        var latest: MetricPoint
        var changed = false
    }

    /// Adds points to a run: one look-up and at most one update a metric, and several points an insert. A point that is there already is left alone.
    static func append(_ points: [MetricPoint], to run: String, _ connection: Connection) throws {
        var series: [String: Series] = [:]
        var pending: [SQLValue] = []
        for point in points {
            var current: Series
            if let known = series[point.key] {
                current = known
            } else {
                current = try find(point.key, of: run, connection) ?? open(point, of: run, connection)
            }
            if point.supersedes(current.latest) {
                current.latest = point
                current.changed = true
            }
            series[point.key] = current
            pending += [.int(current.id), .int(point.step), .int(point.timestamp), .double(point.storedValue), SQLValue(point.value.isNaN)]
            if pending.count == rowsPerInsert * 5 {
                try insert(pending, connection)
                pending.removeAll(keepingCapacity: true)
            }
        }
        for start in stride(from: 0, to: pending.count, by: 5) { try insert(Array(pending[start..<start + 5]), connection) }
        for current in series.values where current.changed {
            try connection.execute(
                "UPDATE metric_series SET value = ?, is_nan = ?, timestamp = ?, step = ? WHERE id = ?",
                [
                    .double(current.latest.storedValue), SQLValue(current.latest.value.isNaN), .int(current.latest.timestamp),
                    .int(current.latest.step), .int(current.id),
                ])
        }
    }

    private static let rowsPerInsert = 40

    private static func insert(_ values: [SQLValue], _ connection: Connection) throws {
        let rows = Array(repeating: "(?, ?, ?, ?, ?)", count: values.count / 5).joined(separator: ", ")
        try connection.execute("INSERT INTO metric_points (series, step, timestamp, value, is_nan) VALUES \(rows) ON CONFLICT DO NOTHING", values)
    }

    private static func find(_ key: String, of run: String, _ connection: Connection) throws -> Series? {
        try connection.row("SELECT * FROM metric_series WHERE run_id = ? AND key = ?", [.text(run), .text(key)]).map {
            Series(id: try $0.int("id"), latest: try MetricPoint(row: $0, key: key))
        }
    }

    private static func open(_ point: MetricPoint, of run: String, _ connection: Connection) throws -> Series {
        let made = try connection.row(
            "INSERT INTO metric_series (run_id, key, value, is_nan, timestamp, step) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            [.text(run), .text(point.key), .double(point.storedValue), SQLValue(point.value.isNaN), .int(point.timestamp), .int(point.step)])
        return Series(id: made?.optionalInt("id") ?? 0, latest: point)
    }

    private static func series(_ key: String, of run: String, _ connection: Connection) throws -> Int64? {
        try connection.row("SELECT id FROM metric_series WHERE run_id = ? AND key = ?", [.text(run), .text(key)])?.int("id")
    }

    /// A part of a series, by timestamp, step and value.
    static func history(_ key: String, of run: String, limit: Int, offset: Int, _ connection: Connection) throws -> [MetricPoint] {
        guard let series = try series(key, of: run, connection) else { return [] }
        return try connection.rows(
            """
            SELECT step, timestamp, value, is_nan FROM metric_points WHERE series = ? ORDER BY timestamp, step, value, is_nan
            LIMIT ? OFFSET ?
            """, [.int(series), SQLValue(limit), SQLValue(offset)]
        ).map { try MetricPoint(row: $0, key: key) }
    }

    /// At most `limit` points, evenly spread over the series in the order of its steps, the last always among them.
    ///
    /// The points are split into `limit` groups of equal size (the first ones one larger, as SQL's NTILE does) and each group gives its first.
    static func sample(_ key: String, of run: String, steps: ClosedRange<Int64>?, limit: Int, _ connection: Connection) throws -> [MetricPoint] {
        guard let series = try series(key, of: run, connection), limit > 0 else { return [] }
        let range = steps ?? Int64.min...Int64.max
        let within: [SQLValue] = [.int(series), .int(range.lowerBound), .int(range.upperBound)]
        let condition = "series = ? AND step BETWEEN ? AND ?"
        guard
            let total = try connection.row("SELECT count(*) AS total FROM metric_points WHERE \(condition)", within)?.optionalInt("total"),
            total > 0
        else { return [] }
        let (small, large) = total.quotientAndRemainder(dividingBy: Int64(limit))
        let ordered = """
            SELECT step, timestamp, value, is_nan, row_number() OVER (ORDER BY step, timestamp, value, is_nan) - 1 AS position
            FROM metric_points WHERE \(condition)
            """
        var rows: [SQLRow]
        if small == 0 {
            rows = try connection.rows("SELECT * FROM (\(ordered)) p ORDER BY position", within)
        } else {
            let border = large * (small + 1)
            rows = try connection.rows(
                """
                SELECT * FROM (\(ordered)) p
                WHERE (position < ? AND position % ? = 0) OR (position >= ? AND (position - ?) % ? = 0) OR position = ?
                ORDER BY position
                """, within + [.int(border), .int(small + 1), .int(border), .int(border), .int(small), .int(total - 1)])
            // The last point takes the place of the last group's first, so that there are never more than asked for.
            if rows.count > limit { rows.remove(at: rows.count - 2) }
        }
        return try rows.map { try MetricPoint(row: $0, key: key) }
    }
}

extension MetricPoint {
    init(row: SQLRow, key: String) throws {
        let isNaN = try row.bool("is_nan")
        self.init(key: key, value: isNaN ? .nan : try row.double("value"), timestamp: try row.int("timestamp"), step: try row.int("step"))
    }
}
