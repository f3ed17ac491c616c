import Foundation

/// Stops trials early: at certain iterations ("bands") only the best `1/eta` of all trials that came so far go on.
///
/// The rule of Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar (2018) in the form that sweep files know. Smaller values are better.
package struct Hyperband: Hashable, Sendable {
    /// Iterations, counted from 1, ascending.
    package let bands: [Int]
    package let eta: Double
    /// Whether a trial is judged by its value at the band; otherwise by its best value so far.
    package let isStrict: Bool

    /// Bands at `minimum · eta^n`.
    ///
    /// - Returns: nil unless `minimum` is at least 1 and `eta` greater than 1.
    package init?(minimum: Int, eta: Double = 3, isStrict: Bool = true) {
        guard minimum >= 1, eta > 1, eta.isFinite else { return nil }
        var bands: [Int] = []
        var band = Double(minimum)
        while band < 1e9, bands.count < 100 {
            bands.append(Int(band))
            band *= eta
        }
        self.init(bands: bands, eta: eta, isStrict: isStrict)
    }

    /// Bands at `maximum / eta^i` for i from 1 to `count`, as far as they are at least 1.
    ///
    /// - Returns: nil when there is no such band.
    package init?(maximum: Int, count: Int, eta: Double = 3, isStrict: Bool = true) {
        guard maximum >= 1, count >= 1, eta > 1, eta.isFinite else { return nil }
        var bands: [Int] = []
        var band = Double(maximum)
        for _ in 0..<min(count, 100) {
            band /= eta
            if band < 1 { break }
            bands.append(Int(band))
        }
        self.init(bands: bands.reversed(), eta: eta, isStrict: isStrict)
    }

    private init?(bands: [Int], eta: Double, isStrict: Bool) {
        guard !bands.isEmpty else { return nil }
        self.bands = bands
        self.eta = eta
        self.isStrict = isStrict
    }

    /// What this rule needs to know of a trial's history.
    package struct Curve: Hashable, Sendable, Codable {
        /// How many iterations it had.
        package var count: Int
        package var best: Double?
        /// Its values at the bands that it reached.
        package var atBands: [Double]
    }

    /// - Parameter history: one value an iteration; those that are not finite do not count as iterations.
    package func curve(_ history: [Double]) -> Curve {
        let values = history.filter(\.isFinite)
        return Curve(count: values.count, best: values.min(), atBands: bands.prefix { $0 <= values.count }.map { values[$0 - 1] })
    }

    /// For each band the value that a trial may not exceed; nil where no trial came.
    package func thresholds(_ curves: [Curve]) -> [Double?] {
        bands.indices.map { band in
            let values = curves.compactMap { $0.atBands.indices.contains(band) ? $0.atBands[band] : nil }.sorted()
            let position = Int(1 / eta * Double(values.count))
            return values.indices.contains(position) ? values[position] : nil
        }
    }

    /// Whether a trial is to stop, given the thresholds from all trials, itself among them.
    package func stops(_ curve: Curve, _ thresholds: [Double?]) -> Bool {
        guard let band = curve.atBands.indices.last, thresholds.indices.contains(band), let threshold = thresholds[band] else { return false }
        let value = isStrict ? curve.atBands[band] : curve.best ?? curve.atBands[band]
        return value > threshold
    }
}
