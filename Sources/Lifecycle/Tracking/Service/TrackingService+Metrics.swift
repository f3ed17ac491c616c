import TernKernel
import TernStore

extension TrackingService {
    /// A part of a metric's points, by timestamp, step and value; a run or metric that is not there has none.
    ///
    /// - Parameter after: `next` of the page before.
    package func metricHistory(
        _ key: String, of run: String, after: SearchCursor? = nil, limit: Int? = nil, offset: Int = 0
    ) async throws -> SearchPage<MetricPoint> {
        let limit = min(limit ?? Int(Int32.max), Int(Int32.max))
        let start = try after.map(SeriesPoint.init(cursor:))
        let (wanted, overflow) = limit.addingReportingOverflow(offset)
        guard limit > 0, offset >= 0, !overflow else { throw TernError.invalid("a page of a history has at least one point") }
        let found = try await database.read { connection in
            guard let series = try MetricSeries.find(key, of: run, connection) else { return [SeriesPoint]() }
            return Array(try MetricHistoryStore.history(series, after: start, limit: wanted + 1, connection).dropFirst(offset))
        }
        let isCut = found.count > limit
        let points = found.prefix(limit)
        return SearchPage(
            elements: points.map { $0.point(key) }, nextOffset: isCut ? offset + limit : nil, next: isCut ? points.last?.cursor : nil)
    }

    /// At most `limit` points a run, evenly spread over its steps, with the last one.
    package func metricSample(
        _ key: String, of runs: [String], steps: ClosedRange<Int64>? = nil, limit: Int
    ) async throws -> [(run: String, point: MetricPoint)] {
        try await database.read { connection in
            let series = try MetricSeries.find(key, ofAll: runs, connection)
            return try runs.flatMap { run in
                guard let series = series[run] else { return [(run: String, point: MetricPoint)]() }
                return try MetricHistoryStore.sample(series, steps: steps, limit: limit, connection).map { (run, $0.point(key)) }
            }
        }
    }

    /// One metric of up to 100 runs, each in at most `points` buckets; a run without it has a curve without buckets.
    package func curves(_ key: String, of runs: [String], points: Int = 300, axis: CurveAxis = .step) async throws -> [MetricCurve] {
        try TrackingService.check(buckets: points)
        guard runs.count <= 100 else { throw TernError.invalid("curves of \(runs.count) runs were asked for, at most 100 can be") }
        return try await database.read { connection in
            let series = try MetricSeries.find(key, ofAll: runs, connection)
            return try runs.map { run in
                try series[run].map { try MetricHistoryStore.curve($0, axis: axis, limit: points, connection) }
                    ?? MetricCurve(run: run, key: key, points: 0, buckets: [])
            }
        }
    }

    /// The metrics of a run, or some of them, by key.
    package func curves(of run: String, keys: [String]? = nil, points: Int = 300, axis: CurveAxis = .step) async throws -> [MetricCurve] {
        try TrackingService.check(buckets: points)
        guard (keys?.count ?? 0) <= 200 else { throw TernError.invalid("curves of \(keys?.count ?? 0) metrics were asked for, at most 200 can be") }
        return try await database.read { connection in
            guard try RunStore.stageAndExperiment(run, connection) != nil else { throw TrackingService.noRun(run) }
            guard let keys else {
                return try MetricSeries.all(of: run, limit: 200, connection).map {
                    try MetricHistoryStore.curve($0, axis: axis, limit: points, connection)
                }
            }
            let series = try MetricSeries.find(keys, of: run, connection)
            return try keys.map { key in
                try series[key].map { try MetricHistoryStore.curve($0, axis: axis, limit: points, connection) }
                    ?? MetricCurve(run: run, key: key, points: 0, buckets: [])
            }
        }
    }

    private static func check(buckets: Int) throws {
        guard (2...5000).contains(buckets) else { throw TernError.invalid("'points' must be from 2 to 5000, not \(buckets)") }
    }
}

extension SeriesPoint {
    fileprivate var cursor: SearchCursor {
        SearchCursor(segment: value.isNaN ? 1 : 0, keys: [.int(timestamp), .int(step), .double(storedValue)])
    }

    fileprivate init(cursor: SearchCursor) throws {
        guard cursor.keys.count == 3, let time = cursor.keys[0].intValue, let step = cursor.keys[1].intValue, let value = cursor.keys[2].doubleValue
        else { throw TernError.invalid("Invalid page token: it is of another search") }
        self.init(step: step, timestamp: time, value: cursor.segment == 1 ? .nan : value)
    }
}
