import Monitoring
import Policies
import Releases
import Serving
import TernKernel
import TernLog

/// Fills an endpoint's page.
struct EndpointLoader: Sendable {
    let services: DashboardServices

    func load(_ name: String) async throws -> EndpointPage {
        let status = try await services.releases.endpoint(name)
        let declaration = status.declaration
        let alerts = try await services.monitoring.alerts(endpoint: name).sorted { $0.id > $1.id }
        let retrainings = try await services.policies.retrainings(name)
        let policy = try await services.policies.policy(name)
        let columns = Set(try await latestDrift(name).map(\.column)).count
        return EndpointPage(
            title: name, owner: declaration.owner, model: Link.model(declaration.model), eventTime: declaration.eventTime,
            plan: EndpointLoader.words(declaration.release), policy: policy.flatMap(EndpointLoader.words), clock: Moment(status.clock),
            card: try await EndpointCardLoader(services: services).card(status), variants: variants(status),
            release: status.release.map { ReleaseView($0, guards: status.guards) }, standby: status.standby.map { "v\($0)" },
            alerts: alerts.map(AlertRow.init), retrainings: retrainings.reversed().map { RetrainingRow($0, model: declaration.model) },
            releases: status.history.map(ReleaseRow.init), address: Link.endpoint(name).address, ledger: Link.ledger(subject: "endpoint/\(name)"),
            driftHeight: 110 + 22 * max(columns, 3))
    }

    /// The scores of about the last month: enough to know the columns.
    private func latestDrift(_ name: String) async throws -> [WindowScore] {
        let clock = try await services.monitoring.clock(name)
        return try await services.monitoring.drift(name, from: clock - .days(31))
    }

    private func variants(_ status: EndpointStatus) -> [VariantRow] {
        let traffic = (try? services.serving.metrics(status.declaration.name))?.variants ?? []
        let order: [VariantRole] = [.primary, .canary, .shadow]
        return order.flatMap { role in status.variants.filter { $0.reference.role == role } }.map { variant in
            let mine = VariantTraffic(traffic, of: variant.reference)
            return VariantRow(
                name: variant.reference.name,
                version: Link.version(variant.reference.model, variant.reference.version, text: "v\(variant.reference.version)"),
                role: variant.reference.role.rawValue, share: variant.reference.role == .shadow ? "–" : Figures.share(variant.share),
                width: Int((max(0, min(1, variant.share)) * 100).rounded()), since: Moment(variant.sinceEventTime ?? variant.since),
                loaded: variant.loaded,
                requests: mine.requests, rows: mine.rows, errors: mine.errors, p50: mine.p50, p99: mine.p99)
        }
    }

    static func words(_ plan: ReleasePlan) -> String {
        switch plan.strategy {
        case .allAtOnce: "releases all at once"
        case .shadow: "releases as a shadow"
        case .canary: "canary \(plan.steps.map(Figures.share).joined(separator: ", ")), each \(plan.every)"
        }
    }

    static func words(_ policy: PolicyDeclaration) -> String? {
        let pipelines = Set(
            policy.on.values.joined().compactMap { action in if case .retrain(let pipeline, _, _) = action { pipeline } else { nil } })
        guard !pipelines.isEmpty else { return nil }
        let budget = policy.budget.map { ", at most \($0.retrainings) in \($0.per)" } ?? ""
        return "retrains by \(pipelines.sorted().joined(separator: ", ")), at least \(policy.cooldown) apart\(budget)"
    }
}

extension ReleaseView {
    init(_ release: Release, guards: [GuardResult]) {
        id = String(release.number)
        state = Badge(state: release.state.rawValue)
        from = release.from.map { Link.version(release.model, $0, text: "v\($0)") }
        to = Link.version(release.model, release.to, text: "v\(release.to)")
        strategy = release.strategy.rawValue.replacing("_", with: " ")
        let shares = release.strategy == .canary ? release.plan.steps : []
        steps = shares.enumerated().map { index, share in
            Step(percent: Figures.share(share), state: index < release.step ? "done" : index == release.step ? "now" : "next")
        }
        if !steps.isEmpty { steps.append(Step(percent: "100 %", state: "next")) }
        self.guards = guards.map { Guard(name: $0.guard, verdict: Badge(state: $0.verdict.rawValue), message: $0.message) }
        cause = release.cause
        override = release.override
        since = Moment(release.since)
        stepSince = Moment(release.stepSince)
        wait =
            release.strategy == .canary
            ? "a step takes at least \(release.plan.every) and \(Figures.count(release.plan.minimumRows)) rows." : "it waits for a person."
        by = release.startedBy
        paused = release.state == .paused
    }
}

extension ReleaseRow {
    init(_ release: Release) {
        number = String(release.number)
        version = Link.version(release.model, release.to, text: "v\(release.to)")
        strategy = release.strategy.rawValue.replacing("_", with: " ")
        state = Badge(state: release.state.rawValue)
        started = Moment(release.startedEventTime ?? release.startedAt)
        ended = Moment(release.endedEventTime ?? release.endedAt)
        recorded = Moment(release.endedAt)
        by = release.endedBy ?? release.startedBy
        cause = release.cause
        outcome = release.outcome ?? ""
        override = release.override
    }
}

extension RetrainingRow {
    init(_ retraining: Retraining, model: String) {
        number = String(retraining.number)
        state = Badge(state: retraining.state.rawValue)
        at = Moment(retraining.eventTime)
        recorded = Moment(retraining.at)
        cause = retraining.cause
        data = "\(Moment.day(retraining.from)) – \(Moment.day(retraining.to))"
        dataset = retraining.datasetVersion.map { Link.dataset(retraining.dataset, $0) }
        run = retraining.pipelineRun.map { Link.pipelineRun($0) }
        version = retraining.version.map { Link.version(model, $0, text: "v\($0)") }
        outcome = retraining.outcome ?? ""
    }
}
