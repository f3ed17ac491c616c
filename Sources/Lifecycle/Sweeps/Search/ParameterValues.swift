import Foundation
import TernKernel
import TernStats

extension SweepParameter {
    /// The value at a share between 0 and 1.
    func value(at share: Double) -> JSON {
        switch space {
        case .constant(let value): return value
        case .categorical(let values, nil):
            return values.isEmpty ? .null : values[min(values.count - 1, Int(share * Double(values.count)))]
        case .categorical(let values, let probabilities?):
            var sum = 0.0
            for (value, probability) in zip(values, probabilities) {
                sum += probability
                if share < sum { return value }
            }
            // Rounding left a little over: the last one that can come at all.
            return Array(zip(values, probabilities)).last { $0.1 > 0 }?.0 ?? .null
        case .integers(let low, let high):
            return .int(min(high, low + Int64(share * Double(high - low + 1))))
        case .number(let distribution, let step, let isWhole):
            let drawn = distribution.quantile(share)
            // A log-normal variable can leave the numbers that there are.
            let value = drawn.isFinite ? drawn : drawn > 0 ? Double.greatestFiniteMagnitude : 0
            guard let step else { return .double(value) }
            let rounded = distribution.rounded(value, toMultipleOf: step)
            if isWhole, let whole = Int64(exactly: rounded) { return .int(whole) }
            return .double(rounded)
        }
    }

    /// The value as coordinates in the unit cube, for the Gaussian process: numbers by their share, a choice as one coordinate an alternative.
    /// Any two alternatives are 1 apart. Nil for a value that the parameter cannot take.
    func coordinates(of value: JSON) -> [Double]? {
        switch space {
        case .constant: return []
        case .categorical(let values, _):
            guard let chosen = values.firstIndex(of: value) else { return nil }
            return values.indices.map { $0 == chosen ? 0.5.squareRoot() : 0 }
        case .integers(let low, let high):
            guard let number = value.doubleValue else { return nil }
            return [(number - Double(low)) / Double(high - low)]
        case .number(let distribution, _, _):
            return value.doubleValue.map { [distribution.cdf($0)] }
        }
    }

    // MARK: Grid

    /// How many values a grid takes from it; nil when they cannot be listed.
    var gridCount: Int? {
        switch space {
        case .constant: 1
        case .categorical(let values, nil): values.count
        case .categorical(_, _?): nil
        case .integers(let low, let high): high - low < Int64(SweepLimits.trials) ? Int(high - low) + 1 : nil
        case .number(_, nil, _): nil
        case .number(let distribution, let step?, _):
            switch distribution {
            case .uniform(let low, let high): SweepParameter.count(((high - low) / step - 1e-9).rounded(.up))
            default: distribution.counts(of: step).flatMap { SweepParameter.count($0.upperBound - $0.lowerBound + 1) }
            }
        }
    }

    private static func count(_ value: Double) -> Int? { value >= 1 && value <= Double(SweepLimits.trials) ? Int(value) : nil }

    /// The value at a place among those of the grid.
    func gridValue(_ index: Int) -> JSON {
        switch space {
        case .constant(let value): return value
        case .categorical(let values, _): return values.indices.contains(index) ? values[index] : .null
        case .integers(let low, _): return .int(low + Int64(index))
        case .number(let distribution, let step, let isWhole):
            let step = step ?? 1
            var value = SearchDistribution.multiple(Double(index) + (distribution.counts(of: step)?.lowerBound ?? 0), of: step)
            // q_uniform counts from min, as the format has it, and stays below max.
            if case .uniform(let low, _) = distribution {
                let first = (low / step).rounded()
                value =
                    abs(first * step - low) < 1e-9 * step
                    ? SearchDistribution.multiple(first + Double(index), of: step) : low + Double(index) * step
            }
            if isWhole, let whole = Int64(exactly: value) { return .int(whole) }
            return .double(value)
        }
    }
}

/// Every combination of the parameters' values: by name, the last one changing fastest.
struct SweepGrid {
    let parameters: [SweepParameter]
    private let counts: [Int]
    let count: Int

    /// Nil when a parameter cannot be listed, or there are more combinations than a sweep may have trials.
    init?(_ parameters: [SweepParameter]) {
        var counts: [Int] = []
        var product = 1
        for parameter in parameters {
            guard let count = parameter.gridCount, count > 0 else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: count)
            guard !overflow, next <= SweepLimits.trials else { return nil }
            product = next
            counts.append(count)
        }
        self.parameters = parameters
        self.counts = counts
        count = product
    }

    /// The combination at a place, from 0.
    func values(_ index: Int) -> [JSON] {
        var rest = index
        var places: [Int] = []
        for count in counts.reversed() {
            places.append(rest % count)
            rest /= count
        }
        return zip(parameters, places.reversed()).map { $0.gridValue($1) }
    }
}

/// The values of one trial, nested as the parameters are.
struct TrialParams {
    static func nested(_ parameters: [SweepParameter], _ values: [JSON]) -> JSON {
        var root: [String: JSON] = [:]
        for (parameter, value) in zip(parameters, values) { insert(value, at: parameter.path[...], into: &root) }
        return .object(root)
    }

    private static func insert(_ value: JSON, at path: ArraySlice<String>, into fields: inout [String: JSON]) {
        guard let key = path.first else { return }
        guard path.count > 1 else {
            fields[key] = value
            return
        }
        var inner = fields[key]?.objectValue ?? [:]
        insert(value, at: path.dropFirst(), into: &inner)
        fields[key] = .object(inner)
    }

    /// Names and values, in the order of the parameters.
    static func flat(_ parameters: [SweepParameter], _ params: JSON) -> [(name: String, value: JSON)] {
        parameters.compactMap { parameter in
            parameter.path.reduce(Optional(params)) { $0?[$1] }.map { (parameter.name, $0) }
        }
    }
}
