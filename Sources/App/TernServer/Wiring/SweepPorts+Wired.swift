import Sweeps
import TernKernel
import Tracking

extension SweepPorts {
    /// Tracking gives each trial a run and tells what was logged to it.
    static func wired(tracking: TrackingRoom, address: ServerURL, stepToken: String) -> SweepPorts {
        let identity = Identity.system("sweeps")
        let service = tracking.service
        return SweepPorts(
            trackingRun: { experiment, name, tags in
                if let known = try await run(tags, in: experiment, service) {
                    _ = try await service.updateRun(known, status: .running)
                    return known
                }
                return try await service.startRun(experimentNamed: experiment, name: name, tags: tags, by: identity)
            },
            logParams: { run, params in
                for start in stride(from: 0, to: params.count, by: 100) {
                    let part = params[start..<min(start + 100, params.count)].map { (key: $0.name, value: $0.value) }
                    try await service.log(LogBatch(params: part), to: run)
                }
            },
            history: { run, metric, since in
                let points = try await service.metricHistory(metric, of: run).elements.filter { point in
                    since.map { point.timestamp >= $0.milliseconds } ?? true
                }
                return SweepPorts.values(points)
            },
            finishRun: { id, ending in
                let status: RunStatus =
                    switch ending {
                    case .finished: .finished
                    case .failed: .failed
                    case .killed: .killed
                    }
                _ = try await service.updateRun(id, status: status, endTime: WallClock.system.now().milliseconds)
            },
            trackingURI: { address.current }, environment: { ["MLFLOW_TRACKING_TOKEN": stepToken] })
    }

    /// The run that a trial had before a crash.
    private static func run(_ tags: [String: String], in experiment: String, _ service: TrackingService) async throws -> String? {
        guard let found = try await service.experiment(named: experiment) else { return nil }
        let conditions = ["tern.sweep", "tern.trial"].compactMap { key in
            tags[key].map { SearchFilter.Condition(.tag(key), .equal($0)) }
        }
        let page = try await service.searchRuns(RunSearch(experiments: [found.id], filter: SearchFilter(conditions), limit: 1))
        return page.elements.first?.info.id
    }

    /// One value a step, the last logged; where all points have one step, every point in the order of time.
    private static func values(_ points: [MetricPoint]) -> [Double] {
        let byTime = points.sorted { ($0.timestamp, $0.step) < ($1.timestamp, $1.step) }
        guard Set(points.map(\.step)).count > 1 else { return byTime.map(\.value) }
        var latest: [Int64: Double] = [:]
        for point in byTime { latest[point.step] = point.value }
        return latest.sorted { $0.key < $1.key }.map(\.value)
    }
}
