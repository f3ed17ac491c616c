import TernKernel

/// What was measured for the gates of one candidate.
struct GateMeasurements: Sendable {
    /// A model's answers on the candidate's holdout, with the metrics on all its rows.
    struct Measured: Sendable {
        var version: Int
        var answers: HoldoutAnswers
        var metrics: [String: Double]
    }

    enum Champion: Sendable {
        case none
        case measured(Measured)
        /// There is one, and it could not be measured.
        case failed(version: Int, String)
    }

    var rows = 0
    var candidate: Measured?
    /// Why there is no `candidate`.
    var problem: String?
    var champion = Champion.none
    /// The holdout's columns that slices are cut by, as text.
    var slices: [String: [String?]] = [:]
    var latency: LatencyMeasurement?
}

/// Turns measurements into verdicts. What is missing or not a number fails; nothing passes in silence.
struct GateJudgement {
    /// Slices with fewer rows say nothing.
    static let minimumSliceRows = 30

    let measurements: GateMeasurements
    let at: Timestamp

    func judge(_ gate: GateDeclaration) -> GateResult {
        switch gate {
        case .floor(let metric, let atLeast): floor(gate, metric, atLeast)
        case .champion(let metric, let drop, let slices): champion(gate, metric, drop, slices)
        case .churn(let atMost): churn(gate, atMost)
        case .latency(let p99): latency(gate, p99)
        }
    }

    private func floor(_ gate: GateDeclaration, _ metric: String, _ atLeast: Double) -> GateResult {
        var evidence: [String: JSON] = ["kind": "floor", "metric": .string(metric), "threshold": .double(atLeast)]
        guard let candidate = measurements.candidate else { return unmeasured(gate, evidence) }
        evidence["rows"] = JSON(measurements.rows)
        guard let value = candidate.metrics[metric], !value.isNaN else {
            return result(gate, .fail, evidence, "\(metric) cannot be computed on these \(measurements.rows) rows\(known(candidate)).")
        }
        evidence["value"] = .double(value)
        let passes = value >= atLeast
        return result(
            gate, passes ? .pass : .fail, evidence,
            "\(metric) is \(Figure.plain(value)) on \(measurements.rows) holdout rows; at least \(Figure.plain(atLeast)) is asked.")
    }

    private func champion(_ gate: GateDeclaration, _ metric: String, _ allowed: Double, _ slices: [String]) -> GateResult {
        var evidence: [String: JSON] = ["kind": "champion", "metric": .string(metric), "threshold": .double(allowed)]
        guard let candidate = measurements.candidate else { return unmeasured(gate, evidence) }
        evidence["rows"] = JSON(measurements.rows)
        let champion: GateMeasurements.Measured
        switch compared(gate, &evidence) {
        case .failure(let verdict): return verdict.result
        case .success(let measured): champion = measured
        }
        let whole = Drop(metric, candidate.metrics[metric], champion.metrics[metric], allowed)
        evidence.merge(whole.evidence) { $1 }
        var failed: [String] = []
        if !whole.passes { failed.append("over all \(measurements.rows) rows") }
        var cut: [JSON] = []
        for column in slices {
            guard let values = measurements.slices[column] else {
                failed.append("the holdout has no column '\(column)' to cut by")
                continue
            }
            for (value, rows) in groups(values) {
                let drop = Drop(metric, candidate.answers.metrics(of: rows)[metric], champion.answers.metrics(of: rows)[metric], allowed)
                var slice = drop.evidence
                slice["column"] = .string(column)
                slice["value_of_column"] = .string(value)
                slice["rows"] = JSON(rows.count)
                slice["verdict"] = .string(drop.passes ? "pass" : "fail")
                cut.append(.object(slice))
                if !drop.passes { failed.append("where \(column) is \(value) (\(rows.count) rows: \(drop.words))") }
            }
        }
        if !slices.isEmpty { evidence["slices"] = .array(cut) }
        let sentence =
            "\(metric) is \(whole.words) on the same \(measurements.rows) rows (champion: version \(champion.version)); "
            + "a drop of \(Figure.percent(allowed)) is allowed"
        return result(
            gate, failed.isEmpty ? .pass : .fail, evidence,
            failed.isEmpty ? sentence + "." : sentence + ", and it is more \(failed.joined(separator: "; ")).")
    }

