import Foundation
import Pipelines
import TernKernel

/// Fills the pipelines' pages.
struct PipelineLoader: Sendable {
    /// How much of a step's log a page shows: its end.
    private static let tail: Int64 = 16 << 10

    let services: DashboardServices

    func list() async throws -> PipelinesPage {
        let rows = try await services.pipelines.pipelines().map { summary in
            PipelinesPage.Row(
                name: summary.definition.name, owner: summary.definition.owner, steps: summary.definition.steps.map(\.name).joined(separator: " → "),
                schedule: summary.definition.schedule.map { $0 + (summary.definition.timezone.map { " \($0)" } ?? "") } ?? "",
                next: Moment(summary.nextRun), last: summary.lastRun.map { Link.pipelineRun($0) },
                state: summary.lastState.map { Badge(state: $0.rawValue) })
        }
        return PipelinesPage(pipelines: rows, runs: try await services.pipelines.runs(limit: 50).map(PipelineRunRow.init))
    }

    func load(_ id: String) async throws -> PipelineRunPage {
        let run = try await services.pipelines.run(id)
        var logs: [String: String] = [:]
        for step in run.steps where step.logPath != nil { logs[step.name] = try await log(of: step.name, in: id) }
        let api = "/api/tern/v1" + Link.pipelineRun(id).address
        let state = run.code?.clean.map { $0 ? "" : " with changes beside it" } ?? ""
        return PipelineRunPage(
            title: run.pipeline, id: id, address: Link.pipelineRun(id).address, state: Badge(state: run.state.rawValue), isOver: run.state.isFinal,
            origin: run.origin.rawValue, by: run.createdBy, reason: run.reason ?? "", error: run.error,
            started: Moment(run.startedAt ?? run.createdAt),
            ended: Moment(run.endedAt), dataTime: Moment(run.eventTime), duration: run.duration, run: run.trackingRun.map { Link.run($0, text: $0) },
            version: run.version, verdict: run.verdict,
            params: run.params.isEmpty
                ? "none"
                : run.params.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.stringValue ?? $0.value.description)" }.joined(separator: ", "),
            datasets: run.datasets.sorted { $0.key < $1.key }.map { Link.dataset($0.key, $0.value) },
            code: run.code?.commit.map { String($0.prefix(12)) + state },
            steps: run.steps.map { PipelineRunPage.Step($0, in: run, log: logs[$0.name]) }, cancel: run.state.isFinal ? nil : api + "/cancel",
            retry: run.state == .failed || run.state == .cancelled ? api + "/retry" : nil)
    }

    private func log(of step: String, in run: String) async throws -> String? {
        // A piece from beyond the end tells how long the log is.
        let size = try JSON(encoding: try await services.pipelines.log(run: run, step: step, offset: .max))["size"]?.intValue ?? 0
        guard size > 0 else { return nil }
        let piece = try JSON(encoding: try await services.pipelines.log(run: run, step: step, offset: max(0, size - PipelineLoader.tail)))
        return piece["text"]?.stringValue.flatMap { text in text.isEmpty ? nil : (size > PipelineLoader.tail ? "… " : "") + text }
    }
}

extension PipelineRunRow {
    init(_ run: PipelineRun) {
        self.run = Link.pipelineRun(run.id)
        pipeline = run.pipeline
        state = Badge(state: run.state.rawValue)
        let cached = run.steps.filter { $0.state == .cached }.count
        steps = "\(run.steps.filter(\.state.isGood).count) of \(run.steps.count)" + (cached > 0 ? ", \(cached) cached" : "")
        origin = run.origin.rawValue
        version = run.version
        verdict = run.verdict
        reason = run.error ?? run.reason ?? ""
        dataTime = Moment(run.eventTime)
        duration = run.duration
        started = Moment(run.startedAt ?? run.createdAt)
    }
}

extension PipelineRun {
    /// What it registered.
    fileprivate var version: Link? {
        guard let model = result?["model"]?.stringValue, let version = result?["version"]?.intValue else { return nil }
        return Link.version(model, Int(version))
    }

    fileprivate var verdict: Badge? { result?["verdict"]?.stringValue.map(Badge.init(state:)) }

    fileprivate var duration: String {
        guard let startedAt, let endedAt else { return "" }
        return Figures.duration(endedAt - startedAt)
    }
}

extension PipelineRunPage.Step {
    init(_ step: StepRun, in run: PipelineRun, log: String?) {
        name = step.name
        state = Badge(state: step.state.rawValue)
        cause = step.cause ?? ""
        problem = [step.error, step.exit].compactMap { $0 }.joined(separator: ": ").nonEmpty(unless: step.state.isGood)
        let first = run.startedAt ?? run.createdAt
        let last = run.endedAt ?? run.steps.compactMap { $0.endedAt ?? $0.startedAt }.max() ?? first
        let whole = Double(max(1, (last - first).milliseconds))
        let from = step.startedAt.map { max(0, min(1, Double(($0 - first).milliseconds) / whole)) } ?? 0
        let to = (step.endedAt ?? (step.startedAt == nil ? nil : last)).map { max(from, min(1, Double(($0 - first).milliseconds) / whole)) } ?? from
        left = String(format: "%.2f", from * 100)
        width = String(format: "%.2f", step.startedAt == nil ? 0 : max(0.6, (to - from) * 100))
        tone = state.tone
        duration = step.startedAt.flatMap { start in step.endedAt.map { Figures.duration($0 - start) } } ?? ""
        reused = step.reusedRun.map { Link.pipelineRun($0) }
        outputs = step.outputs.map { RunPage.Pair(key: $0.name, value: "\(Figures.bytes($0.bytes)), sha256 \($0.digest.short)") }
        self.log = log
        open = step.state == .failed || step.state == .running
    }
}

extension String {
    /// Nil when it is empty, or when there is nothing to complain about.
    fileprivate func nonEmpty(unless fine: Bool) -> String? { fine || isEmpty ? nil : self }
}
