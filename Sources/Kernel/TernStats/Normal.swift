import Foundation

/// The standard normal distribution, with far tails right: each side is an `erfc`, never one minus the other.
package enum Normal {
    package static func cdf(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
    package static func sf(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

    /// The z below which the share `p` lies: -inf at 0, inf at 1, NaN outside.
    package static func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
        return p < 0.5 ? lower(p) : p == 0.5 ? 0 : -lower(1 - p)
    }

    /// The z above which the share `p` lies; right for tiny p, where `quantile(1 - p)` is not.
    package static func upperQuantile(_ p: Double) -> Double { -quantile(p) }

    /// Abramowitz and Stegun 26.2.23 as a start, then Halley's steps on `ln cdf`, which stays well scaled down to p = 1e-300.
    private static func lower(_ p: Double) -> Double {
        let t = (-2 * log(p)).squareRoot()
        var z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
        for _ in 0..<8 {
            let below = cdf(z)
            guard below > 0 else { break }
            let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
            let slope = density / below
            let residual = log(below) - log(p)
            let step = residual / slope
            // Halley: f''/f' of ln cdf is -(z + slope).
            let change = step / max(0.5, 1 + step * (z + slope) / 2)
            z -= change
            if abs(change) <= 1e-15 * abs(z) { break }
        }
        return z
    }
}