    private func churn(_ gate: GateDeclaration, _ atMost: Double) -> GateResult {
        var evidence: [String: JSON] = ["kind": "churn", "threshold": .double(atMost)]
        guard let candidate = measurements.candidate else { return unmeasured(gate, evidence) }
        evidence["rows"] = JSON(measurements.rows)
        switch compared(gate, &evidence) {
        case .failure(let verdict): return verdict.result
        case .success(let champion):
            guard let share = candidate.answers.churn(against: champion.answers) else {
                return result(gate, .fail, evidence, "churn cannot be computed on \(measurements.rows) rows.")
            }
            evidence["value"] = .double(share)
            return result(
                gate, share <= atMost ? .pass : .fail, evidence,
                "\(Figure.percent(share)) of \(measurements.rows) answers differ from the champion's (version \(champion.version)); "
                    + "at most \(Figure.percent(atMost)) may.")
        }
    }

    private func latency(_ gate: GateDeclaration, _ limit: Period) -> GateResult {
        var evidence: [String: JSON] = ["kind": "latency_p99", "threshold_ms": .int(limit.milliseconds)]
        guard let latency = measurements.latency else { return unmeasured(gate, evidence) }
        let milliseconds = latency.p99 * 1000
        evidence["value_ms"] = .double(milliseconds)
        evidence["p50_ms"] = .double(latency.p50 * 1000)
        evidence["runs"] = JSON(latency.runs)
        let passes = milliseconds <= Double(limit.milliseconds)
        return result(
            gate, passes ? .pass : .fail, evidence,
            "99 % of \(latency.runs) single rows were answered within \(Figure.plain(milliseconds)) ms; at most \(limit) is asked.")
    }

    // MARK: Parts

    /// The champion's measurements, or the verdict that their absence gives.
    private func compared(_ gate: GateDeclaration, _ evidence: inout [String: JSON]) -> Result<GateMeasurements.Measured, EarlyVerdict> {
        switch measurements.champion {
        case .none:
            return .failure(EarlyVerdict(result(gate, .skipped, evidence, "There is no champion yet to compare with.")))
        case .failed(let version, let problem):
            evidence["champion_version"] = JSON(version)
            return .failure(EarlyVerdict(result(gate, .fail, evidence, "The champion (version \(version)) could not be measured: \(problem)")))
        case .measured(let champion):
            evidence["champion_version"] = JSON(champion.version)
            return .success(champion)
        }
    }

    private struct EarlyVerdict: Error {
        let result: GateResult
        init(_ result: GateResult) { self.result = result }
    }

    private func unmeasured(_ gate: GateDeclaration, _ evidence: [String: JSON]) -> GateResult {
        result(gate, .fail, evidence, "It could not be measured: \(measurements.problem ?? "there is no holdout table.")")
    }

    private func result(_ gate: GateDeclaration, _ verdict: GateResult.Verdict, _ evidence: [String: JSON], _ sentence: String) -> GateResult {
        var evidence = evidence
        evidence["sentence"] = .string(sentence)
        return GateResult(gate: gate.label, verdict: verdict, evidence: .object(evidence), at: at)
    }

    private func known(_ candidate: GateMeasurements.Measured) -> String {
        candidate.metrics.isEmpty ? "" : " (there are \(candidate.metrics.keys.sorted().joined(separator: ", ")))"
    }

    /// Rows by value, values in order, small groups left out.
    private func groups(_ values: [String?]) -> [(value: String, rows: [Int])] {
        Dictionary(grouping: values.indices, by: { values[$0] ?? "(missing)" })
            .filter { $0.value.count >= GateJudgement.minimumSliceRows }
            .sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }
}

/// How much worse a candidate is than the champion, relative to the champion.
private struct Drop {
    var passes: Bool
    var evidence: [String: JSON]
    var words: String

    init(_ metric: String, _ candidate: Double?, _ champion: Double?, _ allowed: Double) {
        evidence = ["value": JSON(candidate), "champion_value": JSON(champion)]
        guard let candidate, let champion, candidate.isFinite, champion.isFinite else {
            passes = false
            words =
                "not to be compared: \(candidate.map(Figure.plain) ?? "missing") against the champion's \(champion.map(Figure.plain) ?? "missing")"
            return
        }
        let loss = ModelTask.lowerIsBetter.contains(metric) ? candidate - champion : champion - candidate
        // No worse is no drop, also where the champion stands at zero and a share of it would be no number.
        let share = loss <= 0 && champion == 0 ? 0 : loss / abs(champion)
        evidence["drop"] = .double(share)
        passes = share <= allowed
        words = "\(Figure.plain(candidate)) against the champion's \(Figure.plain(champion))"
    }
}
