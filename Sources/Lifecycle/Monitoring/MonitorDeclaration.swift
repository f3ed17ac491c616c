import TernKernel

/// The monitors of one endpoint as `tern.yaml` declares them; nil means that the monitor is off.
package struct MonitorDeclaration: Codable, Hashable, Sendable {
    package var endpoint: String
    package var owner: String
    package var drift: DriftMonitor?
    package var quality: QualityMonitor?
    package var health: HealthMonitor?

    package init(
        endpoint: String, owner: String, drift: DriftMonitor? = nil, quality: QualityMonitor? = nil, health: HealthMonitor? = nil
    ) {
        self.endpoint = endpoint
        self.owner = owner
        self.drift = drift
        self.quality = quality
        self.health = health
    }
}

/// Compares each feature, and the predictions, with the model version's reference profile.
package struct DriftMonitor: Codable, Hashable, Sendable {
    package var window: Period
    /// An alert needs this many windows in a row.
    package var windows: Int
    /// Nil means: chosen by type and size.
    package var method: String?
    package var threshold: Double?
    /// Nil means every feature.
    package var columns: [String]?

    package init(window: Period, windows: Int = 1, method: String? = nil, threshold: Double? = nil, columns: [String]? = nil) {
        self.window = window
        self.windows = windows
        self.method = method
        self.threshold = threshold
        self.columns = columns
    }
}

/// Compares a metric over labelled rows with a floor.
package struct QualityMonitor: Codable, Hashable, Sendable {
    package var metric: String
    package var atLeast: Double
    /// How late labels may come: a window is judged this long after its end.
    package var labelsWithin: Period
    package var window: Period
    package var windows: Int

    package init(metric: String, atLeast: Double, labelsWithin: Period, window: Period = .days(7), windows: Int = 1) {
        self.metric = metric
        self.atLeast = atLeast
        self.labelsWithin = labelsWithin
        self.window = window
        self.windows = windows
    }
}

package struct HealthMonitor: Codable, Hashable, Sendable {
    /// The largest share of missing values in any feature, 0 to 1.
    package var missing: Double?
    /// The longest time without a request, by the clock on the wall.
    package var stale: Period?

    package init(missing: Double? = nil, stale: Period? = nil) {
        self.missing = missing
        self.stale = stale
    }
}
