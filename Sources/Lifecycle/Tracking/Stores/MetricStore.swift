import TernKernel
import TernStore

/// Writes the points of metrics: what is new goes to `metric_tail` or to a loose chunk; what has gathered is folded into sealed chunks.
enum MetricStore {
    /// How many points of a series make a chunk.
    static let chunkSize = 1000
    /// So many points of one series in one batch are a loose chunk rather than rows.
    private static let looseSize = 16
    /// So many loose chunks are folded even when they hold few points.
    private static let looseChunks = 32
    /// A fold that goes back behind more sealed chunks than this leaves them be; readers then merge.
    private static let rewritten = 64

    /// Adds points to a run. A point that is there already changes nothing that a reader sees.
    static func append(_ points: [MetricPoint], to run: String, in experiment: Int64, _ connection: Connection) throws {
        if points.count == 1, let point = points.first { return try append(point, to: run, in: experiment, connection) }
        var order: [String] = []
        var grouped: [[SeriesPoint]] = []
        var places: [String: Int] = [:]
        var last: (key: String, place: Int) = ("", -1)
        for point in points {
            if last.place < 0 || last.key != point.key {
                let place = places[point.key] ?? grouped.count
                if place == grouped.count {
                    places[point.key] = place
                    order.append(point.key)
                    grouped.append([])
                }
                last = (point.key, place)
            }
            grouped[last.place].append(SeriesPoint(point))
        }
        let known = try MetricSeries.find(order, of: run, connection)
        var tail: [[SQLValue]] = []
        var changed: [MetricSeries] = []
        for (place, key) in order.enumerated() {
            var series = try known[key] ?? MetricSeries.open(key, of: run, in: experiment, first: grouped[place][0], connection)
            try add(grouped[place], to: &series, tail: &tail, connection)
            changed.append(series)
        }
        if !tail.isEmpty { try connection.execute(insertTail, each: tail) }
        try MetricSeries.update(changed, connection)
    }

    /// The usual single point: three statements.
    private static func append(_ point: MetricPoint, to run: String, in experiment: Int64, _ connection: Connection) throws {
        let new = SeriesPoint(point)
        var series =
            try MetricSeries.find(point.key, of: run, connection)
            ?? MetricSeries.open(point.key, of: run, in: experiment, first: new, connection)
        series.count([new])
        if series.tail + series.loose + 1 >= chunkSize {
            try fold([new], into: &series, connection)
        } else {
            guard try connection.execute(insertTail, tailRow(new, series.id)) > 0 else { return }
            series.tail += 1
        }
        series.points += 1
        try MetricSeries.update([series], connection)
    }

    private static func add(_ points: [SeriesPoint], to series: inout MetricSeries, tail: inout [[SQLValue]], _ connection: Connection) throws {
        series.count(points)
        series.points += points.count
        if series.tail + series.loose + points.count >= chunkSize || (points.count >= looseSize && series.looseChunks + 1 >= looseChunks) {
            return try fold(points, into: &series, connection)
        }
        guard points.count >= looseSize else {
            for point in points { tail.append(tailRow(point, series.id)) }
            series.tail += points.count
            return
        }
        let sorted = points.sortedOnce()
        try MetricChunkStore.insert(sorted, number: series.nextChunk, isSealed: false, of: series.id, connection)
        series.nextChunk += 1
        series.looseChunks += 1
        series.loose += sorted.count
        series.points -= points.count - sorted.count
    }

    /// Makes sealed chunks of everything that is not in one yet.
    private static func fold(_ points: [SeriesPoint], into series: inout MetricSeries, _ connection: Connection) throws {
        let firstLoose = series.nextChunk - series.looseChunks
        var gathered = try MetricChunkStore.loose(series, connection)
        gathered += points
        let counted = series.tail + series.loose + points.count
        var rest = gathered.sortedOnce()
        series.points -= counted - rest.count
        if series.tail > 0 { try connection.execute("DELETE FROM metric_tail WHERE series = ?", [.int(series.id)]) }
        if series.looseChunks > 0 { try MetricChunkStore.delete(from: firstLoose, of: series.id, connection) }
        var next = firstLoose
        if next > 0, !series.overlaps, let first = rest.first {
            let behind = try MetricChunkStore.reaching(first, of: series.id, before: next, limit: rewritten + 1, connection)
            if behind.count > rewritten {
                series.overlaps = true
            } else if let lowest = behind.last {
                let merged = try MetricChunkStore.points(from: lowest.number, to: next - 1, of: series.id, connection)
                let before = merged.count + rest.count
                rest = (merged + rest).sortedOnce()
                series.points -= before - rest.count
                try MetricChunkStore.delete(from: lowest.number, of: series.id, connection)
                next = lowest.number
            }
        }
        // Chunks of equal size, none smaller than the others by more than a point.
        let parts = max(1, rest.count / chunkSize)
        for part in 0..<parts {
            let range = (rest.count * part / parts)..<(rest.count * (part + 1) / parts)
            try MetricChunkStore.insert(Array(rest[range]), number: next, isSealed: true, of: series.id, connection)
            next += 1
        }
        (series.nextChunk, series.tail, series.loose, series.looseChunks) = (next, 0, 0, 0)
    }

    private static let insertTail = "INSERT INTO metric_tail (series, step, timestamp, value, is_nan) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

    private static func tailRow(_ point: SeriesPoint, _ series: Int64) -> [SQLValue] {
        [.int(series), .int(point.step), .int(point.timestamp), .double(point.storedValue), .int(point.value.isNaN ? 1 : 0)]
    }
}
