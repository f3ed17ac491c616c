import Foundation

/// Which point to try next, from what was seen so far: a Gaussian process and the improvement it promises (Jones, Schonlau and Welch 1998).
/// Smaller values are better.
package struct BayesianSearch: Sendable {
    package struct Observation: Sendable {
        package var point: [Double]
        package var value: Double

        package init(point: [Double], value: Double) {
            self.point = point
            self.value = value
        }
    }

    /// More observations than this are thinned to the best half and the latest half: the cost grows with their cube.
    package static let observationLimit = 150

    private let process: ScaledProcess
    /// The best value seen, standardised.
    private let best: Double
    private let mean: Double
    private let scale: Double

    /// - Parameters:
    ///   - observations: in the order in which they were made; those whose point or value is not finite are left out.
    ///   - pending: points that are being tried; each is taken to answer what the process expects of it, so that neighbours are not tried too.
    ///   - parameters: which parameter each coordinate belongs to, as a choice has one an alternative; nil when each is a parameter by itself.
    /// - Returns: nil with fewer than two usable observations, or points of different lengths.
    package init?(_ observations: [Observation], pending: [[Double]] = [], parameters: [Int]? = nil) {
        let usable = BayesianSearch.thinned(observations.filter { $0.value.isFinite && $0.point.allSatisfy(\.isFinite) })
        guard usable.count >= 2, let parameters = parameters ?? usable.first.map({ Array($0.point.indices) }), let least = usable.map(\.value).min()
        else { return nil }
        // Divided by the largest first, so that the sums of large values stay finite.
        let largest = max(1, usable.map { abs($0.value) }.max() ?? 1)
        let scaled = usable.map { $0.value / largest }
        let average = scaled.reduce(0, +) / Double(scaled.count)
        let variance = scaled.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(scaled.count)
        let deviation = variance.squareRoot() + 1e-6 / largest
        var points = usable.map(\.point)
        var values = scaled.map { ($0 - average) / deviation }
        guard var process = ScaledProcess.fitted(points: points, values: values, parameters: parameters) else { return nil }
        let running = pending.filter { $0.allSatisfy(\.isFinite) }.prefix(BayesianSearch.observationLimit)
        if !running.isEmpty {
            values += running.map { process.prediction(at: $0).mean }
            points += running
            guard let fantasy = process.with(points: points, values: values) else { return nil }
            process = fantasy
        }
        self.process = process
        best = (least / largest - average) / deviation
        mean = average * largest
        scale = deviation * largest
    }

    private static func thinned(_ observations: [Observation]) -> [Observation] {
        guard observations.count > observationLimit else { return observations }
        let latest = observations.indices.suffix(observationLimit / 2)
        let good = observations.indices.dropLast(observationLimit / 2).sorted { (observations[$0].value, $0) < (observations[$1].value, $1) }
        let kept = Set(latest).union(good.prefix(observationLimit - latest.count))
        return observations.indices.filter(kept.contains).map { observations[$0] }
    }

    /// How much less than the best so far is expected of a point, in units of the values; never negative.
    package func expectedImprovement(at point: [Double]) -> Double { improvement(process.prediction(at: point)) * scale }

    /// What is expected at a point, in units of the values.
    package func prediction(at point: [Double]) -> (mean: Double, deviation: Double) {
        let found = process.prediction(at: point)
        return (found.mean * scale + mean, found.deviation * scale)
    }

    /// The candidate that promises most; where none promises anything, the one that is known least.
    package func choose(among candidates: [[Double]]) -> Int? {
        let judged = candidates.map { point in
            let found = process.prediction(at: point)
            return (improvement: improvement(found), deviation: found.deviation)
        }
        // Of equals the first: the choice must not depend on anything else.
        var chosen: Int?
        for index in judged.indices {
            guard let current = chosen else {
                chosen = index
                continue
            }
            if (judged[index].improvement, judged[index].deviation) > (judged[current].improvement, judged[current].deviation) { chosen = index }
        }
        return chosen
    }

    private func improvement(_ found: (mean: Double, deviation: Double)) -> Double {
        let gain = best - found.mean
        guard found.deviation > 1e-12 else { return max(0, gain) }
        let z = gain / found.deviation
        let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
        let value = gain * Normal.cdf(z) + found.deviation * density
        return value.isFinite ? max(0, value) : 0
    }
}
