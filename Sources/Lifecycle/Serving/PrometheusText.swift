import TernKernel
import TernLog

/// The exposition format of Prometheus, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    mutating func family(_ name: String, _ kind: String, _ help: String) { text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n" }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let labels = labels.map { "\($0.0)=\"\(PrometheusText.escape($0.1))\"" }.joined(separator: ",")
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Bounds of the latency buckets, in microseconds.
    private static let bounds: [UInt64] = [
        50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
    ]

    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: LatencyHistogram) {
        for bound in PrometheusText.bounds {
            sample(name + "_bucket", labels + [("le", JSON.number(Double(bound) / 1e6))], String(histogram.count(upTo: bound)))
        }
        sample(name + "_bucket", labels + [("le", "+Inf")], String(histogram.count))
        sample(name + "_sum", labels, JSON.number(Double(histogram.sumMicroseconds) / 1e6))
        sample(name + "_count", labels, String(histogram.count))
    }
}

extension PredictionService {
    /// All endpoints' counters as Prometheus scrapes them.
    package func prometheusText() -> String {
        var page = PrometheusText()
        let all = metrics.all()
        let series = all.flatMap { entry in
            entry.endpoint.sorted.map { variant, series in
                (
                    labels: [
                        ("endpoint", entry.name), ("variant", variant.name), ("role", variant.role.rawValue), ("model", variant.model),
                        ("version", String(variant.version)),
                    ], series: series
                )
            }
        }
        page.family("tern_predictions_total", "counter", "Requests that a variant was asked")
        for entry in series { page.sample("tern_predictions_total", entry.labels, String(entry.series.requests)) }
        page.family("tern_prediction_rows_total", "counter", "Rows that a variant was asked")
        for entry in series { page.sample("tern_prediction_rows_total", entry.labels, String(entry.series.rows)) }
        page.family("tern_prediction_errors_total", "counter", "Requests that a variant failed")
        for entry in series { page.sample("tern_prediction_errors_total", entry.labels, String(entry.series.errors)) }
        page.family("tern_prediction_duration_seconds", "histogram", "Time from the decoded request to the model's answer")
        for entry in series { page.histogram("tern_prediction_duration_seconds", entry.labels, entry.series.histogram) }
        page.family("tern_requests_refused_total", "counter", "Requests refused because of what they asked")
        for entry in all { page.sample("tern_requests_refused_total", [("endpoint", entry.name)], String(entry.endpoint.refused)) }
        page.family("tern_shadows_dropped_total", "counter", "Shadow requests that did not fit the queue")
        for entry in all { page.sample("tern_shadows_dropped_total", [("endpoint", entry.name)], String(entry.endpoint.shadowsDropped)) }
        page.family("tern_log_records_total", "counter", "Records in the inference log")
        for name in log.endpoints() { page.sample("tern_log_records_total", [("endpoint", name)], String(log.statistics(endpoint: name).records)) }
        page.family("tern_log_dropped_total", "counter", "Answers that could not be logged")
        for name in log.endpoints() { page.sample("tern_log_dropped_total", [("endpoint", name)], String(log.statistics(endpoint: name).dropped)) }
        page.family("tern_models_loaded", "gauge", "Model versions in memory")
        page.sample("tern_models_loaded", [], String(pool.loadedKeys.count))
        return page.text
    }
}
