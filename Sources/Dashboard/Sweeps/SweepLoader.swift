import Sweeps
import TernKernel

/// Fills the sweeps' pages.
struct SweepLoader: Sendable {
    /// Rows of a table, and lines of a chart.
    private static let limit = 500

    let services: DashboardServices

    func list() async throws -> SweepsPage {
        SweepsPage(
            sweeps: try await services.sweeps.sweeps(limit: 100).map { sweep in
                SweepsPage.Row(
                    sweep: SweepLoader.link(sweep.id), name: sweep.name, state: Badge(sweep: sweep.state),
                    method: sweep.definition.method.rawValue, metric: SweepLoader.words(sweep.definition.metric) ?? "", trials: progress(sweep),
                    best: sweep.best?.objective.map(Figures.number) ?? "", by: sweep.createdBy, started: Moment(sweep.createdAt))
            })
    }

    private static func link(_ id: String) -> Link { Link(text: id, address: "/sweeps/" + Link.escape(id)) }

    private static func words(_ metric: SweepMetric?) -> String? {
        metric.map { metric in
            "\(metric.isMaximized ? "maximize" : "minimize") \(metric.name)" + (metric.target.map { ", target \(Figures.number($0))" } ?? "")
        }
    }

    private func progress(_ sweep: Sweep) -> String {
        func count(_ state: Trial.State) -> Int { sweep.trials.count { $0.state == state } }
        let ended = sweep.trials.count(where: \.state.isFinal)
        let parts = [Trial.State.running, .queued, .pruned, .failed, .stopped].filter { count($0) > 0 }.map { "\(count($0)) \($0.rawValue)" }
        let total = sweep.summary["total"]?.intValue.map { " of \($0)" } ?? ""
        return "\(ended)\(total)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }

    func load(_ id: String) async throws -> SweepPage {
        let sweep = try await services.sweeps.sweep(id)
        let best = sweep.best
        let columns = sweep.definition.parameters.filter { !$0.isConstant }
        let api = "/api/tern/v1/sweeps/" + Link.escape(id)
        let hidden = sweep.trials.count - SweepLoader.limit
        return SweepPage(
            title: sweep.name, id: id, address: "/sweeps/" + Link.escape(id), state: Badge(sweep: sweep.state), reason: sweep.ending?.sentence ?? "",
            method: sweep.definition.method.rawValue, by: sweep.createdBy, started: Moment(sweep.createdAt), ended: Moment(sweep.endedAt),
            trials: progress(sweep), metric: SweepLoader.words(sweep.definition.metric), seed: String(sweep.seed), folder: sweep.folder,
            best: best.map { trial in
                "trial \(trial.number): \(trial.objective.map(Figures.number) ?? ""); "
                    + columns.map { "\($0.name) \(text($0, trial))" }.joined(separator: ", ")
            }, bestRun: best?.run.map { Link.run($0, text: $0) }, again: sweep.summary["best"]?["command"]?.stringValue,
            columns: columns.map(\.name),
            rows: sweep.trials.suffix(SweepLoader.limit).reversed().map { trial in
                SweepPage.Row(
                    number: String(trial.number), state: Badge(trial: trial.state), isBest: trial.number == best?.number,
                    objective: trial.objective.map(Figures.number) ?? "", values: columns.map { text($0, trial) },
                    run: trial.run.map { Link.run($0) },
                    duration: trial.startedAt.flatMap { start in trial.endedAt.map { Figures.duration($0 - start) } } ?? "", problem: trial.error)
            }, more: hidden > 0 ? "\(hidden) earlier trials are not shown." : nil, pause: sweep.state == .running ? api + "/pause" : nil,
            resume: sweep.state == .paused || sweep.state == .stopped ? api + "/resume" : nil, stop: sweep.state.isFinal ? nil : api + "/stop")
    }

    private func value(_ parameter: SweepParameter, _ trial: Trial) -> JSON? { parameter.path.reduce(Optional(trial.params)) { $0?[$1] } }

    private func text(_ parameter: SweepParameter, _ trial: Trial) -> String {
        guard let value = value(parameter, trial) else { return "" }
        if case .double(let number) = value { return Figures.number(number) }
        return CommandTemplate.text(value)
    }

    // MARK: Chart

    /// The trials that have a value of the metric.
    func chart(_ id: String) async throws -> ParallelChart {
        let sweep = try await services.sweeps.sweep(id)
        let columns = sweep.definition.parameters.filter { !$0.isConstant }
        let metric = sweep.definition.metric
        let axes = columns.map(axis) + [ParallelChart.Axis(name: metric?.name ?? "", choices: nil, isLogarithmic: false)]
        let trials = sweep.trials.filter { $0.objective != nil }.suffix(SweepLoader.limit)
        let groups = [Trial.State.succeeded, .running, .pruned].map { state in
            ParallelChart.Lines(
                name: state.rawValue,
                values: trials.filter { $0.state == state }.compactMap { trial in
                    let numbers = zip(columns, axes).compactMap { position(value($0, trial), on: $1) }
                    return numbers.count == columns.count ? numbers + [trial.objective ?? 0] : nil
                })
        }
        return ParallelChart(axes: axes, series: groups.filter { !$0.values.isEmpty }, isMaximized: metric?.isMaximized ?? false)
    }

    private func axis(_ parameter: SweepParameter) -> ParallelChart.Axis {
        var choices: [String]?
        if case .categorical(let values, _) = parameter.space { choices = values.map { CommandTemplate.text($0) } }
        let isLogarithmic = parameter.distribution.contains("log_uniform") && !parameter.distribution.hasPrefix("q_")
        return ParallelChart.Axis(name: parameter.name, choices: choices, isLogarithmic: isLogarithmic)
    }

    private func position(_ value: JSON?, on axis: ParallelChart.Axis) -> Double? {
        guard let value else { return nil }
        guard let choices = axis.choices else { return value.doubleValue }
        return choices.firstIndex(of: CommandTemplate.text(value)).map(Double.init)
    }
}

extension Badge {
    fileprivate init(sweep state: Sweep.State) {
        switch state {
        case .running, .stopping: self.init(state.rawValue, .busy)
        case .paused: self.init(state.rawValue, .warn)
        case .finished: self.init(state.rawValue, .good)
        case .stopped: self.init(state.rawValue, .warn)
        case .failed: self.init(state.rawValue, .bad)
        }
    }

    fileprivate init(trial state: Trial.State) {
        switch state {
        case .queued, .running: self.init(state.rawValue, .busy)
        case .succeeded: self.init(state.rawValue, .good)
        case .failed: self.init(state.rawValue, .bad)
        case .pruned, .stopped: self.init(state.rawValue, .quiet)
        }
    }
}
