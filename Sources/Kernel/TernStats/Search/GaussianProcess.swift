import Foundation

/// Regression by a Gaussian process of mean 0 and variance 1 with the Matérn kernel ν = 3/2: `k(d) = (1 + √3 d/l) exp(-√3 d/l)`.
///
/// Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1 and equation 4.17.
package struct GaussianProcess: Sendable {
    /// Added to the covariance's diagonal: the variance of what cannot be explained.
    package static let nugget = 1e-7
    /// Where the length scale is looked for; points lie in the unit cube.
    static let lengthScales = 1e-3...1e3

    package let lengthScale: Double
    package let logMarginalLikelihood: Double
    private let points: [[Double]]
    private let factor: Cholesky
    private let weights: [Double]

    /// - Parameter values: of mean 0 and variance about 1, one a point.
    /// - Returns: nil without points, with a value that is not finite, or where even a large nugget leaves the covariance singular.
    package init?(points: [[Double]], values: [Double], lengthScale: Double) {
        self.init(points: points, values: values, distances: GaussianProcess.distances(points), lengthScale: lengthScale)
    }

    /// - Parameter distances: of every two points, row by row.
    init?(points: [[Double]], values: [Double], distances: [Double], lengthScale: Double) {
        let size = points.count
        guard size > 0, values.count == size, lengthScale > 0, values.allSatisfy(\.isFinite), distances.allSatisfy(\.isFinite) else { return nil }
        let kernel = distances.map { GaussianProcess.kernel($0, lengthScale) }
        // The nugget keeps duplicates apart; where rounding still wins, a larger one follows.
        for nugget in [GaussianProcess.nugget, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2] {
            var covariance = kernel
            for index in 0..<size { covariance[index * size + index] += nugget }
            guard let factor = Cholesky(covariance, size: size) else { continue }
            let half = factor.forward(values)
            self.points = points
            self.lengthScale = lengthScale
            self.factor = factor
            weights = factor.backward(half)
            logMarginalLikelihood =
                -0.5 * half.reduce(0) { $0 + $1 * $1 } - factor.logRootDeterminant - Double(size) / 2 * log(2 * Double.pi)
            return
        }
        return nil
    }

    /// The one whose length scale makes the values most likely: a scan over the scales, then golden sections round the best.
    package static func fitted(points: [[Double]], values: [Double]) -> GaussianProcess? {
        let distances = distances(points)
        func process(_ exponent: Double) -> GaussianProcess? {
            GaussianProcess(points: points, values: values, distances: distances, lengthScale: exp(exponent))
        }
        let low = log(lengthScales.lowerBound)
        let high = log(lengthScales.upperBound)
        let step = (high - low) / 27
        let scan = (0...27).compactMap { index in process(low + Double(index) * step).map { (exponent: low + Double(index) * step, process: $0) } }
        guard var best = scan.max(by: { $0.process.logMarginalLikelihood < $1.process.logMarginalLikelihood }) else { return nil }
        var left = max(low, best.exponent - step)
        var right = min(high, best.exponent + step)
        let ratio = (5.0.squareRoot() - 1) / 2
        for _ in 0..<22 {
            let inner = right - ratio * (right - left)
            let outer = left + ratio * (right - left)
            guard let first = process(inner), let second = process(outer) else { break }
            if first.logMarginalLikelihood > best.process.logMarginalLikelihood { best = (inner, first) }
            if second.logMarginalLikelihood > best.process.logMarginalLikelihood { best = (outer, second) }
            if first.logMarginalLikelihood > second.logMarginalLikelihood { right = outer } else { left = inner }
        }
        return best.process
    }

    /// What is expected at a point, and how sure that is.
    package func prediction(at point: [Double]) -> (mean: Double, deviation: Double) {
        let kernel = points.map { GaussianProcess.kernel(GaussianProcess.distance($0, point), lengthScale) }
        var mean = 0.0
        for (value, weight) in zip(kernel, weights) { mean += value * weight }
        let explained = factor.forward(kernel).reduce(0) { $0 + $1 * $1 }
        return (mean, max(0, 1 - explained).squareRoot())
    }

    private static func kernel(_ distance: Double, _ lengthScale: Double) -> Double {
        let scaled = 3.0.squareRoot() * distance / lengthScale
        return (1 + scaled) * exp(-scaled)
    }

    private static func distance(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for (a, b) in zip(left, right) { sum += (a - b) * (a - b) }
        return sum.squareRoot()
    }

    /// Of every two points, row by row.
    private static func distances(_ points: [[Double]]) -> [Double] {
        var all = [Double](repeating: 0, count: points.count * points.count)
        for row in points.indices {
            for column in 0..<row {
                let distance = distance(points[row], points[column])
                all[row * points.count + column] = distance
                all[column * points.count + row] = distance
            }
        }
        return all
    }
}
