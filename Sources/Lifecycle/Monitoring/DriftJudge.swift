import TernKernel
import TernStats

/// Compares a closed window with the reference of the version that answered in it.
struct DriftJudge {
    let monitor: DriftMonitor
    let reference: Profile?
    /// Why there is nothing fair to compare: `versionChanged` when the primary changed during the window or after it, `partial` when the endpoint
    /// began in the middle of it (half a week looks like drift of weekdays).
    let unfair: String?

    func scores(_ window: FeatureWindow) -> [WindowScore] {
        let features = window.features.filter { monitor.columns?.contains($0.key) ?? true }
        return features.sorted { $0.key < $1.key }.map { score($0.key, $0.value, .drift, window) }
            + window.outputs.sorted { $0.key < $1.key }.map { score($0.key, $0.value, .predictionDrift, window) }
    }

    private func score(_ name: String, _ current: ColumnProfile, _ kind: Alert.Monitor, _ window: FeatureWindow) -> WindowScore {
        var score = WindowScore(
            monitor: kind, column: name, from: window.from, to: window.to, rows: current.count, method: monitor.method ?? "", score: nil, pValue: nil,
            threshold: monitor.threshold, drifted: false, status: unfair ?? "noReference", evidence: ["after": current.summary])
        if unfair != nil { return score }
        guard let before = reference?.columns[name] else { return score }
        let result = DriftTest.compare(reference: before, current: current, method: monitor.method, threshold: monitor.threshold)
        score.method = result.method
        score.score = result.statistic
        score.pValue = result.pValue
        score.threshold = result.threshold
        score.drifted = result.drifted
        score.status = result.status.rawValue
        score.evidence = [
            "before": before.summary, "after": current.summary, "explanation": .string(result.explanation),
            "change": .string(Self.change(from: before, to: current)),
        ]
        return score
    }

    /// The change in one phrase: `mean 0.0035 → 0.0061`, `'up' 42% → 71%`.
    static func change(from before: ColumnProfile, to after: ColumnProfile) -> String {
        if let old = before.mean, let new = after.mean {
            let pair = "mean \(Spelling.number(old)) → \(Spelling.number(new))"
            guard Spelling.number(old) == Spelling.number(new), let wide = before.standardDeviation, let narrow = after.standardDeviation else {
                return pair
            }
            return "standard deviation \(Spelling.number(wide)) → \(Spelling.number(narrow))"
        }
        let old = shares(before)
        let new = shares(after)
        // What grew the most: of two categories, the one that people ask about.
        let moved = Set(old.keys).union(new.keys).sorted().max { (new[$0] ?? 0) - (old[$0] ?? 0) < (new[$1] ?? 0) - (old[$1] ?? 0) }
        guard let moved else { return "" }
        return "'\(moved)' \(Spelling.share(old[moved] ?? 0)) → \(Spelling.share(new[moved] ?? 0))"
    }

    private static func shares(_ profile: ColumnProfile) -> [String: Double] {
        guard profile.used > 0 else { return [:] }
        return Dictionary(profile.top.map { ($0.value, Double($0.count) / Double(profile.used)) }, uniquingKeysWith: +)
    }
}

extension WindowScore {
    /// What the window means for the alert of its column.
    var verdict: Verdict {
        let window = Spelling.window(from, to)
        if drifted {
            let change = evidence["change"]?.stringValue ?? ""
            var numbers = "in \(window): \(evidence["explanation"]?.stringValue ?? status)"
            if let score, let threshold, score >= threshold {
                numbers = "\(Spelling.method(method)) \(Spelling.number(score)) ≥ \(Spelling.number(threshold)) in \(window)"
            }
            return .bad(message: "\(column) drifted: \(numbers)" + (change.isEmpty ? "" : ", \(change)"), evidence: alertEvidence)
        }
        let judged = ["ok", "constant", "constantReference"].contains(status)
        return judged ? .good("\(column) is like its reference in \(window)") : .unknown
    }

    var alertEvidence: JSON {
        var fields = evidence.objectValue ?? [:]
        fields["from"] = .string(from.description)
        fields["to"] = .string(to.description)
        fields["rows"] = .int(Int64(rows))
        fields["method"] = .string(method)
        fields["score"] = JSON(score)
        fields["threshold"] = JSON(threshold)
        if let pValue { fields["p_value"] = .double(pValue) }
        return .object(fields)
    }
}

/// Feature health: the share of missing values.
struct HealthJudge {
    let monitor: HealthMonitor

    func scores(_ window: FeatureWindow) -> [WindowScore] {
        guard let limit = monitor.missing else { return [] }
        return window.features.sorted { $0.key < $1.key }.map { name, profile in
            let enough = profile.count >= DriftTest.minimumRows
            return WindowScore(
                monitor: .health, column: name, from: window.from, to: window.to, rows: profile.count, method: "missing_share",
                score: profile.missingShare, pValue: nil, threshold: limit, drifted: enough && profile.missingShare > limit,
                status: enough ? "ok" : "notEnoughData", evidence: ["missing": .int(Int64(profile.missing)), "count": .int(Int64(profile.count))])
        }
    }

    static func verdict(_ score: WindowScore) -> Verdict {
        let share = Spelling.share(score.score ?? 0)
        let limit = Spelling.share(score.threshold ?? 0)
        let window = Spelling.window(score.from, score.to)
        if score.drifted {
            return .bad(message: "\(score.column) is missing in \(share) of rows (> \(limit)) in \(window)", evidence: score.alertEvidence)
        }
        return score.status == "ok" ? .good("\(score.column) is missing in \(share) of rows (≤ \(limit)) in \(window)") : .unknown
    }

    /// By the clock on the wall: how long nobody has asked. The time before this server started does not count.
    func staleness(last: Timestamp, watchingSince: Timestamp, now: Timestamp) -> Verdict {
        guard let limit = monitor.stale else { return .unknown }
        let silence = now - max(last, watchingSince)
        if silence > limit {
            return .bad(
                message: "no request came for \(Spelling.period(silence)) (> \(limit)), since \(last)",
                evidence: [
                    "last_request": .string(last.description), "silence": .string(Spelling.period(silence)), "limit": .string(limit.description),
                ])
        }
        return now - last <= limit ? .good("requests come again") : .unknown
    }
}
