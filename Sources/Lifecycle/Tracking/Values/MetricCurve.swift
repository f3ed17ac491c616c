/// What the buckets of a curve divide.
package enum CurveAxis: String, Hashable, Sendable, Codable {
    case step
    case time
}

/// A metric's whole history in at most so many buckets, for charts.
package struct MetricCurve: Hashable, Sendable, Codable {
    package var run: String
    package var key: String
    /// How many points the series has.
    package var points: Int
    /// In the order of the axis; none for a metric that the run does not have.
    package var buckets: [CurveBucket]
}

/// Neighbouring points of a curve. A bucket of one point is that point.
package struct CurveBucket: Hashable, Sendable, Codable {
    package var count: Int
    package var firstStep: Int64
    package var lastStep: Int64
    /// Milliseconds since 1970.
    package var firstTime: Int64
    package var lastTime: Int64
    /// NaN when that point was.
    package var first: Double
    package var last: Double
    /// Over the points that are numbers; NaN when none is.
    package var min: Double
    package var max: Double
}
