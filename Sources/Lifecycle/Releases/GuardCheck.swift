import Foundation
import TernKernel
import TernStats

/// What one guard says about a version on trial, and the numbers it says it from.
package struct GuardResult: Codable, Hashable, Sendable {
    package enum Verdict: String, Codable, Sendable, CaseIterable {
        case pass
        case fail
        case notEnoughData = "not_enough_data"
    }

    /// `rows`, `errors`, `latency_p99` or `accuracy_drop`.
    package var `guard`: String
    package var verdict: Verdict
    package var observed: Double?
    package var limit: Double
    package var pValue: Double?
    package var message: String
    package var candidate: VariantObservation?
    package var primary: VariantObservation?
}

/// Judges a version on trial: pure, and the same numbers always give the same verdict.
///
/// A guard fails only on evidence: where a rate is estimated, its limit must be exceeded both by the estimate and beyond chance at 1 %. It passes
/// when there are enough rows and the estimate keeps the limit. Anything between is "not enough data", and the release waits.
struct GuardCheck {
    static let significance = 0.01
    /// Below this many labelled rows on either side the normal approximation of the two-proportion test does not hold.
    static let leastLabelled = 30

    var plan: ReleasePlan
    var candidate: String
    var primary: String?

    /// - Parameters:
    ///   - step: what the variants did since the step began: rows, errors and latency are judged on it.
    ///   - whole: what they did since the release began: labels come late and are judged on all of it.
    func results(step: [VariantObservation], whole: [VariantObservation]) -> [GuardResult] {
        let now = observation(of: candidate, in: step)
        var results = [rows(now)]
        if let limit = plan.guard.errors { results.append(errors(now, limit: limit)) }
        if let limit = plan.guard.latencyP99 { results.append(latency(now, limit: limit)) }
        if let limit = plan.guard.accuracyDrop {
            let base = primary.map { observation(of: $0, in: whole) } ?? VariantObservation(variant: "none", requests: 0, rows: 0)
            results.append(accuracy(observation(of: candidate, in: whole), against: base, limit: limit))
        }
        return results
    }

    private func observation(of variant: String, in observations: [VariantObservation]) -> VariantObservation {
        observations.first { $0.variant == variant } ?? VariantObservation(variant: variant, requests: 0, rows: 0)
    }

    private func rows(_ now: VariantObservation) -> GuardResult {
        GuardResult(
            guard: "rows", verdict: now.rows >= plan.minimumRows ? .pass : .notEnoughData, observed: Double(now.rows),
            limit: Double(plan.minimumRows),
            message: "\(now.rows) of at least \(plan.minimumRows) rows answered in this step", candidate: now)
    }

    private func errors(_ now: VariantObservation, limit: Double) -> GuardResult {
        let failed = max(0, min(now.errors, now.requests))
        let share = now.requests > 0 ? Double(failed) / Double(now.requests) : nil
        let chance = GuardCheck.upperTail(failed, of: now.requests, share: limit)
        let verdict: GuardResult.Verdict
        if let share, share > limit {
            verdict = chance < GuardCheck.significance ? .fail : .notEnoughData
        } else {
            verdict = share != nil && now.rows >= plan.minimumRows ? .pass : .notEnoughData
        }
        return GuardResult(
            guard: "errors", verdict: verdict, observed: share, limit: limit, pValue: share == nil ? nil : chance,
            message: "\(failed) of \(now.requests) requests failed; at most \(limit.percent) may", candidate: now)
    }

    private func latency(_ now: VariantObservation, limit: Period) -> GuardResult {
        let limitMicroseconds = Double(limit.milliseconds) * 1000
        let slowest = now.latencyP99Microseconds.map(Double.init)
        var chance: Double?
        var verdict = GuardResult.Verdict.notEnoughData
        if let slowest, now.requests > 0 {
            let enough = now.rows >= plan.minimumRows
            if slowest <= limitMicroseconds {
                verdict = enough ? .pass : .notEnoughData
            } else if let slow = now.slow {
                let tail = GuardCheck.upperTail(slow, of: now.requests, share: 0.01)
                chance = tail
                verdict = tail < GuardCheck.significance ? .fail : (enough && slow <= 1 ? .pass : .notEnoughData)
            }
            // The estimate itself is sound from a hundred requests on: then it no longer is just the slowest request.
            if slowest > limitMicroseconds, now.requests >= 100 { verdict = .fail }
        }
        return GuardResult(
            guard: "latency_p99", verdict: verdict, observed: slowest.map { $0 / 1000 }, limit: limitMicroseconds / 1000, pValue: chance,
            message: "99% of \(now.requests) requests took at most \(slowest.map { "\($0 / 1000)" } ?? "?") ms; the limit is \(limit)", candidate: now
        )
    }

    private func accuracy(_ now: VariantObservation, against base: VariantObservation, limit: Double) -> GuardResult {
        let pass = GuardResult(
            guard: "accuracy_drop", verdict: .notEnoughData, limit: limit,
            message: "\(now.labelled) labelled rows against \(base.labelled); too few to compare", candidate: now, primary: base)
        guard let test = twoProportionOneSided(successesA: now.correct, nA: now.labelled, successesB: base.correct, nB: base.labelled) else {
            return pass
        }
        let drop = Double(base.correct) / Double(base.labelled) - Double(now.correct) / Double(now.labelled)
        var result = pass
        result.observed = drop
        result.pValue = test.pValue
        guard min(now.labelled, base.labelled) >= GuardCheck.leastLabelled else { return result }
        let enough = min(now.labelled, base.labelled) >= plan.minimumRows
        if drop > limit {
            result.verdict = test.pValue < GuardCheck.significance ? .fail : .notEnoughData
        } else {
            result.verdict = enough ? .pass : .notEnoughData
        }
        let p = (test.pValue * 10_000).rounded() / 10_000
        result.message =
            "\(now.correct) of \(now.labelled) labelled rows right against \(base.correct) of \(base.labelled): "
            + "\(abs(drop).percent) \(drop > 0 ? "worse" : "better"), p \(p); at most \(limit.percent) worse is allowed"
        return result
    }

    /// The probability of at least `count` successes in `trials`, each with probability `share`.
    static func upperTail(_ count: Int, of trials: Int, share: Double) -> Double {
        guard trials > 0, count > 0 else { return 1 }
        guard count <= trials, share > 0 else { return 0 }
        guard share < 1 else { return 1 }
        // Summed from the far end in logarithms, where the terms are smallest.
        var total = 0.0
        for successes in stride(from: trials, through: count, by: -1) {
            let n = Double(trials)
            let k = Double(successes)
            let term = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * log(share) + (n - k) * log1p(-share)
            total += exp(term)
        }
        return min(1, total)
    }

    /// Stirling's series after shifting the argument above 10: accurate to 1e-14, and free of `lgamma`'s global sign.
    private static func logGamma(_ value: Double) -> Double {
        var shift = 0.0
        var x = value
        while x < 10 {
            shift += log(x)
            x += 1
        }
        let inverse = 1 / (x * x)
        let series = (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse / 1680))) / x
        return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series - shift
    }
}
