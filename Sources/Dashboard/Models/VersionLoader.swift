import Registry
import TernKernel

/// Fills the page of one version.
struct VersionLoader: Sendable {
    let services: DashboardServices

    func load(_ model: String, _ number: Int) async throws -> VersionPage {
        let registry = services.registry
        let version = try await registry.version(model, number)
        let lineage = try await registry.lineage(model, number)
        let others = try await registry.versions(model).map { ($0.version, $0.aliases) }
        let base = "/api/tern/v1\(Link.model(model).address)/versions/\(number)"
        let decidable = [.registered, .pendingApproval].contains(version.status)
        let runMetrics = VersionLoader.pairs(lineage.run?.metrics ?? [:])
        let declared = VersionLoader.declared(version.declaredSignature)
        return VersionPage(
            title: "\(model) v\(number)", model: Link.model(model), status: Badge(state: version.status.rawValue),
            statusReason: version.gates.isEmpty ? version.statusReason : nil, aliases: version.aliases.sorted(),
            stage: version.stage == .none ? nil : version.stage.rawValue,
            about: "registered by \(version.createdBy), origin \(version.origin.rawValue),", made: Moment(version.createdAt),
            ledger: Link.ledger(subject: version.subject), gates: version.gates.map(VersionPage.Gate.init(_:)),
            holdout: version.holdout.map { "the holdout sha256 \($0.short)" },
            reviews: version.approvals.map {
                .init(verdict: Badge(state: $0.verdict.rawValue), by: $0.by, at: Moment($0.at), reason: $0.reason ?? "")
            },
            approvals: VersionLoader.approvals(version), approve: decidable ? base + "/approve" : nil,
            reject: decidable || version.status == .approved ? base + "/reject" : nil,
            withdraw: version.status == .approved && version.approvals.contains { $0.verdict == .approved } ? base + "/withdraw" : nil,
            deployments: try await registry.deployments(model, number).map(VersionPage.Deployment.init(_:)), facts: ModelVersionView.facts(version),
            metrics: VersionLoader.pairs(version.metrics), runMetrics: runMetrics, hasRunMetrics: !runMetrics.isEmpty,
            fields: VersionLoader.fields(version.signature), declared: declared, hasDeclared: !declared.isEmpty,
            files: lineage.environmentFiles.map {
                .init(name: $0.name, about: "\(Figures.bytes(Int64($0.bytes))), sha256 \($0.digest.prefix(12))", content: $0.content)
            }, card: try await registry.card(model, number).map(Markdown.html), compare: ComparePicker(model, others, to: number))
    }

    /// `1 of 2`, or that none is needed.
    private static func approvals(_ version: ModelVersion) -> String {
        let standing = ReviewState(status: version.status, approvals: version.approvals, needed: version.approvalsNeeded).approvers.count
        guard version.approvalsNeeded > 0 else { return standing == 0 ? "none needed" : "\(standing), none needed" }
        return "\(standing) of \(version.approvalsNeeded) needed; takes the role approver"
    }

    private static func pairs(_ metrics: [String: Double]) -> [VersionPage.Pair] {
        metrics.sorted { $0.key < $1.key }.map { VersionPage.Pair(key: $0.key, value: Figures.number($0.value)) }
    }

    private static func fields(_ signature: ModelSignature?) -> [VersionPage.Field] {
        func rows(_ side: String, _ fields: [SignatureField]?) -> [VersionPage.Field] {
            (fields ?? []).map { VersionPage.Field(side: side, name: $0.name, type: $0.words) }
        }
        return rows("input", signature?.inputs) + rows("output", signature?.outputs)
    }

    /// MLflow's own words, one line a field.
    private static func declared(_ signature: JSON?) -> [VersionPage.Field] {
        func rows(_ side: String, _ key: String) -> [VersionPage.Field] {
            (signature?[key]?.arrayValue ?? []).map { field in
                let tensor = field["tensor-spec"].map { "\($0["dtype"]?.stringValue ?? "") \($0["shape"]?.description ?? "")" }
                return VersionPage.Field(side: side, name: field["name"]?.stringValue ?? "", type: tensor ?? field["type"]?.stringValue ?? "")
            }
        }
        return rows("input", "inputs") + rows("output", "outputs")
    }
}

extension VersionPage.Gate {
    /// The figures that evidence may hold, and how they are shown.
    private static let figures: [(key: String, name: String, show: @Sendable (Double) -> String)] = [
        ("value", "value", Figures.number), ("threshold", "threshold", Figures.number), ("champion_value", "champion", Figures.number),
        ("drop", "drop", Figures.share), ("champion_version", "champion's version", Figures.number), ("value_ms", "p99 ms", Figures.number),
        ("p50_ms", "p50 ms", Figures.number), ("threshold_ms", "threshold ms", Figures.number), ("runs", "runs", Figures.number),
        ("rows", "rows", Figures.number),
    ]

    init(_ result: GateResult) {
        let evidence = result.evidence
        gate = result.gate
        verdict = Badge(state: result.verdict.rawValue)
        sentence = result.sentence
        facts = VersionPage.Gate.figures.compactMap { figure in
            evidence[figure.key]?.doubleValue.map { VersionPage.Pair(key: figure.name, value: figure.show($0)) }
        }
        slices = (evidence["slices"]?.arrayValue ?? []).map { slice in
            func number(_ key: String) -> String { slice[key]?.doubleValue.map(Figures.number) ?? "–" }
            return Slice(
                name: "\(slice["column"]?.stringValue ?? "") \(slice["value_of_column"]?.stringValue ?? "")",
                verdict: Badge(state: slice["verdict"]?.stringValue ?? ""), rows: number("rows"), value: number("value"),
                champion: number("champion_value"), drop: slice["drop"]?.doubleValue.map(Figures.share) ?? "–")
        }
        hasSlices = !slices.isEmpty
        at = Moment(result.at)
    }
}

extension VersionPage.Deployment {
    init(_ deployment: VersionDeployment) {
        endpoint = Link.endpoint(deployment.endpoint)
        role = Badge(deployment.role, deployment.to != nil ? .quiet : deployment.role == "primary" ? .good : .busy)
        share = deployment.share > 0 ? Figures.share(deployment.share) : "–"
        from = Moment(deployment.from)
        to = Moment(deployment.to)
        by = deployment.by
        reason = deployment.reason ?? ""
        ended = deployment.endedBy.map { "ended by \($0)" } ?? ""
    }
}
