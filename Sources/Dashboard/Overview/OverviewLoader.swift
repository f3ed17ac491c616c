import Datasets
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import TernKernel

/// Asks every room for its latest fact.
struct OverviewLoader: Sendable {
    let services: DashboardServices

    func load() async throws -> OverviewPage {
        let statuses = try await services.releases.endpoints()
        let alerts = try await services.monitoring.alerts(state: .open)
        var cards: [EndpointCard] = []
        for status in statuses { cards.append(try await EndpointCardLoader(services: services).card(status)) }
        return OverviewPage(
            stages: try await stages(statuses, alerts), endpoints: cards, alerts: alerts.map(AlertRow.init),
            entries: try await LedgerLoader(services: services).latest(15))
    }

    private func stages(_ statuses: [EndpointStatus], _ alerts: [Alert]) async throws -> [LoopStage] {
        var versions: [ModelVersion] = []
        for model in try await services.registry.models() { versions += try await services.registry.versions(model.name) }
        versions.sort { $0.createdAt > $1.createdAt }
        return [
            try await data(), features(versions.first), try await training(), gate(versions), approval(versions), release(statuses),
            watch(statuses, alerts), try await retraining(statuses),
        ]
    }

    private func data() async throws -> LoopStage {
        let latest = try await services.datasets.list().compactMap { dataset in dataset.versions.first.map { (dataset.name, $0) } }
            .max { $0.1.createdAt < $1.1.createdAt }
        guard let (name, version) = latest else { return LoopStage("Data", "none yet", address: "/data") }
        return LoopStage(
            "Data", "\(name) v\(version.version)", detail: "\(Figures.count(version.rows)) rows",
            address: Link.dataset(name, version.version).address, tone: .good)
    }

    private func features(_ latest: ModelVersion?) -> LoopStage {
        guard let latest, let signature = latest.signature else { return LoopStage("Features", "none yet", address: "/models") }
        let count = signature.inputs.count
        return LoopStage(
            "Features", count == 1 ? "1 input" : "\(count) inputs", detail: "of version \(latest.version)",
            address: Link.version(latest.model, latest.version).address, tone: .good)
    }

    private func training() async throws -> LoopStage {
        guard let run = try await services.pipelines.runs(limit: 1).first else { return LoopStage("Train", "no run yet", address: "/pipelines") }
        let done = run.steps.filter(\.state.isGood).count
        return LoopStage(
            "Train", "\(run.pipeline) \(run.state.rawValue)", detail: "\(done) of \(run.steps.count) steps",
            address: Link.pipelineRun(run.id).address,
            tone: Badge.Tone(rawValue: Badge(state: run.state.rawValue).tone) ?? .quiet)
    }

    private func gate(_ versions: [ModelVersion]) -> LoopStage {
        guard let latest = versions.first(where: { !$0.gates.isEmpty }) else { return LoopStage("Gate", "nothing gated yet", address: "/models") }
        let failed = latest.gates.filter { $0.verdict == .fail }.count
        return LoopStage(
            "Gate", "v\(latest.version) \(failed == 0 ? "passed" : "refused")",
            detail: failed == 0 ? "\(latest.gates.count) gates" : "\(failed) of \(latest.gates.count) gates failed",
            address: Link.version(latest.model, latest.version).address, tone: failed == 0 ? .good : .bad)
    }

    private func approval(_ versions: [ModelVersion]) -> LoopStage {
        if let waiting = versions.first(where: { $0.status == .pendingApproval }) {
            return LoopStage(
                "Approve", "v\(waiting.version) waits", detail: "for \(waiting.approvalsNeeded) approval\(waiting.approvalsNeeded == 1 ? "" : "s")",
                address: Link.version(waiting.model, waiting.version).address, tone: .warn)
        }
        guard let latest = versions.first(where: { $0.status == .approved }) else { return LoopStage("Approve", "none yet", address: "/models") }
        let person = latest.approvals.last { $0.verdict == .approved }?.by
        return LoopStage(
            "Approve", "v\(latest.version) approved", detail: person.map { "by \($0)" } ?? "by its gates",
            address: Link.version(latest.model, latest.version).address, tone: .good)
    }

    private func release(_ statuses: [EndpointStatus]) -> LoopStage {
        let releases = statuses.compactMap(\.release) + statuses.compactMap(\.history.first)
        guard let latest = releases.max(by: { ($0.isOpen ? 1 : 0, $0.startedAt) < ($1.isOpen ? 1 : 0, $1.startedAt) }) else {
            return LoopStage("Release", "none yet", address: "/endpoints")
        }
        let words =
            latest.isOpen ? "v\(latest.to) at \(Figures.share(latest.share))" : "v\(latest.to) \(latest.state.rawValue.replacing("_", with: " "))"
        return LoopStage(
            "Release", words, detail: "\(latest.endpoint), release \(latest.number)", address: Link.endpoint(latest.endpoint).address,
            tone: Badge.Tone(rawValue: Badge(state: latest.state.rawValue).tone) ?? .quiet)
    }

    private func watch(_ statuses: [EndpointStatus], _ alerts: [Alert]) -> LoopStage {
        guard let first = statuses.first else { return LoopStage("Watch", "nothing served yet", address: "/endpoints") }
        guard let alert = alerts.first else {
            return LoopStage(
                "Watch", "all quiet", detail: statuses.count == 1 ? "1 endpoint" : "\(statuses.count) endpoints",
                address: statuses.count == 1 ? Link.endpoint(first.declaration.name).address : "/endpoints", tone: .good)
        }
        let kinds = Set(alerts.map { $0.monitor.rawValue.replacing("_", with: " ") }).sorted().joined(separator: ", ")
        return LoopStage(
            "Watch", alerts.count == 1 ? "1 alert" : "\(alerts.count) alerts", detail: kinds,
            address: Link.endpoint(alert.endpoint).address + "#alerts", tone: .bad)
    }

    private func retraining(_ statuses: [EndpointStatus]) async throws -> LoopStage {
        var all: [Retraining] = []
        for status in statuses { all += try await services.policies.retrainings(status.declaration.name) }
        guard let latest = all.max(by: { $0.at < $1.at }) else { return LoopStage("Retrain", "not needed yet", address: "/endpoints") }
        return LoopStage(
            "Retrain", latest.version.map { "v\($0) \(latest.state.rawValue)" } ?? latest.state.rawValue, detail: Moment.day(latest.eventTime),
            address: Link.endpoint(latest.endpoint).address + "#retrainings",
            tone: Badge.Tone(rawValue: Badge(state: latest.state.rawValue).tone) ?? .quiet)
    }
}
