import Foundation

/// The chi-square distribution.
package enum ChiSquare {
    /// The share above `x`, `Q(df/2, x/2)`; 1 for x <= 0, NaN unless df > 0.
    package static func sf(_ x: Double, _ degrees: Double) -> Double {
        guard degrees > 0, !x.isNaN else { return .nan }
        return x <= 0 ? 1 : GammaFunction.upper(degrees / 2, x / 2)
    }

    package static func cdf(_ x: Double, _ degrees: Double) -> Double {
        guard degrees > 0, !x.isNaN else { return .nan }
        return x <= 0 ? 0 : GammaFunction.lower(degrees / 2, x / 2)
    }

    /// The x above which the share `p` lies.
    package static func upperQuantile(_ p: Double, _ degrees: Double) -> Double {
        guard degrees > 0, p > 0, p < 1 else { return p == 1 ? 0 : p == 0 ? .infinity : .nan }
        var high = max(1, degrees)
        while sf(high, degrees) > p { high *= 2 }
        return Bisection.root(from: 0, to: high) { sf($0, degrees) > p }
    }
}

/// Student's t distribution.
package enum Student {
    /// The share above `t`: `I_{df/(df+t²)}(df/2, 1/2) / 2` for t >= 0.
    package static func sf(_ t: Double, _ degrees: Double) -> Double {
        guard degrees > 0, !t.isNaN else { return .nan }
        if t.isInfinite { return t > 0 ? 0 : 1 }
        let tail =
            0.5
            * BetaFunction.regularized(degrees / (degrees + t * t), degrees / 2, 0.5, complement: t * t / (degrees + t * t))
        return t >= 0 ? tail : 1 - tail
    }

    package static func cdf(_ t: Double, _ degrees: Double) -> Double { sf(-t, degrees) }

    /// The t below which the share `p` lies.
    package static func quantile(_ p: Double, _ degrees: Double) -> Double {
        guard degrees > 0, p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
        if p < 0.5 { return -quantile(1 - p, degrees) }
        let above = 1 - p
        var high = 1.0
        while sf(high, degrees) > above { high *= 2 }
        return Bisection.root(from: 0, to: high) { sf($0, degrees) > above }
    }
}

enum Bisection {
    /// The x where `left` turns from true to false, to the last bit.
    static func root(from low: Double, to high: Double, _ left: (Double) -> Bool) -> Double {
        var low = low
        var high = high
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            if middle <= low || middle >= high { break }
            if left(middle) { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }
}
