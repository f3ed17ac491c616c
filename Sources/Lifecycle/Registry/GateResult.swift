import TernKernel

/// What one gate said about one version, with what it said it on.
package struct GateResult: Codable, Hashable, Sendable {
    package enum Verdict: String, Codable, Hashable, Sendable {
        case pass
        case fail
        /// It could not apply, and the evidence says why (there is no champion yet).
        case skipped
    }

    /// The gate as a person reads it: `f1 at least 0.55`.
    package var gate: String
    package var verdict: Verdict
    /// Numbers, threshold, rows, champion; `sentence` is the one that a person reads.
    package var evidence: JSON
    package var at: Timestamp

    package init(gate: String, verdict: Verdict, evidence: JSON, at: Timestamp) {
        self.gate = gate
        self.verdict = verdict
        self.evidence = evidence
        self.at = at
    }

    package var sentence: String { evidence["sentence"]?.stringValue ?? "\(gate): \(verdict.rawValue)" }
}

extension GateDeclaration {
    /// The gate as a person reads it, the same for every version.
    package var label: String {
        switch self {
        case .floor(let metric, let atLeast): "\(metric) at least \(Figure.plain(atLeast))"
        case .champion(let metric, let drop, let slices):
            "\(metric) against champion, drop at most \(Figure.percent(drop))"
                + (slices.isEmpty ? "" : ", also by \(slices.joined(separator: ", "))")
        case .churn(let atMost): "churn at most \(Figure.percent(atMost))"
        case .latency(let p99): "latency_p99 at most \(p99)"
        }
    }
}
