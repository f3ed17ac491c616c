import TernKernel
import TernStore

/// Reads the points of series, touching only the chunks that an answer needs.
enum MetricHistoryStore {
    /// What is known of a series before any sealed chunk is opened.
    private struct Contents {
        var series: MetricSeries
        var sealed: [MetricChunk]
        /// What is in no sealed chunk, in order.
        var rest: [SeriesPoint]
        /// Whether the chunks and then `rest` are in order, without repetitions.
        var isOrdered: Bool
    }

    private static func contents(_ series: MetricSeries, _ connection: Connection) throws -> Contents {
        let sealed = try MetricChunkStore.sealed(series, connection)
        let rest = try MetricChunkStore.loose(series, connection).sortedOnce()
        var isOrdered = !series.overlaps
        if let last = sealed.last?.last, let first = rest.first, !(last < first) { isOrdered = false }
        return Contents(series: series, sealed: sealed, rest: rest, isOrdered: isOrdered)
    }

    /// All points, by step, time and value.
    private static func everything(_ contents: Contents, _ connection: Connection) throws -> [SeriesPoint] {
        guard let last = contents.sealed.map(\.number).max() else { return contents.rest }
        return (try MetricChunkStore.points(from: 0, to: last, of: contents.series.id, connection) + contents.rest).sortedOnce()
    }

    // MARK: Histories

    /// A part of a series, by time, step and value, behind `after`.
    static func history(_ series: MetricSeries, after: SeriesPoint?, limit: Int, _ connection: Connection) throws -> [SeriesPoint] {
        let contents = try contents(series, connection)
        guard contents.isOrdered, contents.sealed.count > 8 else {
            return part(of: try everything(contents, connection).sortedByTime(), after, limit)
        }
        // Chunks by the time at which they begin; those that end before `after` are never opened, nor those behind the page.
        let chunks = contents.sealed.filter { chunk in after.map { chunk.maxTime >= $0.timestamp } ?? true }.sorted { $0.minTime < $1.minTime }
        var found = contents.rest
        var certain = 0
        for (index, chunk) in chunks.enumerated() {
            found += try MetricChunkStore.points(from: chunk.number, to: chunk.number, of: series.id, connection)
            certain += chunk.points
            guard certain >= limit, index + 1 < chunks.count else { continue }
            // Points before the next chunk's beginning cannot be preceded by anything that is still closed.
            let border = chunks[index + 1].minTime
            let before = found.count { point in
                point.timestamp < border && (after.map { SeriesPoint.isBeforeInTime($0, point) } ?? true)
            }
            if before >= limit { break }
        }
        return part(of: found.sortedByTime(), after, limit)
    }

