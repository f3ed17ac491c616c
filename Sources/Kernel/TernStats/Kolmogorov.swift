import Foundation

/// Distributions of the Kolmogorov-Smirnov distance D.
package enum Kolmogorov {
    /// The limit for many rows: the share above `x = D sqrt(n)`, `2 Σ (-1)^(k-1) exp(-2 k² x²)`; for small x the theta-transformed sum.
    package static func limitSf(_ x: Double) -> Double {
        guard !x.isNaN else { return .nan }
        if x <= 0 { return 1 }
        if x < 1 {
            var sum = 0.0
            for k in 0..<20 {
                let odd = Double(2 * k + 1) * Double.pi
                sum += exp(-odd * odd / (8 * x * x))
            }
            return max(0, 1 - sum * (2 * Double.pi).squareRoot() / x)
        }
        var sum = 0.0
        for k in 1...20 {
            let term = exp(-2 * Double(k * k) * x * x)
            sum += k % 2 == 1 ? term : -term
            if term < 1e-18 * sum { break }
        }
        return min(1, max(0, 2 * sum))
    }

    /// The x that `limitSf` brings to `p`.
    package static func limitQuantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 1 ? 0 : p == 0 ? .infinity : .nan }
        return Bisection.root(from: 0, to: 40) { limitSf($0) > p }
    }

    /// The share of samples of `n` rows whose distance from their own distribution is above `d`, exact or nearly so for any n
    /// (Simard and L'Ecuyer, J. Stat. Softw. 39(11), 2011; scipy's `kstwo.sf`).
    package static func oneSampleSf(_ d: Double, _ n: Int) -> Double {
        guard n > 0, !d.isNaN else { return .nan }
        let count = Double(n)
        let t = count * d
        if d >= 1 { return 0 }
        if t <= 0.5 { return 1 }
        let scaled = t * d
        if d >= 0.5 || scaled >= (n <= 140 ? 4 : 2.2) { return min(1, 2 * oneSided(d, n)) }
        return min(1, max(0, 1 - (n <= 140 ? matrixCdf(d, n) : pelzGoodCdf(d, count))))
    }

    /// `d Σ_{j=0}^{⌊n(1-d)⌋} C(n,j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j)` (Birnbaum and Tingey 1951).
    private static func oneSided(_ d: Double, _ n: Int) -> Double {
        let count = Double(n)
        let whole = GammaFunction.logarithm(count + 1)
        var sum = 0.0
        for j in 0...Int(count * (1 - d)) {
            let share = Double(j) / count
            let rest = 1 - d - share
            guard rest > 0 || j == n else { continue }
            let choices = whole - GammaFunction.logarithm(Double(j) + 1) - GammaFunction.logarithm(Double(n - j) + 1)
            sum += exp(choices + Double(j - 1) * log(d + share) + (j == n ? 0 : Double(n - j) * log(rest)))
        }
        return d * sum
    }

    /// Durbin's matrix (Marsaglia, Tsang and Wang, J. Stat. Softw. 8(18), 2003), for small n.
    private static func matrixCdf(_ d: Double, _ n: Int) -> Double {
        let k = Int(Double(n) * d) + 1
        let size = 2 * k - 1
        let h = Double(k) - Double(n) * d
        var matrix = SquareMatrix(size) { row, column in row - column + 1 < 0 ? 0 : 1 }
        for index in 0..<size {
            matrix[index, 0] -= pow(h, Double(index + 1))
            matrix[size - 1, index] -= pow(h, Double(size - index))
        }
        matrix[size - 1, 0] += 2 * h - 1 > 0 ? pow(2 * h - 1, Double(size)) : 0
        for row in 0..<size {
            for column in 0..<size where row - column + 1 > 0 {
                for divisor in 1...(row - column + 1) { matrix[row, column] /= Double(divisor) }
            }
        }
        var value = matrix.power(n)
        for index in 1...n { value.multiplyCentre(by: Double(index) / Double(n), at: k - 1) }
        return value.centre(at: k - 1)
    }

    /// Pelz and Good, J. Roy. Statist. Soc. B 38, 1976: four terms in 1/sqrt(n), about 1e-9 for n > 140.
    private static func pelzGoodCdf(_ d: Double, _ n: Double) -> Double {
        let root = n.squareRoot()
        let z = root * d
        let z2 = z * z
        let z4 = z2 * z2
        let z6 = z4 * z2
        let pi2 = Double.pi * Double.pi
        let pi4 = pi2 * pi2
        let w = pi2 / (2 * z2)
        var k0 = 0.0
        var k1 = 0.0
        var k2 = 0.0
        var k3 = 0.0
        for j in 0...20 {
            let half = (Double(j) + 0.5) * (Double(j) + 0.5)
            let fade = exp(-half * w)
            k0 += fade
            k1 += (pi2 * half - z2) * fade
            k2 += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * half + pi4 * (1 - 2 * z2) * half * half) * fade
            let third = -30 * z6 - 90 * z6 * z2 + pi2 * (135 * z4 - 96 * z6) * half
            k3 += (third + pi4 * (212 * z4 - 60 * z2) * half * half + pi2 * pi4 * half * half * half * (5 - 30 * z2)) * fade
        }
        var k2b = 0.0
        var k3b = 0.0
        for j in 1...20 {
            let square = Double(j * j)
            let fade = exp(-square * w)
            k2b += pi2 * square * fade
            k3b += (3 * pi2 * square * z2 - pi4 * square * square) * fade
        }
        let half = (Double.pi / 2).squareRoot()
        var sum = k0 * 2 * half / z
        sum += k1 * half / (root * 3 * z4)
        sum += k2 * half / (n * 36 * z * z6) - k2b * half / (n * 18 * z * z2)
        sum += k3 * half / (root * n * 3240 * z4 * z6) + k3b * half / (root * n * 108 * z6)
        return min(1, max(0, sum))
    }
}

/// A small matrix whose powers are kept in range by a common power of ten.
private struct SquareMatrix {
    let size: Int
    var cells: [Double]
    var exponent = 0

    init(_ size: Int, _ cell: (Int, Int) -> Double) {
        self.size = size
        cells = (0..<size * size).map { cell($0 / size, $0 % size) }
    }

    subscript(row: Int, column: Int) -> Double {
        get { cells[row * size + column] }
        set { cells[row * size + column] = newValue }
    }

    func times(_ other: SquareMatrix) -> SquareMatrix {
        var product = SquareMatrix(size) { _, _ in 0 }
        for row in 0..<size {
            for inner in 0..<size {
                let factor = self[row, inner]
                for column in 0..<size { product[row, column] += factor * other[inner, column] }
            }
        }
        product.exponent = exponent + other.exponent
        if product[size / 2, size / 2] > 1e140 {
            for index in product.cells.indices { product.cells[index] *= 1e-140 }
            product.exponent += 140
        }
        return product
    }

    func power(_ n: Int) -> SquareMatrix {
        if n <= 1 { return self }
        let half = power(n / 2)
        let square = half.times(half)
        return n % 2 == 0 ? square : square.times(self)
    }

    mutating func multiplyCentre(by factor: Double, at index: Int) {
        self[index, index] *= factor
        if self[index, index] < 1e-140 {
            self[index, index] *= 1e140
            exponent -= 140
        }
    }

    func centre(at index: Int) -> Double { self[index, index] * pow(10, Double(exponent)) }
}
