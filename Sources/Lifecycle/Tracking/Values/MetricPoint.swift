/// One value of a metric. A run's metric is the series of its points; the latest is the greatest by (step, timestamp, value).
package struct MetricPoint: Hashable, Sendable, Codable {
    package var key: String
    /// NaN is kept as such; the infinities become the greatest finite numbers, as MLflow stores them.
    package var value: Double
    /// Milliseconds since 1970.
    package var timestamp: Int64
    package var step: Int64

    package init(key: String, value: Double, timestamp: Int64, step: Int64 = 0) {
        self.key = key
        self.value = value.isInfinite ? (value > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude) : value
        self.timestamp = timestamp
        self.step = step
    }

    /// What is stored beside the flag that says it was NaN, and what NaN counts as in comparisons.
    var storedValue: Double { value.isNaN ? 0 : value }
}

/// A metric of a logged model, measured by a run and possibly on a named dataset.
package struct ModelMetric: Hashable, Sendable, Codable {
    package var point: MetricPoint
    package var model: String
    package var run: String
    package var datasetName: String?
    package var datasetDigest: String?
}

/// A point as a client logs it: to a run, and to a model as well when it names one.
package struct LoggedPoint: Hashable, Sendable {
    package var point: MetricPoint
    package var model: String?
    package var datasetName: String?
    package var datasetDigest: String?

    package init(_ point: MetricPoint, model: String? = nil, datasetName: String? = nil, datasetDigest: String? = nil) {
        self.point = point
        self.model = model
        self.datasetName = datasetName
        self.datasetDigest = datasetDigest
    }
}
