import Synchronization
import TernKernel
import TernLog

/// One variant's traffic since the server started.
package struct VariantMetrics: Codable, Hashable, Sendable {
    package var variant: VariantReference
    package var requests: Int64
    package var rows: Int64
    /// Requests that the model failed; a client's bad request is nobody's error.
    package var errors: Int64
    package var latencyP50Microseconds: Int64?
    package var latencyP99Microseconds: Int64?
    package var latencyMeanMicroseconds: Double?
    package var lastRequest: Timestamp?
}

/// What an endpoint has done since the server started.
package struct EndpointMetrics: Codable, Hashable, Sendable {
    package var endpoint: String
    package var variants: [VariantMetrics]
    /// Requests that were refused because of what they asked.
    package var refused: Int64
    /// Shadow requests that did not fit the queue.
    package var shadowsDropped: Int64
    /// Answers that could not be logged.
    package var unlogged: Int64
    package var logRecords: Int64
    package var logBytes: Int64
}

/// The counters behind `GET endpoints/NAME/metrics` and `/metrics`.
final class ServingMetrics: Sendable {
    struct Series {
        var histogram = LatencyHistogram()
        var requests: Int64 = 0
        var rows: Int64 = 0
        var errors: Int64 = 0
        var last: Timestamp?
    }

    struct Endpoint {
        var variants: [VariantReference: Series] = [:]
        var refused: Int64 = 0
        var shadowsDropped: Int64 = 0
    }

    private let endpoints = Mutex<[String: Endpoint]>([:])

    func count(_ record: PredictionRecord) {
        endpoints.withLock { endpoints in
            var series = endpoints[record.endpoint]?.variants.removeValue(forKey: record.variant) ?? Series()
            series.requests += 1
            series.rows += Int64(record.rows)
            if record.error != nil { series.errors += 1 }
            series.histogram.add(microseconds: record.latencyMicroseconds)
            series.last = record.at
            endpoints[record.endpoint, default: Endpoint()].variants[record.variant] = series
        }
    }

    func countRefused(_ endpoint: String) { endpoints.withLock { $0[endpoint, default: Endpoint()].refused += 1 } }
    func countDroppedShadow(_ endpoint: String) { endpoints.withLock { $0[endpoint, default: Endpoint()].shadowsDropped += 1 } }

    func endpoint(_ name: String) -> Endpoint { endpoints.withLock { $0[name] ?? Endpoint() } }
    func all() -> [(name: String, endpoint: Endpoint)] { endpoints.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } } }
}

extension ServingMetrics.Endpoint {
    /// By role, then by name.
    var sorted: [(variant: VariantReference, series: ServingMetrics.Series)] {
        variants.sorted { ($0.key.role.rawValue, $0.key.name, $0.key.version) < ($1.key.role.rawValue, $1.key.name, $1.key.version) }
            .map { ($0.key, $0.value) }
    }
}

extension VariantMetrics {
    init(_ variant: VariantReference, _ series: ServingMetrics.Series) {
        self.init(
            variant: variant, requests: series.requests, rows: series.rows, errors: series.errors,
            latencyP50Microseconds: series.histogram.quantile(0.5),
            latencyP99Microseconds: series.histogram.quantile(0.99),
            latencyMeanMicroseconds: series.histogram.count == 0 ? nil : Double(series.histogram.sumMicroseconds) / Double(series.histogram.count),
            lastRequest: series.last)
    }
}
