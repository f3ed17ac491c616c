import TernKernel
import TernLog
import TernStats

/// Labels: judging quality windows, bringing judged ones up to date, and counting right answers for release guards.
extension EndpointMonitor {
    /// Judges one window by the records in its range and the labels that had come before the log reached `position`.
    /// The first is what clients got; then the shadows.
    func judge(
        from: Timestamp, to: Timestamp, range: QualityRange, before position: Int64?, _ live: LiveMonitor
    ) async throws -> [StoredQuality] {
        guard let monitor = live.declaration?.quality else { return [] }
        var kept = QualityTally()
        var shadows: [String: QualityTally] = [:]
        let belongs: (Timestamp) -> Bool = { $0 >= from && $0 < to }
        var cursor = range.after
        while cursor < range.last {
            let entries = try ports.read(endpoint, cursor, EndpointMonitor.batch).filter { $0.position <= range.last }
            guard let last = entries.last else { break }
            cursor = last.position
            let records = entries.map(\.record).filter { record in
                record.error == nil && (0..<record.rows).contains { belongs(record.time(ofRow: $0)) }
            }
            guard let span = EndpointMonitor.span(records) else { continue }
            let labels = try await feedback.labels(endpoint, span, before: position)
            for record in records {
                let known = labels[record.prediction] ?? [:]
                if record.variant.role == .shadow {
                    shadows[record.variant.name, default: QualityTally()].add(record, labels: known, where: belongs)
                } else {
                    kept.add(record, labels: known, where: belongs)
                }
            }
        }
        let reference = try await profile(live.progress.primary)
        let knownLabels = Set(reference?.columns["predicted"]?.exactCounts?.keys.map { LabelText.of($0) } ?? [])
        func stored(_ tally: QualityTally, _ variant: String, _ role: String) -> StoredQuality {
            StoredQuality(window: tally.window(from: from, to: to, variant: variant, role: role, monitor, knownLabels: knownLabels), range: range)
        }
        return [stored(kept, "kept", "kept")] + shadows.sorted { $0.key < $1.key }.map { stored($0.value, $0.key, "shadow") }
    }

    /// What a judged window means for the endpoint's alert.
    func raise(_ window: QualityWindow, _ live: inout LiveMonitor) -> AlertDecision? {
        live.rules.judge(AlertKey(.quality), window.verdict, windows: live.declaration?.quality?.windows ?? 1)
    }

    /// Takes in labels that came since the last time, and before the log reached `position`: the judged windows that they belong to
    /// are brought up to date.
    func takeLabels(_ live: inout LiveMonitor, before position: Int64?) async throws -> Bool {
        var changed = false
        while true {
            let changes = try await feedback.changes(endpoint, after: live.progress.labels, upTo: live.progress.read)
            guard let last = changes.last else { return changed }
            changed = true
            live.progress.labels = last.sequence
            for change in changes {
                for index in live.observers.indices {
                    live.observers[index].label(prediction: change.prediction, row: change.row, value: change.value)
                }
            }
            let touched = live.provisional.filter { window in changes.contains { $0.last >= window.key && $0.first < window.value.to } }.keys.sorted()
            if touched.isEmpty { continue }
            var step = MonitorStep()
            for from in touched { try await update(from, before: position, &live, &step) }
            try await commit(step, live)
        }
    }

    private func update(_ from: Timestamp, before position: Int64?, _ live: inout LiveMonitor, _ step: inout MonitorStep) async throws {
        guard let stored = try await store.provisional(endpoint, from: from) else { return }
        let judged = try await judge(from: from, to: stored.window.to, range: stored.range, before: position, live)
        step.quality += judged
        guard let kept = judged.first?.window else { return }
        if kept.state == .final { live.provisional[from] = nil }
        // A window that could not be judged for want of labels is judged now, unless a later one has been.
        if stored.window.passed == nil, kept.to == live.progress.qualityJudged, let decision = raise(kept, &live) { step.decisions.append(decision) }
    }

    // MARK: Observations

    func observer(since: Timestamp, latencyLimit: Period?, upTo last: Int64) async throws -> Observer {
        let start = min(try await store.position(endpoint, upTo: since), last)
        var observers = [Observer(since: since, latencyLimit: latencyLimit, after: start)]
        var cursor = start
        while cursor < last {
            let entries = try ports.read(endpoint, cursor, EndpointMonitor.batch).filter { $0.position <= last }
            guard let end = entries.last else { break }
            cursor = end.position
            for entry in entries { observers[0].add(entry.record) }
            try await label(entries, &observers)
        }
        return observers[0]
    }

    /// Applies labels that were there before the records were read.
    func label(_ entries: [LoggedPrediction], _ observers: inout [Observer]) async throws {
        guard !observers.isEmpty, let span = EndpointMonitor.span(entries.map(\.record)) else { return }
        for (prediction, rows) in try await feedback.labels(endpoint, span) {
            for (row, value) in rows {
                for index in observers.indices { observers[index].label(prediction: prediction, row: row, value: value) }
            }
        }
    }

    private static func span(_ records: [PredictionRecord]) -> ClosedRange<Int64>? {
        guard let low = records.map(\.prediction).min(), let high = records.map(\.prediction).max() else { return nil }
        return low...high
    }
}

extension QualityTally {
    fileprivate func window(
        from: Timestamp, to: Timestamp, variant: String, role: String, _ monitor: QualityMonitor, knownLabels: Set<String>
    ) -> QualityWindow {
        let metrics = metrics(for: monitor.metric, knownLabels: knownLabels)
        let value = metrics[monitor.metric]
        let enough = labelled >= QualityTally.minimumLabels
        return QualityWindow(
            from: from, to: to, variant: variant, role: role, metrics: metrics, rows: rows, labelled: labelled,
            coverage: rows == 0 ? 0 : Double(labelled) / Double(rows), state: rows > 0 && labelled == rows ? .final : .provisional,
            status: !enough ? "notEnoughLabels" : value == nil ? "undefined" : "ok", metric: monitor.metric, threshold: monitor.atLeast,
            passed: enough ? value.map { $0 >= monitor.atLeast } : nil)
    }
}

extension QualityWindow {
    fileprivate var verdict: Verdict {
        guard let passed, let value = metrics[metric] else { return .unknown }
        let sign = passed ? "≥" : "<"
        let message =
            "\(metric) \(Spelling.number(value)) \(sign) \(Spelling.number(threshold)) in \(Spelling.window(from, to)), "
            + "\(labelled) of \(rows) rows labelled"
        if passed { return .good(message) }
        return .bad(
            message: message,
            evidence: [
                "from": .string(from.description), "to": .string(to.description), "metric": .string(metric), "value": .double(value),
                "threshold": .double(threshold), "rows": .int(Int64(rows)), "labelled": .int(Int64(labelled)), "coverage": .double(coverage),
                "metrics": .object(metrics.mapValues(JSON.double)),
            ])
    }
}
