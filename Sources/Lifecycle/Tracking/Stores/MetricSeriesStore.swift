import TernKernel
import TernStore

/// One metric of one run: the figures that lists show, and how its points are kept.
struct MetricSeries: Sendable {
    var id: Int64
    var run: String
    var key: String
    /// The greatest point by step, time and value.
    var latest: SeriesPoint
    /// Over the points that are numbers.
    var least: Double?
    var greatest: Double?
    /// How many points it has. A point that was sent twice may be counted twice until it is folded.
    var points: Int
    /// Of them, rows of `metric_tail`.
    var tail: Int
    /// Of them, in chunks that are not sealed: the last `looseChunks` of them.
    var loose: Int
    var looseChunks: Int
    var nextChunk: Int
    /// Whether sealed chunks overlap, so that a reader must merge them.
    var overlaps: Bool

    /// Takes the figures of new points in.
    mutating func count(_ points: [SeriesPoint]) {
        for point in points {
            if MetricSeries.supersedes(point, latest) { latest = point }
            if point.value.isNaN { continue }
            least = least.map { min($0, point.value) } ?? point.value
            greatest = greatest.map { max($0, point.value) } ?? point.value
        }
    }

    /// The one place where NaN is 0 and no more: of equal points, the one that came first stays.
    private static func supersedes(_ point: SeriesPoint, _ latest: SeriesPoint) -> Bool {
        (point.step, point.timestamp, point.storedValue) > (latest.step, latest.timestamp, latest.storedValue)
    }

    private static let columns =
        "id, run_id, key, value, is_nan, timestamp, step, least, greatest, points, tail, loose, loose_chunks, next_chunk, overlapping"

    static func find(_ key: String, of run: String, _ connection: Connection) throws -> MetricSeries? {
        try connection.row("SELECT \(columns) FROM metric_series WHERE run_id = ? AND key = ?", [.text(run), .text(key)]).map(MetricSeries.init(row:))
    }

    static func find(_ keys: [String], of run: String, _ connection: Connection) throws -> [String: MetricSeries] {
        var found: [String: MetricSeries] = [:]
        for start in stride(from: 0, to: keys.count, by: 512) {
            let list = SearchClause.list(keys[start..<min(start + 512, keys.count)].map(SQLValue.text))
            let rows = try connection.rows(
                "SELECT \(columns) FROM metric_series WHERE run_id = ? AND key IN \(list.sql)", [.text(run)] + list.arguments)
            for row in rows {
                let series = try MetricSeries(row: row)
                found[series.key] = series
            }
        }
        return found
    }

    /// One metric of several runs.
    static func find(_ key: String, ofAll runs: [String], _ connection: Connection) throws -> [String: MetricSeries] {
        var found: [String: MetricSeries] = [:]
        let list = SearchClause.list(runs.map(SQLValue.text))
        for row in try connection.rows("SELECT \(columns) FROM metric_series WHERE run_id IN \(list.sql) AND key = ?", list.arguments + [.text(key)])
        {
            let series = try MetricSeries(row: row)
            found[series.run] = series
        }
        return found
    }

    /// The series of a run, by key.
    static func all(of run: String, limit: Int = .max, _ connection: Connection) throws -> [MetricSeries] {
        try connection.rows("SELECT \(columns) FROM metric_series WHERE run_id = ? ORDER BY key LIMIT ?", [.text(run), SQLValue(limit)])
            .map(MetricSeries.init(row:))
    }

    /// A new series; its figures are those of no points but the latest, which is `first`.
    static func open(_ key: String, of run: String, in experiment: Int64, first: SeriesPoint, _ connection: Connection) throws -> MetricSeries {
        guard
            let row = try connection.row(
                """
                INSERT INTO metric_series (run_id, key, value, is_nan, timestamp, step, experiment_id) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
                """,
                [
                    .text(run), .text(key), .double(first.storedValue), .int(first.value.isNaN ? 1 : 0), .int(first.timestamp), .int(first.step),
                    .int(experiment),
                ])
        else { throw TernError(.internal, "a new series has no id") }
        return MetricSeries(
            id: try row.int("id"), run: run, key: key, latest: first, least: nil, greatest: nil, points: 0, tail: 0, loose: 0, looseChunks: 0,
            nextChunk: 0, overlaps: false)
    }

    static func update(_ series: [MetricSeries], _ connection: Connection) throws {
        try connection.execute(
            """
            UPDATE metric_series SET value = ?, is_nan = ?, timestamp = ?, step = ?, least = ?, greatest = ?, points = ?, tail = ?, loose = ?,
                loose_chunks = ?, next_chunk = ?, overlapping = ? WHERE id = ?
            """,
            each: series.map {
                [
                    .double($0.latest.storedValue), .int($0.latest.value.isNaN ? 1 : 0), .int($0.latest.timestamp), .int($0.latest.step),
                    SQLValue($0.least), SQLValue($0.greatest), SQLValue($0.points), SQLValue($0.tail), SQLValue($0.loose), SQLValue($0.looseChunks),
                    SQLValue($0.nextChunk), SQLValue($0.overlaps), .int($0.id),
                ]
            })
    }
}

extension MetricSeries {
    init(row: SQLRow) throws {
        self.init(
            id: try row.int("id"), run: try row.text("run_id"), key: try row.text("key"),
            latest: SeriesPoint(
                step: try row.int("step"), timestamp: try row.int("timestamp"),
                value: try row.bool("is_nan") ? .nan : try row.double("value")),
            least: row.optionalDouble("least"), greatest: row.optionalDouble("greatest"), points: Int(try row.int("points")),
            tail: Int(try row.int("tail")), loose: Int(try row.int("loose")), looseChunks: Int(try row.int("loose_chunks")),
            nextChunk: Int(try row.int("next_chunk")), overlaps: try row.bool("overlapping"))
    }
}

extension MetricPoint {
    init(row: SQLRow, key: String) throws {
        let isNaN = try row.bool("is_nan")
        self.init(key: key, value: isNaN ? .nan : try row.double("value"), timestamp: try row.int("timestamp"), step: try row.int("step"))
    }
}
