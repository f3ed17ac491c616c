import Registry
import TernKernel

/// Fills the models' pages.
struct ModelLoader: Sendable {
    private static let metricColumns = 5

    let services: DashboardServices

    /// Models on one page of the list.
    private static let listed = 200

    func list(after name: String = "") async throws -> ModelsPage {
        let models = try await services.registry.models(after: name, limit: ModelLoader.listed + 1)
        let shown = models.prefix(ModelLoader.listed)
        var page = ModelsPage(
            models: shown.map { model in
                func version(_ number: Int?) -> Link? { number.map { Link.version(model.name, $0, text: "v\($0)") } }
                return ModelsPage.Row(
                    model: Link.model(model.name), purpose: model.purpose ?? model.description ?? "", owner: model.owner ?? "",
                    task: model.task ?? "",
                    versions: Figures.count(model.versions), champion: version(model.champion), approved: version(model.latestApproved),
                    latest: version(model.latest), updated: Moment(model.updatedAt))
            })
        if models.count > shown.count, let last = shown.last {
            page.more = Link(text: "Models after \(last.name)", address: "/models?after=" + Link.escape(last.name))
        }
        return page
    }

    func load(_ name: String) async throws -> ModelPage {
        let model = try await services.registry.summary(name)
        let versions = try await services.registry.versions(name).sorted { $0.version > $1.version }
        let metrics = ModelLoader.columns(versions)
        let deployments = try await services.registry.deployments(name).filter { $0.to == nil }
        let open = versions.first { $0.status == .pendingApproval }?.version ?? versions.first?.version
        var approvals = model.approvals.map { $0 == 1 ? "One approval." : "\($0) approvals." } ?? ""
        if let retrained = model.approvalsRetrained, retrained != model.approvals {
            approvals += " Retrained versions need \(retrained == 0 ? "none" : String(retrained))."
        }
        var page = ModelPage(
            title: model.name, purpose: model.purpose ?? model.description ?? "", owner: model.owner ?? "nobody", task: model.task ?? "Undeclared",
            rules: model.gates, approvals: approvals, metrics: metrics, metricCount: metrics.count,
            versions: versions.map { ModelVersionView($0, columns: metrics, open: $0.version == open) }, ledger: Link.ledger(subject: "model/\(name)")
        )
        page.card = model.card.map(Markdown.html)
        page.compare = ComparePicker(name, versions.map { ($0.version, $0.aliases) })
        for (index, version) in versions.enumerated() {
            page.versions[index].page = Link(text: "All of version \(version.version)", address: Link.versionPage(name, version.version).address)
            page.versions[index].answers = deployments.filter { $0.version == version.version }.map(ModelLoader.place)
        }
        return page
    }

    /// `price, primary 95 %`.
    static func place(_ deployment: VersionDeployment) -> String {
        "\(deployment.endpoint), \(deployment.role)" + (deployment.share > 0 ? " " + Figures.share(deployment.share) : "")
    }

    /// The metrics that people look for first, then those that most versions have.
    private static func columns(_ versions: [ModelVersion]) -> [String] {
        let known = Set(versions.flatMap(\.metrics.keys))
        let first = ["f1", "accuracy", "roc_auc", "log_loss", "rmse", "mae", "r2"].filter(known.contains)
        return Array((first + known.subtracting(first).sorted()).prefix(metricColumns))
    }
}

extension ModelVersionView {
    init(_ version: ModelVersion, columns: [String], open: Bool) {
        number = String(version.version)
        self.open = open
        status = Badge(state: version.status.rawValue)
        // What its gates say stands below.
        statusReason = version.gates.isEmpty ? version.statusReason : nil
        aliases = version.aliases.sorted()
        origin = version.origin.rawValue
        let skipped = version.gates.filter { $0.verdict == .skipped }.count
        let good = version.gates.filter { $0.verdict == .pass }.count
        passed = version.gates.isEmpty ? "–" : "\(good) of \(version.gates.count - skipped)" + (skipped > 0 ? ", \(skipped) skipped" : "")
        values = columns.map { version.metrics[$0].map(Figures.score) ?? "" }
        made = Moment(version.createdAt)
        by = version.createdBy
        gates = version.gates.map { Gate(gate: $0.gate, verdict: Badge(state: $0.verdict.rawValue), sentence: $0.sentence) }
        reviews = version.approvals.map { Review(verdict: Badge(state: $0.verdict.rawValue), by: $0.by, at: Moment($0.at), reason: $0.reason ?? "") }
        facts = ModelVersionView.facts(version)
        allMetrics = version.metrics.sorted { $0.key < $1.key }.map { RunPage.Pair(key: $0.key, value: Figures.number($0.value)) }
        let address = "/api/tern/v1\(Link.model(version.model).address)/versions/\(version.version)"
        let decidable = [.registered, .pendingApproval].contains(version.status)
        approve = decidable ? address + "/approve" : nil
        reject = decidable ? address + "/reject" : nil
    }

    /// Digests cut to what people compare.
    private static func shortened(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let last = word.split(separator: "/").last ?? word
            return Digest(hex: String(last)) == nil ? String(word) : String(word.dropLast(last.count)) + last.prefix(12)
        }.joined(separator: " ")
    }

    /// Where it comes from.
    static func facts(_ version: ModelVersion) -> [Fact] {
        let lineage = version.lineage
        var facts: [Fact] = []
        func add(_ name: String, _ text: String?, link: Link? = nil, mono: Bool = false) {
            guard text != nil || link != nil else { return }
            facts.append(Fact(name: name, text: shortened(text ?? ""), link: link, mono: mono))
        }
        add("Run", nil, link: (version.runID ?? lineage.run).map { Link.run($0, text: $0) }, mono: true)
        add("Pipeline run", lineage.step.map { "step \($0)" }, link: lineage.pipelineRun.map { Link.pipelineRun($0, text: $0) })
        let state = lineage.codeClean.map { $0 ? ", clean" : " with changes beside it" } ?? ""
        add("Code", lineage.codeCommit.map { String($0.prefix(12)) + state }, mono: true)
        add("Repository", lineage.codeRepository, mono: true)
        add("Script", lineage.codeSource, mono: true)
        for dataset in lineage.datasets {
            // One that only the run knows has no page.
            let link = dataset.version > 0 ? Link.dataset(dataset.name, dataset.version) : nil
            add("Dataset", (link == nil ? dataset.name + " " : "sha256 ") + dataset.digest.prefix(12), link: link, mono: true)
        }
        add("Environment", lineage.environment)
        if !lineage.params.isEmpty {
            add(
                "Parameters",
                lineage.params.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.stringValue ?? $0.value.description)" }.joined(separator: ", "))
        }
        let inputs = lineage.features.isEmpty ? version.signature?.inputs.map(\.name) ?? [] : lineage.features
        if !inputs.isEmpty { add("Features", inputs.joined(separator: ", ")) }
        add("Model file", version.digest.map { "sha256 \($0.short)" }, mono: true)
        add("Holdout", version.holdout.map { "sha256 \($0.short)" }, mono: true)
        add("Reference", version.reference.map { "sha256 \($0.short)" }, mono: true)
        add("Source", version.source.isEmpty ? nil : version.source, mono: true)
        return facts
    }
}
