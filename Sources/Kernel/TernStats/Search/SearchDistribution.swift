import Foundation

/// How a numeric hyperparameter is drawn. A value is drawn by its quantile at a uniform share, and brought back to a share by its cdf.
package enum SearchDistribution: Hashable, Sendable {
    case uniform(min: Double, max: Double)
    /// `exp(u)` with u uniform between two exponents of base e.
    case logUniform(low: Double, high: Double)
    /// `exp(-u)` with u uniform between two exponents of base e; the share counts from its smallest value.
    case inverseLogUniform(low: Double, high: Double)
    case normal(mean: Double, deviation: Double)
    /// `exp` of a normal variable with this mean and deviation.
    case logNormal(mean: Double, deviation: Double)
    case beta(a: Double, b: Double)

    /// The value below which the share `p` lies; NaN unless 0 ≤ p ≤ 1.
    package func quantile(_ p: Double) -> Double {
        guard (0...1).contains(p) else { return .nan }
        switch self {
        case .uniform(let min, let max): return min + p * (max - min)
        case .logUniform(let low, let high): return exp(low + p * (high - low))
        case .inverseLogUniform(let low, let high): return exp(-(low + (1 - p) * (high - low)))
        case .normal(let mean, let deviation): return mean + deviation * Normal.quantile(p)
        case .logNormal(let mean, let deviation): return exp(mean + deviation * Normal.quantile(p))
        case .beta(let a, let b): return BetaQuantile.quantile(p, a, b)
        }
    }

    /// The share that lies at or below `value`.
    package func cdf(_ value: Double) -> Double {
        switch self {
        case .uniform(let min, let max): return SearchDistribution.share(value, min, max)
        case .logUniform(let low, let high): return value > 0 ? SearchDistribution.share(log(value), low, high) : 0
        case .inverseLogUniform(let low, let high): return value > 0 ? 1 - SearchDistribution.share(-log(value), low, high) : 0
        case .normal(let mean, let deviation): return Normal.cdf((value - mean) / deviation)
        case .logNormal(let mean, let deviation): return value > 0 ? Normal.cdf((log(value) - mean) / deviation) : 0
        case .beta(let a, let b): return BetaFunction.regularized(min(1, max(0, value)), a, b)
        }
    }

    private static func share(_ value: Double, _ low: Double, _ high: Double) -> Double {
        guard high > low else { return value < low ? 0 : 1 }
        return min(1, max(0, (value - low) / (high - low)))
    }

    /// Where values can lie; infinite on a side without a bound.
    package var support: ClosedRange<Double> {
        switch self {
        case .uniform(let min, let max): min...Swift.max(min, max)
        case .logUniform(let low, let high): exp(low)...exp(Swift.max(low, high))
        case .inverseLogUniform(let low, let high): exp(-Swift.max(low, high))...exp(-low)
        case .normal: -.infinity ... .infinity
        case .logNormal: 0 ... .infinity
        case .beta: 0...1
        }
    }

    // MARK: Steps

    /// The multiple of `step` nearest to `value` (of two equally near the even one), kept within the support where it holds any multiple.
    package func rounded(_ value: Double, toMultipleOf step: Double) -> Double {
        var count = (value / step).rounded(.toNearestOrEven)
        if let counts = counts(of: step) { count = min(max(count, counts.lowerBound), counts.upperBound) }
        return SearchDistribution.multiple(count, of: step)
    }

    /// Which multiples of `step` lie in the support, as counts; nil when none does.
    package func counts(of step: Double) -> ClosedRange<Double>? {
        let range = support
        // 0.3 / 0.1 is a little less than 3.
        let low = (range.lowerBound / step - 1e-9).rounded(.up)
        let high = (range.upperBound / step + 1e-9).rounded(.down)
        return low <= high ? low...high : nil
    }

    /// `count` steps; a step of 0.1 gives 0.3 and not 0.30000000000000004.
    package static func multiple(_ count: Double, of step: Double) -> Double {
        let inverse = (1 / step).rounded()
        let value = inverse >= 1 && abs(inverse * step - 1) < 1e-12 ? count / inverse : count * step
        return value == 0 ? 0 : value
    }
}

/// The inverse of the regularised incomplete beta function.
enum BetaQuantile {
    static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
        guard a > 0, b > 0 else { return .nan }
        if p <= 0 { return 0 }
        if p >= 1 { return 1 }
        let middle = a / (a + b)
        if p > BetaFunction.regularized(middle, a, b) { return 1 - lower(1 - p, b, a, upTo: 1 - middle) }
        return lower(p, a, b, upTo: middle)
    }

    /// Newton's method on `ln I` over `ln x`, which is nearly straight there, kept inside a bracket.
    private static func lower(_ p: Double, _ a: Double, _ b: Double, upTo middle: Double) -> Double {
        let target = log(p)
        let logBeta = BetaFunction.logarithm(a, b)
        var low = -745.0
        var high = log(middle)
        // For small x, I is x^a / (a B(a, b)).
        var t = min(high, max(low, (target + log(a) + logBeta) / a))
        for _ in 0..<200 {
            let x = exp(t)
            let share = BetaFunction.regularized(x, a, b)
            guard share > 0 else {
                low = t
                t = (low + high) / 2
                continue
            }
            let residual = log(share) - target
            if residual > 0 { high = t } else { low = t }
            let slope = exp(a * t + (b - 1) * log1p(-x) - logBeta) / share
            var next = t - residual / slope
            if !(next > low && next < high) { next = (low + high) / 2 }
            let change = abs(next - t)
            t = next
            if change <= 1e-16 * max(1, abs(t)) || high - low < 1e-16 { break }
        }
        return exp(t)
    }
}
