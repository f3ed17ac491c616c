import Foundation
import Monitoring
import Releases
import Serving
import TernKernel

/// The numbers behind an endpoint's charts.
struct EndpointCharts: Sendable {
    let services: DashboardServices

    /// The watched metric of what clients got and of each shadow, with releases as marks and the monitor's floor.
    func quality(_ name: String) async throws -> LineChart {
        let status = try await services.releases.endpoint(name)
        let windows = try await services.monitoring.quality(name)
        let lines = Dictionary(grouping: windows, by: \.variant).map { variant, windows in
            LineChart.Line(
                name: variant, role: windows.first?.role ?? "shadow",
                points: windows.map { [Double($0.to.milliseconds), $0.metrics[$0.metric].flatMap { $0.isFinite ? $0 : nil }] })
        }
        let releases = status.history + [status.release].compactMap { $0 }
        return LineChart(
            time: true, lines: lines.sorted { ($0.role, $0.name) < ($1.role, $1.name) },
            marks: releases.compactMap(LineChart.Mark.init).sorted { $0.at < $1.at },
            floor: windows.last?.threshold, metric: windows.last?.metric ?? "quality")
    }

    func drift(_ name: String) async throws -> HeatChart {
        _ = try await services.releases.endpoint(name)
        return HeatChart(try await services.monitoring.drift(name))
    }

    /// Requests by latency, for each variant that answered.
    func latency(_ name: String) async throws -> BarChart {
        _ = try await services.releases.endpoint(name)
        let whole = try await services.monitoring.latency(name)
        var chart = LatencyBars(exposition: services.serving.prometheusText(), endpoint: name).chart
        if let p50 = whole.p50, let p99 = whole.p99 {
            chart.note =
                "All \(Figures.count(whole.requests)) logged requests: p50 \(Figures.duration(milliseconds: p50)), "
                + "p99 \(Figures.duration(milliseconds: p99))"
        }
        return chart
    }
}

extension LineChart.Mark {
    /// Nil for a release without a time of the data.
    init?(_ release: Release) {
        guard let time = (release.isOpen ? release.startedEventTime : release.endedEventTime) ?? release.startedEventTime else { return nil }
        at = Double(time.milliseconds)
        switch release.state {
        case .promoted: (text, tone) = ("v\(release.to)", "good")
        case .rolledBack: (text, tone) = ("v\(release.to) rolled back", "bad")
        case .aborted: (text, tone) = ("v\(release.to) aborted", "bad")
        case .running, .paused: (text, tone) = ("v\(release.to) \(release.strategy.rawValue.replacing("_", with: " "))", "busy")
        }
    }
}

extension HeatChart {
    init(_ scores: [WindowScore]) {
        let starts = Set(scores.map(\.from)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: starts.enumerated().map { ($1, $0) })
        // Outputs come last, and on a canvas that is drawn upwards the first row is the lowest.
        let names = Set(scores.map(\.column)).sorted { (HeatChart.isOutput($0) ? 1 : 0, $0) < (HeatChart.isOutput($1) ? 1 : 0, $1) }
        let rows = Dictionary(uniqueKeysWithValues: names.reversed().enumerated().map { ($1, $0) })
        windows = starts.map(Moment.day)
        columns = names.reversed()
        cells = scores.compactMap { score in
            guard let window = numbers[score.from], let column = rows[score.column] else { return nil }
            return Cell(window: window, column: column, ratio: score.ratio, drifted: score.drifted, words: score.words)
        }
    }

    private static func isOutput(_ column: String) -> Bool { column == "predicted" || column == "score" }
}

extension WindowScore {
    /// The score as a multiple of its threshold; nil when nothing was compared.
    fileprivate var ratio: Double? {
        guard ["ok", "constant", "constantReference", "constantCurrent"].contains(status) else { return nil }
        if let score, let threshold, threshold > 0, score.isFinite { return (score / threshold * 1000).rounded() / 1000 }
        return drifted ? 1 : 0
    }