    private static func part(of points: [SeriesPoint], _ after: SeriesPoint?, _ limit: Int) -> [SeriesPoint] {
        guard let after else { return Array(points.prefix(limit)) }
        // The first point behind `after`, by halving.
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if SeriesPoint.isBeforeInTime(after, points[middle]) { high = middle } else { low = middle + 1 }
        }
        return Array(points[low...].prefix(limit))
    }

    /// Gives every point once, in no promised order. A series in order is read chunk by chunk, however long it is.
    static func each(_ series: MetricSeries, _ connection: Connection, _ take: ([SeriesPoint]) -> Void) throws {
        let contents = try contents(series, connection)
        guard contents.isOrdered else { return take(try everything(contents, connection)) }
        for chunk in contents.sealed { take(try MetricChunkStore.points(from: chunk.number, to: chunk.number, of: series.id, connection)) }
        take(contents.rest)
    }

    // MARK: Samples

    /// At most `limit` points, evenly spread over the series in the order of its steps, the last always among them.
    ///
    /// The points are split into `limit` groups of equal size (the first ones one larger, as SQL's NTILE does) and each group gives its first;
    /// the last point takes the place of the last group's.
    static func sample(_ series: MetricSeries, steps: ClosedRange<Int64>?, limit: Int, _ connection: Connection) throws -> [SeriesPoint] {
        guard limit > 0 else { return [] }
        let contents = try contents(series, connection)
        guard contents.isOrdered, !contents.sealed.isEmpty else {
            let all = try everything(contents, connection).filter { steps?.contains($0.step) ?? true }
            return positions(all.count, limit).map { all[$0] }
        }
        // Pieces in order: chunks still closed, and points that are at hand.
        var pieces: [(chunk: MetricChunk?, points: [SeriesPoint])] = []
        for chunk in contents.sealed {
            guard let steps else {
                pieces.append((chunk, []))
                continue
            }
            if chunk.last.step < steps.lowerBound || chunk.first.step > steps.upperBound { continue }
            if steps.contains(chunk.first.step), steps.contains(chunk.last.step) {
                pieces.append((chunk, []))
            } else {
                let points = try MetricChunkStore.points(from: chunk.number, to: chunk.number, of: series.id, connection)
                pieces.append((nil, points.filter { steps.contains($0.step) }))
            }
        }
        pieces.append((nil, contents.rest.filter { steps?.contains($0.step) ?? true }))
        let total = pieces.reduce(0) { $0 + ($1.chunk?.points ?? $1.points.count) }
        var answer: [SeriesPoint] = []
        var (piece, start) = (0, 0)
        for position in positions(total, limit) {
            while position >= start + (pieces[piece].chunk?.points ?? pieces[piece].points.count) {
                start += pieces[piece].chunk?.points ?? pieces[piece].points.count
                piece += 1
            }
            if let chunk = pieces[piece].chunk {
                pieces[piece] = (nil, try MetricChunkStore.points(from: chunk.number, to: chunk.number, of: series.id, connection))
            }
            guard position - start < pieces[piece].points.count else { continue }
            answer.append(pieces[piece].points[position - start])
        }
        return answer
    }

    private static func positions(_ total: Int, _ limit: Int) -> [Int] {
        let (small, large) = total.quotientAndRemainder(dividingBy: limit)
        if small == 0 { return Array(0..<total) }
        let border = large * (small + 1)
        var positions = (0..<limit).map { $0 < large ? $0 * (small + 1) : border + ($0 - large) * small }
        positions[limit - 1] = total - 1
        return positions
    }

    // MARK: Curves

    /// At most `limit` buckets of equal width along an axis.
    static func curve(_ series: MetricSeries, axis: CurveAxis, limit: Int, _ connection: Connection) throws -> MetricCurve {
        let contents = try contents(series, connection)
        var buckets: [CurveBucket]
        if contents.isOrdered, contents.sealed.count >= 2 * limit {
            // Long: a chunk goes whole into the bucket in which it begins, and none is opened.
            let parts = contents.sealed.map(CurveBucket.init) + contents.rest.map(CurveBucket.init)
            buckets = axis == .step ? parts : parts.sorted { $0.firstTime < $1.firstTime }
        } else {
            let points = try everything(contents, connection)
            buckets = (axis == .step ? points : points.sortedByTime()).map(CurveBucket.init)
        }
        let total = buckets.reduce(0) { $0 + $1.count }
        if buckets.count > limit { buckets = CurveBucket.gathered(buckets, axis, limit) }
        return MetricCurve(run: series.run, key: series.key, points: total, buckets: buckets)
    }
}

extension CurveBucket {
    init(_ point: SeriesPoint) {
        self.init(
            count: 1, firstStep: point.step, lastStep: point.step, firstTime: point.timestamp, lastTime: point.timestamp, first: point.value,
            last: point.value, min: point.value, max: point.value)
    }

    init(_ chunk: MetricChunk) {
        self.init(
            count: chunk.points, firstStep: chunk.first.step, lastStep: chunk.last.step, firstTime: chunk.first.timestamp,
            lastTime: chunk.last.timestamp, first: chunk.first.value, last: chunk.last.value, min: chunk.least, max: chunk.greatest)
    }

    /// Puts buckets in order into at most `limit` wider ones.
    static func gathered(_ parts: [CurveBucket], _ axis: CurveAxis, _ limit: Int) -> [CurveBucket] {
        func place(_ part: CurveBucket) -> Double { Double(axis == .step ? part.firstStep : part.firstTime) }
        guard let first = parts.first, let last = parts.last, limit > 0 else { return [] }
        let low = place(first)
        let width = place(last) - low
        var answer: [CurveBucket] = []
        var current = -1
        for (index, part) in parts.enumerated() {
            // Points that all share one place are spread by their order instead.
            let share = width > 0 ? (place(part) - low) / width : Double(index) / Double(parts.count)
            let bucket = Swift.min(limit - 1, Int(share * Double(limit)))
            if bucket == current, var open = answer.last {
                open.take(part)
                answer[answer.count - 1] = open
            } else {
                answer.append(part)
                current = bucket
            }
        }
        return answer
    }

    private mutating func take(_ part: CurveBucket) {
        count += part.count
        lastStep = part.lastStep
        lastTime = part.lastTime
        last = part.last
        if min.isNaN || part.min < min { min = part.min.isNaN ? min : part.min }
        if max.isNaN || part.max > max { max = part.max.isNaN ? max : part.max }
    }
}
