import TernKernel
import TernStats

/// Says which values a trial tries. The same definition, seed, number and results give the same values, on any machine and after any restart.
struct TrialSuggestion {
    let definition: SweepDefinition
    let seed: Int64

    /// - Parameters:
    ///   - number: the trial's, from 1.
    ///   - trials: those before it.
    /// - Returns: nil when the grid has no such combination.
    func params(of number: Int, after trials: [Trial]) -> JSON? {
        let parameters = definition.parameters
        switch definition.method {
        case .grid:
            guard let grid = SweepGrid(parameters), (1...grid.count).contains(number) else { return nil }
            return TrialParams.nested(parameters, grid.values(number - 1))
        case .random:
            var generator = SearchGenerator(seed: seed, stream: number)
            return TrialParams.nested(parameters, draw(&generator))
        case .bayes:
            return TrialParams.nested(parameters, improve(number, trials.sorted { $0.number < $1.number }))
        }
    }

    private func draw(_ generator: inout SearchGenerator) -> [JSON] {
        definition.parameters.map { $0.isConstant ? $0.value(at: 0) : $0.value(at: generator.uniform()) }
    }

    // MARK: Bayes

    /// How many results are gathered at random before the process is asked.
    private var beginning: Int { min(8, max(3, definition.parameters.count { !$0.isConstant } + 1)) }

    /// Every so many trials one is drawn at random: what the process is wrongly sure of, such as a choice that it saw in bad company only, is seen again.
    private static let exploration = 4

    private func improve(_ number: Int, _ trials: [Trial]) -> [JSON] {
        var generator = SearchGenerator(seed: seed, stream: number)
        let first = draw(&generator)
        guard let metric = definition.metric else { return first }
        let seen = observations(trials, metric)
        let pending = trials.filter { !$0.state.isFinal && metric.imputeWhileRunning == nil }.compactMap { coordinates($0.params) }
        guard seen.count(where: { $0.value.isFinite }) >= beginning,
            let search = BayesianSearch(seen, pending: pending, parameters: owners(of: first))
        else { return first }
        let candidates = candidates(&generator, first, near: seen)
        let tried = Set(trials.compactMap { coordinates($0.params) })
        let points = candidates.map { coordinates($0) ?? [] }
        // A combination that was tried tells nothing new, as long as there are others.
        let fresh = points.indices.filter { !tried.contains(points[$0]) }
        let open = fresh.isEmpty ? Array(points.indices) : fresh
        if number % TrialSuggestion.exploration == 0, let random = open.first { return candidates[random] }
        return search.choose(among: open.map { points[$0] }).map { candidates[open[$0]] } ?? first
    }

    /// A thousand random combinations, and some near the best three so far.
    private func candidates(_ generator: inout SearchGenerator, _ first: [JSON], near seen: [BayesianSearch.Observation]) -> [[JSON]] {
        var all = [first]
        for _ in 1..<1000 { all.append(draw(&generator)) }
        let best = seen.filter(\.value.isFinite).sorted { $0.value < $1.value }.prefix(3)
        for observation in best {
            for round in 0..<60 {
                let reach = round < 30 ? 0.1 : 0.02
                var position = 0
                let values = definition.parameters.map { parameter -> JSON in
                    switch parameter.space {
                    case .constant(let value): return value
                    case .categorical(let values, _):
                        let chosen = observation.point[position..<position + values.count].firstIndex { $0 > 0 }.map { $0 - position }
                        position += values.count
                        // Mostly the same choice, so that the numbers beside it are searched.
                        return generator.uniform() < 0.8 ? chosen.map { values[$0] } ?? values[0] : parameter.value(at: generator.uniform())
                    case .integers, .number:
                        let share = observation.point[position] + reach * generator.normal()
                        position += 1
                        return parameter.value(at: min(1 - 1e-9, max(1e-9, share)))
                    }
                }
                all.append(values)
            }
        }
        return all
    }

    /// What each trial that ended says; those without a result of their own count as the definition's `impute` wants it.
    private func observations(_ trials: [Trial], _ metric: SweepMetric) -> [BayesianSearch.Observation] {
        let worst = trials.compactMap { $0.objective.map(metric.cost) }.filter(\.isFinite).max()
        return trials.compactMap { trial in
            guard let point = coordinates(trial.params) else { return nil }
            let own = trial.objective.map(metric.cost)
            func imputed(_ way: SweepMetric.Imputation) -> Double? {
                switch way {
                case .worst: worst
                case .best: trial.best.map(metric.cost) ?? worst
                case .latest: own ?? worst
                }
            }
            let value: Double?
            switch trial.state {
            case .succeeded, .pruned: value = own ?? worst
            case .failed, .stopped: value = imputed(metric.impute)
            case .queued, .running: value = metric.imputeWhileRunning.flatMap { way in own == nil ? nil : imputed(way) }
            }
            return value.map { BayesianSearch.Observation(point: point, value: $0) }
        }
    }

    /// Which parameter each coordinate belongs to.
    private func owners(of values: [JSON]) -> [Int] {
        zip(definition.parameters, values).enumerated().flatMap { index, pair in
            (pair.0.coordinates(of: pair.1) ?? []).map { _ in index }
        }
    }

    private func coordinates(_ params: JSON) -> [Double]? {
        let flat = TrialParams.flat(definition.parameters, params)
        return flat.count == definition.parameters.count ? coordinates(flat.map(\.value)) : nil
    }

    private func coordinates(_ values: [JSON]) -> [Double]? {
        var all: [Double] = []
        for (parameter, value) in zip(definition.parameters, values) {
            guard let part = parameter.coordinates(of: value) else { return nil }
            all += part
        }
        return all
    }
}