    fileprivate var words: [String] {
        var lines = ["\(column), \(Moment.day(from)) – \(Moment.day(to))"]
        if let score {
            lines.append("\(method) \(Figures.number(score))" + (threshold.map { " of \(Figures.number($0))" } ?? "") + (drifted ? ": drifted" : ""))
        }
        if let change = evidence["change"]?.stringValue, !change.isEmpty { lines.append(change) }
        if let before = evidence["before"], let after = evidence["after"] {
            lines.append("before: \(WindowScore.summary(before))")
            lines.append("after: \(WindowScore.summary(after))")
        }
        switch status {
        case "ok": break
        case "versionChanged": lines.append("a new version took over in this window: not judged")
        case "noReference": lines.append("the version has no reference for this column")
        case "notEnoughData": lines.append("too few rows (\(rows)) to judge")
        default: lines.append(evidence["explanation"]?.stringValue ?? status)
        }
        return lines
    }

    private static func summary(_ side: JSON) -> String {
        var parts = [side["rows"]?.intValue.map { "\(Figures.count($0)) rows" }, side["mean"]?.doubleValue.map { "mean \(Figures.number($0))" }]
        parts.append(side["sd"]?.doubleValue.map { "sd \(Figures.number($0))" })
        if let missing = side["missing"]?.intValue, missing > 0 { parts.append("\(Figures.count(missing)) missing") }
        let shares = side["shares"]?.objectValue?.sorted { ($0.value.doubleValue ?? 0) > ($1.value.doubleValue ?? 0) }.prefix(3) ?? []
        parts += shares.map { "'\($0.key)' \(Figures.share($0.value.doubleValue ?? 0))" }
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}

/// An endpoint's latency histogram, from the exposition text: the one place where Serving shows its buckets.
struct LatencyBars {
    let chart: BarChart

    init(exposition: String, endpoint: String) {
        let escaped = endpoint.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        let prefix = "tern_prediction_duration_seconds_bucket{endpoint=\"\(escaped)\",variant=\""
        var bounds: [Double] = []
        var cumulative: [String: [Double: Double]] = [:]
        var shadows: Set<String> = []
        for line in exposition.split(separator: "\n") where line.hasPrefix(prefix) {
            guard let bound = line.range(of: ",le=\""), let end = line.range(of: "\"} "), let count = Double(line[end.upperBound...]),
                let role = line.range(of: "\",role=\"")
            else { continue }
            // `+Inf` reads as infinity.
            let limit = Double(line[bound.upperBound..<end.lowerBound]) ?? .infinity
            let variant = String(line[line.index(line.startIndex, offsetBy: prefix.count)..<role.lowerBound])
            // One that was a canary and became the primary stands there twice.
            cumulative[variant, default: [:]][limit, default: 0] += count
            if line[role.upperBound...].hasPrefix("shadow\"") { shadows.insert(variant) }
            if !bounds.contains(limit) { bounds.append(limit) }
        }
        bounds.sort()
        var series = cumulative.map { variant, counts in
            let totals = bounds.map { counts[$0] ?? 0 }
            return BarChart.Bars(name: variant, values: totals.indices.map { totals[$0] - ($0 > 0 ? totals[$0 - 1] : 0) })
        }.sorted { (shadows.contains($0.name) ? 1 : 0, $0.name.count, $0.name) < (shadows.contains($1.name) ? 1 : 0, $1.name.count, $1.name) }
        let used = bounds.indices.filter { index in series.contains { $0.values[index] > 0 } }
        guard let first = used.first, let last = used.last else {
            chart = BarChart(labels: [], series: [])
            return
        }
        for index in series.indices { series[index].values = Array(series[index].values[first...last]) }
        let labels = bounds[first...last].map { $0.isFinite ? "≤ " + Figures.duration(milliseconds: $0 * 1000).replacing(".00 ", with: " ") : "more" }
        chart = BarChart(labels: labels, series: series)
    }
}
