import Foundation

/// The gamma function's logarithm and the two regularised incomplete gamma functions.
package enum GammaFunction {
    /// `ln Γ(x)` for x > 0; NaN otherwise. Lanczos' sum with Godfrey's coefficients (g = 607/128), about 1e-15. Unlike C's `lgamma` it writes no
    /// global sign, so any thread may call it.
    package static func logarithm(_ x: Double) -> Double {
        guard x > 0 else { return .nan }
        guard x.isFinite else { return x }
        // Near its zeros at 1 and 2 the sum cancels: go through the recurrence from above.
        if x < 0.5 { return logarithm(x + 1) - log(x) }
        let base = x - 1
        var sum = coefficients[0]
        for index in 1..<coefficients.count { sum += coefficients[index] / (base + Double(index)) }
        let t = base + 607.0 / 128 + 0.5
        return (base + 0.5) * log(t) - t + log(sum * (2 * Double.pi).squareRoot())
    }

    private static let coefficients = [
        0.99999999999999709182, 57.156235665862923517, -59.597960355475491248, 14.136097974741747174, -0.49191381609762019978,
        0.33994649984811888699e-4, 0.46523628927048575665e-4, -0.98374475304879564677e-4, 0.15808870322491248884e-3,
        -0.21026444172410488319e-3, 0.21743961811521264320e-3, -0.16431810653676389022e-3, 0.84418223983852743293e-4,
        -0.26190838401581408670e-4, 0.36899182659531622704e-5,
    ]

    /// `P(a, x) = γ(a, x) / Γ(a)`.
    package static func lower(_ a: Double, _ x: Double) -> Double {
        guard a > 0, x >= 0 else { return .nan }
        if x == 0 { return 0 }
        return x < a + 1 ? series(a, x) : 1 - fraction(a, x)
    }

    /// `Q(a, x) = 1 - P(a, x)`, right in the far tail.
    package static func upper(_ a: Double, _ x: Double) -> Double {
        guard a > 0, x >= 0 else { return .nan }
        if x == 0 { return 1 }
        return x < a + 1 ? 1 - series(a, x) : fraction(a, x)
    }

    private static func front(_ a: Double, _ x: Double) -> Double { exp(a * log(x) - x - logarithm(a)) }

    /// Abramowitz and Stegun 6.5.29.
    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var sum = term
        var n = a
        for _ in 0..<200_000 {
            n += 1
            term *= x / n
            sum += term
            if abs(term) < abs(sum) * 1e-17 { break }
        }
        return min(1, sum * front(a, x))
    }

    /// Abramowitz and Stegun 6.5.31 by Lentz's method.
    private static func fraction(_ a: Double, _ x: Double) -> Double {
        guard x.isFinite else { return 0 }
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var value = d
        for step in 1..<200_000 {
            let numerator = -Double(step) * (Double(step) - a)
            b += 2
            d = numerator * d + b
            if abs(d) < tiny { d = tiny }
            c = b + numerator / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            let change = d * c
            value *= change
            if abs(change - 1) < 1e-16 { break }
        }
        return min(1, value * front(a, x))
    }
}
