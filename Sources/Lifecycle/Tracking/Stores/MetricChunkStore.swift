import Foundation
import TernKernel
import TernStore

/// What a chunk says without its points.
struct MetricChunk: Sendable {
    var number: Int
    var points: Int
    var first: SeriesPoint
    var last: SeriesPoint
    var minTime: Int64
    var maxTime: Int64
    /// Over the points that are numbers; NaN when none is.
    var least: Double
    var greatest: Double
}

/// The rows of `metric_chunks` and `metric_tail`.
enum MetricChunkStore {
    private static let summary =
        "number, points, first_step, first_time, first_value, last_step, last_time, last_value, min_time, max_time, min_value, max_value"

    static func insert(_ points: [SeriesPoint], number: Int, isSealed: Bool, of series: Int64, _ connection: Connection) throws {
        guard let first = points.first, let last = points.last else { return }
        var (minTime, maxTime) = (first.timestamp, first.timestamp)
        var (least, greatest): (Double?, Double?)
        for point in points {
            minTime = min(minTime, point.timestamp)
            maxTime = max(maxTime, point.timestamp)
            if point.value.isNaN { continue }
            least = least.map { min($0, point.value) } ?? point.value
            greatest = greatest.map { max($0, point.value) } ?? point.value
        }
        func nullForNaN(_ value: Double) -> SQLValue { value.isNaN ? .null : .double(value) }
        try connection.execute(
            """
            INSERT INTO metric_chunks (series, sealed, \(summary), data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .int(series), SQLValue(isSealed), SQLValue(number), SQLValue(points.count), .int(first.step), .int(first.timestamp),
                nullForNaN(first.value), .int(last.step), .int(last.timestamp), nullForNaN(last.value), .int(minTime), .int(maxTime), SQLValue(least),
                SQLValue(greatest), .blob(PointCodec.encode(points)),
            ])
    }

    static func delete(from number: Int, of series: Int64, _ connection: Connection) throws {
        try connection.execute("DELETE FROM metric_chunks WHERE series = ? AND number >= ?", [.int(series), SQLValue(number)])
    }

    /// The sealed chunks, without their points, as they were made: in order, unless the series overlaps.
    static func sealed(_ series: MetricSeries, _ connection: Connection) throws -> [MetricChunk] {
        let end = series.nextChunk - series.looseChunks
        if end == 0 { return [] }
        return try connection.rows(
            "SELECT \(summary) FROM metric_chunks WHERE series = ? AND number < ? ORDER BY number", [.int(series.id), SQLValue(end)]
        ).map(MetricChunk.init(row:))
    }

    /// The last sealed chunks that reach up to a point or beyond, the last first.
    static func reaching(_ point: SeriesPoint, of series: Int64, before end: Int, limit: Int, _ connection: Connection) throws -> [MetricChunk] {
        var found: [MetricChunk] = []
        var end = end
        // Nearly always the very last one ends the search.
        for size in [1, limit] {
            let rows = try connection.rows(
                "SELECT \(summary) FROM metric_chunks WHERE series = ? AND number < ? ORDER BY number DESC LIMIT ?",
                [.int(series), SQLValue(end), SQLValue(size)])
            for row in rows {
                let chunk = try MetricChunk(row: row)
                if chunk.last < point || found.count >= limit { return found }
                found.append(chunk)
                end = chunk.number
            }
        }
        return found
    }

    /// The points of some chunks.
    static func points(from first: Int, to last: Int, of series: Int64, _ connection: Connection) throws -> [SeriesPoint] {
        var points: [SeriesPoint] = []
        let rows = try connection.rows(
            "SELECT data FROM metric_chunks WHERE series = ? AND number BETWEEN ? AND ? ORDER BY number",
            [.int(series), SQLValue(first), SQLValue(last)])
        for row in rows {
            guard case .blob(let data) = row["data"] else { throw TernError(.dataLoss, "a chunk of metric points has no data") }
            try PointCodec.decode(data, into: &points)
        }
        return points
    }

    /// Everything that is in no sealed chunk, in no order, possibly with repetitions.
    static func loose(_ series: MetricSeries, _ connection: Connection) throws -> [SeriesPoint] {
        var points: [SeriesPoint] = []
        if series.looseChunks > 0 {
            points = try self.points(from: series.nextChunk - series.looseChunks, to: series.nextChunk - 1, of: series.id, connection)
        }
        if series.tail > 0 {
            let rows = try connection.rows(
                "SELECT step, timestamp, value, is_nan FROM metric_tail WHERE series = ? ORDER BY step, timestamp, value, is_nan", [.int(series.id)])
            points.reserveCapacity(points.count + rows.count)
            for row in rows {
                points.append(
                    SeriesPoint(
                        step: try row.int("step"), timestamp: try row.int("timestamp"),
                        value: try row.bool("is_nan") ? .nan : try row.double("value")))
            }
        }
        return points
    }
}

extension MetricChunk {
    init(row: SQLRow) throws {
        self.init(
            number: Int(try row.int("number")), points: Int(try row.int("points")),
            first: SeriesPoint(
                step: try row.int("first_step"), timestamp: try row.int("first_time"), value: row.optionalDouble("first_value") ?? .nan),
            last: SeriesPoint(step: try row.int("last_step"), timestamp: try row.int("last_time"), value: row.optionalDouble("last_value") ?? .nan),
            minTime: try row.int("min_time"), maxTime: try row.int("max_time"), least: row.optionalDouble("min_value") ?? .nan,
            greatest: row.optionalDouble("max_value") ?? .nan)
    }
}
