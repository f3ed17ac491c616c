/// A point within its series. Points are ordered by step, time and value; NaN counts as 0 and comes after a 0 of the same step and time.
struct SeriesPoint: Hashable, Sendable {
    var step: Int64
    var timestamp: Int64
    /// NaN as such.
    var value: Double

    init(step: Int64, timestamp: Int64, value: Double) {
        self.step = step
        self.timestamp = timestamp
        self.value = value
    }

    init(_ point: MetricPoint) { self.init(step: point.step, timestamp: point.timestamp, value: point.value) }

    var storedValue: Double { value.isNaN ? 0 : value }

    static func < (left: SeriesPoint, right: SeriesPoint) -> Bool {
        if left.step != right.step { return left.step < right.step }
        if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
        let (a, b) = (left.storedValue, right.storedValue)
        if a != b { return a < b }
        return !left.value.isNaN && right.value.isNaN
    }

    /// MLflow's order of histories: time first.
    static func isBeforeInTime(_ left: SeriesPoint, _ right: SeriesPoint) -> Bool {
        if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
        if left.step != right.step { return left.step < right.step }
        let (a, b) = (left.storedValue, right.storedValue)
        if a != b { return a < b }
        return !left.value.isNaN && right.value.isNaN
    }

    func isSame(as other: SeriesPoint) -> Bool {
        step == other.step && timestamp == other.timestamp && (value == other.value || (value.isNaN && other.value.isNaN))
    }

    func point(_ key: String) -> MetricPoint { MetricPoint(key: key, value: value, timestamp: timestamp, step: step) }
}

extension [SeriesPoint] {
    /// In order, each point once.
    func sortedOnce() -> [SeriesPoint] {
        var isSorted = true
        for index in indices.dropFirst() where !(self[index - 1] < self[index]) {
            isSorted = false
            break
        }
        if isSorted { return self }
        var answer: [SeriesPoint] = []
        answer.reserveCapacity(count)
        for point in sorted(by: { $0 < $1 }) {
            if let last = answer.last, last.isSame(as: point) { continue }
            answer.append(point)
        }
        return answer
    }

    func sortedByTime() -> [SeriesPoint] {
        for index in indices.dropFirst() where SeriesPoint.isBeforeInTime(self[index], self[index - 1]) {
            return sorted(by: SeriesPoint.isBeforeInTime)
        }
        return self
    }
}
