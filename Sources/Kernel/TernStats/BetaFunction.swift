import Foundation

/// The regularised incomplete beta function.
package enum BetaFunction {
    /// `I_x(a, b)`; `complement` is `1 - x`, given apart when the caller knows it more exactly.
    package static func regularized(_ x: Double, _ a: Double, _ b: Double, complement: Double? = nil) -> Double {
        let y = complement ?? 1 - x
        guard a > 0, b > 0, x >= 0, y >= 0 else { return .nan }
        if x == 0 { return 0 }
        if y == 0 { return 1 }
        let front = exp(a * (x < 0.5 ? log(x) : log1p(-y)) + b * (y < 0.5 ? log(y) : log1p(-x)) - logarithm(a, b))
        // The fraction converges fast on this side of the mean; the other side is its mirror.
        if x < (a + 1) / (a + b + 2) { return min(1, front * fraction(x, a, b) / a) }
        return max(0, 1 - front * fraction(y, b, a) / b)
    }

    /// `ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a + b)`; where one is large, its two logarithms would cancel, so their difference comes from
    /// Stirling's series.
    package static func logarithm(_ a: Double, _ b: Double) -> Double {
        let large = max(a, b)
        let small = min(a, b)
        guard large > 30 else { return GammaFunction.logarithm(a) + GammaFunction.logarithm(b) - GammaFunction.logarithm(a + b) }
        let sum = large + small
        let growth = (large - 0.5) * log1p(small / large) + small * (log(sum) - 1) + stirling(sum) - stirling(large)
        return GammaFunction.logarithm(small) - growth
    }

    /// What Stirling's formula lacks to `ln Γ(x)`, for x > 30.
    private static func stirling(_ x: Double) -> Double {
        let square = x * x
        return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1 / (1680 * square)) / square) / square) / x
    }

    /// Abramowitz and Stegun 26.5.8 by Lentz's method.
    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        if abs(d) < tiny { d = tiny }
        d = 1 / d
        var value = d
        for step in 1..<100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var change = 1.0
            for numerator in [even, odd] {
                d = 1 + numerator * d
                if abs(d) < tiny { d = tiny }
                c = 1 + numerator / c
                if abs(c) < tiny { c = tiny }
                d = 1 / d
                change = d * c
                value *= change
            }
            if abs(change - 1) < 1e-16 { break }
        }
        return value
    }
}
