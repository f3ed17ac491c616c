import TernKernel
import TernLog
import TernStats

/// One endpoint's open windows and progress in memory: pure bookkeeping, no I/O. `EndpointMonitor` feeds it and acts on what is due.
struct LiveMonitor: Sendable {
    let declaration: MonitorDeclaration?
    var progress: MonitorProgress
    var rules: AlertRules
    /// By their beginning.
    private(set) var features: [Timestamp: FeatureWindow] = [:]
    private(set) var quality: [Timestamp: QualityRange] = [:]
    var provisional: [Timestamp: Provisional]
    var observers: [Observer] = []

    init(_ stored: StoredState) {
        declaration = stored.declaration
        progress = stored.progress
        rules = AlertRules(streaks: stored.progress.streaks, open: stored.open)
        provisional = stored.provisional
    }

    /// Features are watched in the drift monitor's windows; health alone borrows the quality monitor's, or days.
    var featureWidth: Period? {
        guard let declaration else { return nil }
        if let drift = declaration.drift { return drift.window }
        return declaration.health?.missing == nil ? nil : declaration.quality?.window ?? .days(1)
    }

    /// Notes a record that was not seen before: the clock, and who is primary.
    mutating func note(_ entry: LoggedPrediction) -> [AlertDecision] {
        progress.read = entry.position
        let record = entry.record
        guard record.variant.role != .shadow else { return [] }
        progress.note(record)
        guard record.isAnswer, record.variant.role == .primary else { return [] }
        let version = VersionKey(record.variant)
        defer { progress.primary = version }
        guard let before = progress.primary, before != version else { return [] }
        return rules.forget(
            [.drift, .predictionDrift], reason: "version \(version.version) answers now: drift is measured afresh against its own profile")
    }

    /// Puts a record's rows into their windows. `after` is the position before it; `fresh` is false while windows are rebuilt after a start.
    mutating func fold(_ entry: LoggedPrediction, after: Int64, reference: Profile?, fresh: Bool) {
        let record = entry.record
        if record.isAnswer, let width = featureWidth {
            for (from, rows) in record.rows(byWindow: width) {
                let kept = rows.filter { record.time(ofRow: $0) >= progress.featuresClosed ?? Timestamp(milliseconds: .min) }
                if fresh { progress.lateRows += Int64(rows.count - kept.count) }
                guard !kept.isEmpty else { continue }
                features[from, default: FeatureWindow(from: from, to: from + width, after: after)].add(record, rows: kept, reference: reference)
            }
        }
        if record.error == nil, let width = declaration?.quality?.window {
            for (from, rows) in record.rows(byWindow: width) {
                guard rows.contains(where: { record.time(ofRow: $0) >= progress.qualityJudged ?? Timestamp(milliseconds: .min) }) else { continue }
                // A shadow alone opens no window: what clients got is what is judged.
                guard quality[from] != nil || record.isAnswer else { continue }
                quality[from, default: QualityRange(after: after, last: entry.position)].last = entry.position
            }
        }
    }

    /// Takes out the feature windows that have ended.
    mutating func takeFeatures(watermark: Timestamp) -> [FeatureWindow] {
        guard let width = featureWidth else { return [] }
        let end = watermark.floor(to: width)
        guard end > progress.featuresClosed ?? Timestamp(milliseconds: .min) else { return [] }
        progress.featuresClosed = end
        let due = features.values.filter { $0.to <= end }.sorted { $0.from < $1.from }
        for window in due { features[window.from] = nil }
        return due
    }

    /// Takes out the quality windows whose labels have had their time.
    mutating func takeQuality(watermark: Timestamp) -> [(from: Timestamp, to: Timestamp, range: QualityRange)] {
        guard let monitor = declaration?.quality else { return [] }
        let end = (watermark - monitor.labelsWithin).floor(to: monitor.window)
        guard end > progress.qualityJudged ?? Timestamp(milliseconds: .min) else { return [] }
        progress.qualityJudged = end
        let due = quality.filter { $0.key + monitor.window <= end }.sorted { $0.key < $1.key }
        for (from, _) in due { quality[from] = nil }
        return due.map { ($0.key, $0.key + monitor.window, $0.value) }
    }

    /// Whether this record, once it is noted, ends a quality window's wait for labels.
    func endsWaiting(_ record: PredictionRecord) -> Bool {
        guard let monitor = declaration?.quality, record.variant.role != .shadow else { return false }
        var progress = progress
        progress.note(record)
        guard let watermark = progress.watermark(now: nil) else { return false }
        let end = watermark - monitor.labelsWithin
        return end.floor(to: monitor.window) > progress.qualityJudged ?? Timestamp(milliseconds: .min)
            || provisional.values.contains { $0.to <= end - monitor.window }
    }

    /// Gives up waiting for labels one more window after a window was judged; answers up to where.
    mutating func finishQuality(watermark: Timestamp) -> Timestamp? {
        guard let monitor = declaration?.quality else { return nil }
        let end = watermark - monitor.labelsWithin - monitor.window
        let done = provisional.filter { $0.value.to <= end }
        for from in done.keys { provisional[from] = nil }
        return done.values.map(\.to).max()
    }

    /// The progress to store: with the position that a restart has to read from.
    var settled: MonitorProgress {
        var progress = progress
        let open = features.values.map(\.after) + quality.values.map(\.after)
        progress.needed = open.min() ?? progress.read
        progress.streaks = rules.streaks
        progress.observed = observers.map(\.after).min()
        return progress
    }

    /// Records up to here will not be read again.
    var lowWater: Int64 {
        let settled = settled
        return min(settled.needed, provisional.values.map(\.after).min() ?? .max, settled.observed ?? .max)
    }
}
