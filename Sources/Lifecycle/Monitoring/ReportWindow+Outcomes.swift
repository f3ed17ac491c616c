import TernKernel
import TernStats

extension ReportWindow {
    /// Puts counted outcomes into windows; a window without any is there, with zeros.
    static func windows(
        _ outcomes: [LogTableStore.Outcome], _ requests: [LogTableStore.Requests], window: Period, from: Timestamp, to: Timestamp, last: Timestamp
    ) -> [ReportWindow] {
        let labels = Set(outcomes.compactMap(\.predicted)).union(outcomes.compactMap(\.label))
        let positive = QualityTally.positive(among: labels)
        let names = Set(outcomes.map(\.variant)).union(["kept"])
        let byWindow = Dictionary(grouping: outcomes, by: \.window)
        let counts = Dictionary(requests.map { ($0.window, $0) }, uniquingKeysWith: { first, _ in first })
        var answer: [ReportWindow] = []
        var start = from
        var index: Int64 = 0
        while start < to, start <= last {
            let rows = byWindow[index] ?? []
            let variants = names.map { name in (name, ReportVariant(rows.filter { $0.variant == name }, positive: positive)) }
            answer.append(
                ReportWindow(
                    from: start, to: min(start + window, to), requests: counts[index]?.answered ?? 0, failed: counts[index]?.failed ?? 0,
                    rows: rows.filter { $0.variant == "kept" }.reduce(0) { $0 + $1.rows },
                    variants: Dictionary(variants, uniquingKeysWith: { first, _ in first })))
            start = start + window
            index += 1
        }
        return answer
    }
}

extension ReportVariant {
    init(_ outcomes: [LogTableStore.Outcome], positive: String?) {
        var confusion = Confusion()
        for outcome in outcomes {
            if let label = outcome.label, let predicted = outcome.predicted { confusion.add(truth: label, predicted: predicted, times: outcome.rows) }
        }
        let metrics = ClassificationMetrics(confusion, positive: positive)
        self.init(
            rows: outcomes.reduce(0) { $0 + $1.rows }, labelled: confusion.total, f1: metrics.f1, precision: metrics.precision,
            recall: metrics.recall,
            accuracy: metrics.accuracy)
    }
}
