import Foundation

/// A Gaussian process with a length scale for each parameter (automatic relevance determination; Rasmussen and Williams 2006, section 5.1).
///
/// With one scale for all, a number on which the values depend much makes the common scale short, and two alternatives of a choice, always 1 apart,
/// then tell nothing of one another: each has to be searched anew, and one that was seen in bad company only is never looked at again.
struct ScaledProcess: Sendable {
    /// More parameters than these share two scales, one for numbers and one for choices: few results do not tell so many scales apart.
    static let ownScales = 8
    /// Where the logarithms of the scales are looked for; points lie in the unit cube.
    private static let logarithms = -3.5...4.0

    /// Works on points that are divided by their scales; its own scale is 1.
    private let process: GaussianProcess
    /// One a coordinate.
    let scales: [Double]

    private init(process: GaussianProcess, scales: [Double]) {
        self.process = process
        self.scales = scales
    }

    /// The most likely one under a prior that keeps a scale, of which few results say little, near the side of the cube: its logarithm is normal with
    /// deviation 1. Found by a scan over one scale for all and then by steps of one scale at a time.
    ///
    /// - Parameter parameters: which parameter each coordinate belongs to.
    /// - Returns: nil where `GaussianProcess` is, or when not every coordinate has its parameter.
    static func fitted(points: [[Double]], values: [Double], parameters: [Int]) -> ScaledProcess? {
        guard !points.isEmpty, points.allSatisfy({ $0.count == parameters.count }) else { return nil }
        let groups = Group.of(parameters)
        let squares = groups.map { ScaledProcess.squares(points, $0.coordinates) }
        func score(_ logarithms: [Double]) -> Double? {
            var sums = [Double](repeating: 0, count: points.count * points.count)
            for (group, logarithm) in zip(squares, logarithms) {
                let weight = exp(-2 * logarithm)
                for index in sums.indices { sums[index] += weight * group[index] }
            }
            let process = GaussianProcess(points: points, values: values, distances: sums.map { $0.squareRoot() }, lengthScale: 1)
            return process.map { process in
                zip(groups, logarithms).reduce(process.logMarginalLikelihood) { $0 - 0.5 * ($1.1 - $1.0.center) * ($1.1 - $1.0.center) }
            }
        }

        var chosen = groups.map { _ in 0.0 }
        var best = -Double.infinity
        func consider(_ logarithms: [Double]) {
            guard let found = score(logarithms), found > best else { return }
            (chosen, best) = (logarithms, found)
        }
        let (low, high) = (logarithms.lowerBound, logarithms.upperBound)
        for index in 0...12 { consider(groups.map { _ in low + (high - low) * Double(index) / 12 }) }
        var step = 0.75
        for _ in 0..<5 {
            for group in groups.indices {
                for steps in [-2.0, -1, 1, 2] {
                    var next = chosen
                    next[group] = min(high, max(low, next[group] + steps * step))
                    consider(next)
                }
            }
            step *= 0.6
        }

        var scales = parameters.map { _ in 1.0 }
        for (group, logarithm) in zip(groups, chosen) {
            for coordinate in group.coordinates { scales[coordinate] = exp(logarithm) }
        }
        return ScaledProcess(points: points, values: values, scales: scales)
    }

    /// The same scales with other observations.
    func with(points: [[Double]], values: [Double]) -> ScaledProcess? { ScaledProcess(points: points, values: values, scales: scales) }

    private init?(points: [[Double]], values: [Double], scales: [Double]) {
        let scaled = points.map { zip($0, scales).map { $0 / $1 } }
        guard let process = GaussianProcess(points: scaled, values: values, lengthScale: 1) else { return nil }
        self.init(process: process, scales: scales)
    }

    /// What is expected at a point, and how sure that is.
    func prediction(at point: [Double]) -> (mean: Double, deviation: Double) { process.prediction(at: zip(point, scales).map { $0 / $1 }) }

    /// The squared distances of every two points over some coordinates, row by row.
    private static func squares(_ points: [[Double]], _ coordinates: [Int]) -> [Double] {
        points.flatMap { left in
            points.map { right in coordinates.reduce(0) { $0 + (left[$1] - right[$1]) * (left[$1] - right[$1]) } }
        }
    }

    /// Coordinates that have one scale.
    private struct Group {
        var coordinates: [Int]
        /// The mean of the prior: points of the unit cube are the further apart the more parameters there are.
        var center: Double

        static func of(_ parameters: [Int]) -> [Group] {
            let own = Dictionary(grouping: parameters.indices, by: { parameters[$0] }).sorted { $0.key < $1.key }.map(\.value)
            guard own.count > ScaledProcess.ownScales else { return own.map { Group(coordinates: $0, center: 0) } }
            return [own.filter { $0.count == 1 }, own.filter { $0.count > 1 }].filter { !$0.isEmpty }.map { shared in
                Group(coordinates: shared.flatMap { $0 }, center: 0.5 * log(Double(shared.count)))
            }
        }
    }
}
