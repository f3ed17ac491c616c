import Monitoring
import Releases
import Serving
import TernKernel
import TernLog

/// Fills endpoints' cards.
struct EndpointCardLoader: Sendable {
    let services: DashboardServices

    func all() async throws -> [EndpointCard] {
        var cards: [EndpointCard] = []
        for status in try await services.releases.endpoints() { cards.append(try await card(status)) }
        return cards
    }

    func card(_ status: EndpointStatus) async throws -> EndpointCard {
        let name = status.declaration.name
        let primary = status.variants.first { $0.reference.role == .primary }?.reference
        let open = try await services.monitoring.alerts(state: .open, endpoint: name).count
        let kept = try await services.monitoring.quality(name).filter { $0.role == "kept" }
        let judged = kept.filter { $0.metrics[$0.metric] != nil }
        let last = judged.last
        let value = last.flatMap { $0.metrics[$0.metric] }
        let traffic = try? services.serving.metrics(name)
        let mine = VariantTraffic(traffic?.variants ?? [], of: primary)
        let answering = traffic?.variants.filter { $0.variant.role != .shadow } ?? []
        let errors = answering.reduce(0) { $0 + $1.errors }
        return EndpointCard(
            endpoint: Link.endpoint(name), model: Link.model(status.declaration.model),
            shares: EndpointCard.shares(status),
            shadows: status.variants.filter { $0.reference.role == .shadow }.map { $0.reference.name },
            release: status.release.map {
                Badge("\($0.strategy.rawValue.replacing("_", with: " ")) \($0.state.rawValue)", $0.state == .paused ? .warn : .busy)
            },
            alerts: open == 0 ? Badge("no alerts", .good) : Badge(open == 1 ? "1 alert" : "\(open) alerts", .bad),
            metric: last?.metric ?? "quality", value: value.map(Figures.score) ?? "–",
            verdict: last?.passed.map { $0 ? "good" : "bad" } ?? "", floor: last.map { Figures.number($0.threshold) },
            window: last.map { "\(Moment.day($0.from)) – \(Moment.day($0.to))" },
            spark: Spark(
                judged.suffix(52).compactMap { $0.metrics[$0.metric] }, floor: last?.threshold,
                label: "\(last?.metric ?? "quality") of the last \(min(52, judged.count)) windows"),
            p50: mine.p50, p99: mine.p99,
            requests: Figures.count(answering.reduce(0) { $0 + $1.requests }), errors: errors > 0 ? Figures.count(errors) : nil,
            clock: Moment(status.clock))
    }
}

extension EndpointCard {
    /// Who answers how much, the primary first.
    static func shares(_ status: EndpointStatus) -> [Share] {
        status.variants.filter { $0.reference.role != .shadow }
            .sorted { ($0.reference.role == .primary ? 0 : 1, $0.reference.name) < ($1.reference.role == .primary ? 0 : 1, $1.reference.name) }
            .map { variant in
                Share(
                    name: variant.reference.name,
                    version: Link.version(variant.reference.model, variant.reference.version, text: variant.reference.name),
                    role: variant.reference.role.rawValue, percent: Figures.share(variant.share),
                    width: Int((max(0, min(1, variant.share)) * 100).rounded()))
            }
    }
}

/// What a variant has done since the server started, in all its roles: a canary that took over is counted on.
struct VariantTraffic {
    var requests = "–"
    var rows = "–"
    var errors = "–"
    var p50 = "–"
    var p99 = "–"

    init(_ all: [VariantMetrics], of variant: VariantReference?) {
        let mine = all.filter { $0.variant.name == variant?.name && $0.variant.version == variant?.version && $0.variant.model == variant?.model }
        guard let latest = mine.max(by: { ($0.lastRequest ?? Timestamp(milliseconds: 0)) < ($1.lastRequest ?? Timestamp(milliseconds: 0)) }) else {
            return
        }
        requests = Figures.count(mine.reduce(0) { $0 + $1.requests })
        rows = Figures.count(mine.reduce(0) { $0 + $1.rows })
        errors = Figures.count(mine.reduce(0) { $0 + $1.errors })
        p50 = latest.latencyP50Microseconds.map { Figures.duration(microseconds: $0) } ?? "–"
        p99 = latest.latencyP99Microseconds.map { Figures.duration(microseconds: $0) } ?? "–"
    }
}
