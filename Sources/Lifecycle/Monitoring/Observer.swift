import TernKernel
import TernLog
import TernStats

/// What each variant did after a moment, kept up to date record by record and label by label.
struct Observer: Sendable {
    /// Rows whose labels are still waited for. Beyond that the oldest are forgotten (they stay counted as rows).
    static let waitingLimit = 500_000

    let since: Timestamp
    /// Answers that took longer are counted as slow.
    let latencyLimit: Period?
    /// The position from which it was built.
    let after: Int64
    /// By the wall clock, when somebody last wanted to know.
    var asked: Timestamp = Timestamp(milliseconds: 0)
    private var counts: [VariantReference: Counts] = [:]
    private var waiting: [Int64: [Waiting]] = [:]
    private var waitingRows = 0

    private struct Counts: Sendable {
        var requests = 0
        var rows = 0
        var errors = 0
        var latency = LatencyHistogram()
        var slow = 0
        var labelled = 0
        var correct = 0
    }

    /// One record's rows after `since`, with the label that each was last compared with.
    private struct Waiting: Sendable {
        var variant: VariantReference
        var predicted: [Int: String]
        var labels: [Int: String] = [:]
    }

    init(since: Timestamp, latencyLimit: Period?, after: Int64) {
        self.since = since
        self.latencyLimit = latencyLimit
        self.after = after
    }

    mutating func add(_ record: PredictionRecord) {
        let rows = (0..<max(0, record.rows)).filter { record.time(ofRow: $0) > since }
        guard !rows.isEmpty || (record.rows == 0 && record.at > since) else { return }
        var count = counts[record.variant] ?? Counts()
        count.requests += 1
        if record.error != nil {
            count.errors += 1
        } else {
            count.rows += rows.count
            count.latency.add(microseconds: record.latencyMicroseconds)
            if let latencyLimit, Double(record.latencyMicroseconds) > Double(latencyLimit.milliseconds) * 1000 { count.slow += 1 }
            let predicted = record.predictedLabels
            var waits = Waiting(variant: record.variant, predicted: [:])
            for row in rows where predicted.indices.contains(row) { waits.predicted[row] = predicted[row] }
            waiting[record.prediction, default: []].append(waits)
            waitingRows += waits.predicted.count
        }
        counts[record.variant] = count
        if waitingRows > Observer.waitingLimit { forgetOldest() }
    }

    /// Compares answers with a label; the same label again changes nothing, another one replaces it.
    mutating func label(prediction: Int64, row: Int, value: String) {
        guard var records = waiting[prediction] else { return }
        for index in records.indices {
            guard let predicted = records[index].predicted[row] else { continue }
            let old = records[index].labels.updateValue(value, forKey: row)
            let variant = records[index].variant
            if old == nil { counts[variant]?.labelled += 1 }
            if old == predicted { counts[variant]?.correct -= 1 }
            if value == predicted { counts[variant]?.correct += 1 }
        }
        waiting[prediction] = records
    }

    private mutating func forgetOldest() {
        for prediction in waiting.keys.sorted().prefix(max(1, waiting.count / 10)) {
            waitingRows -= waiting.removeValue(forKey: prediction)?.reduce(0) { $0 + $1.predicted.count } ?? 0
        }
    }

    var observations: [VariantObservation] {
        counts.map { variant, count in
            VariantObservation(
                variant: variant, requests: count.requests, rows: count.rows, errors: count.errors,
                latencyP99Microseconds: count.latency.p99.map { Int64($0.rounded()) }, slow: latencyLimit == nil ? nil : count.slow,
                labelled: count.labelled, correct: count.correct)
        }
        .sorted { ($0.variant.role.rawValue, $0.variant.name) < ($1.variant.role.rawValue, $1.variant.name) }
    }
}
