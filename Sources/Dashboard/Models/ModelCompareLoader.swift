import Registry
import TernKernel

/// Fills the page that compares two versions.
struct ModelCompareLoader: Sendable {
    let services: DashboardServices

    func load(_ query: ModelCompareQuery) async throws -> ModelComparePage {
        let comparison = try await services.registry.compare(query.model, query.first, with: query.other, query.second)
        let (from, to) = (comparison.from, comparison.to)
        let same = from.model == to.model
        let versions = same ? try await services.registry.versions(query.model).map { ($0.version, $0.aliases) } : []
        return ModelComparePage(
            title: same ? "\(from.model): v\(from.version) and v\(to.version)" : "\(from.model) v\(from.version) and \(to.model) v\(to.version)",
            model: Link.model(from.model), compare: ComparePicker(query.model, versions, from: from.version, to: to.version),
            sides: [from, to].map(ModelComparePage.Side.init(_:)), metrics: comparison.metrics.map(ModelComparePage.Row.init(_:)),
            holdoutNote: comparison.sameHoldout || comparison.metrics.allSatisfy { $0.origin != "holdout" }
                ? nil : "each was judged on a holdout of its own",
            params: comparison.params.map { .init(name: $0.name, from: $0.from ?? "–", to: $0.to ?? "–") },
            data: comparison.data.map(ModelComparePage.Row.init(_:)),
            schema: comparison.schema.map { .init(name: $0.name, about: $0.side.rawValue, from: $0.from ?? "not there", to: $0.to ?? "not there") },
            environment: comparison.environment.map {
                .init(name: $0.name, from: $0.from.map { String($0.prefix(28)) } ?? "–", to: $0.to.map { String($0.prefix(28)) } ?? "–")
            }, churn: comparison.churn.map(ModelComparePage.Churn.init(_:)), churnProblem: comparison.churn == nil ? comparison.churnProblem : nil)
    }
}

extension ModelComparePage.Side {
    init(_ side: ModelComparison.Side) {
        version = Link.versionPage(side.model, side.version)
        status = Badge(state: side.status.rawValue)
        aliases = side.aliases
        made = Moment(side.createdAt)
        by = side.createdBy
        code = side.codeCommit.map { $0.prefix(12) + (side.codeClean == false ? " with changes beside it" : "") } ?? "–"
        run = side.run.flatMap { $0.isEmpty ? nil : Link.run($0) }
    }
}

extension ModelComparePage.Row {
    init(_ metric: ModelComparison.Metric) {
        func text(_ value: Double?) -> String { value.map(Figures.number) ?? "–" }
        self.init(
            name: metric.name, about: metric.origin, from: text(metric.from), to: text(metric.to),
            change: metric.delta.map { ($0 > 0 ? "+" : "") + Figures.number($0) } ?? "",
            verdict: metric.verdict.flatMap { $0 == "same" ? nil : Badge(state: $0) })
    }

    init(_ data: ModelComparison.Data) {
        func text(_ word: String?, _ rows: Int64?, _ digest: String?) -> String {
            guard let word else { return "–" }
            return word + (rows.map { ", \(Figures.count($0)) rows" } ?? "") + (digest.map { ", \($0.prefix(12))" } ?? "")
        }
        self.init(
            name: data.name, from: text(data.from, data.fromRows, data.fromDigest), to: text(data.to, data.toRows, data.toDigest),
            change: data.same ? "the same" : "")
    }
}

extension ModelComparePage.Churn {
    init(_ churn: PredictionChurn) {
        headline = "\(Figures.share(churn.changed)) of \(Figures.count(churn.rows)) answers differ"
        let cut = churn.sampleRows > churn.rows ? ", the first of \(Figures.count(churn.sampleRows)) rows" : ""
        var words = "on the \(churn.sample)\(cut)."
        if let mended = churn.mended, let broken = churn.broken {
            words += " \(Figures.count(mended)) became right, \(Figures.count(broken)) became wrong."
        }
        sentence = words
        flips = churn.flips.map { .init(name: "", from: $0.from, to: $0.to, change: Figures.count($0.rows)) }
        hasFlips = !flips.isEmpty
        spreadOf = churn.kind == "numbers" ? "How far apart the numbers are" : "How far apart the scores are"
        spread =
            churn.difference.map { spread in
                [("mean", spread.mean), ("median", spread.p50), ("90 %", spread.p90), ("99 %", spread.p99), ("greatest", spread.max)]
                    .map { VersionPage.Pair(key: $0.0, value: Figures.number($0.1)) }
            } ?? []
        hasSpread = !spread.isEmpty
        examples = churn.examples.map { example in
            let inputs = example.inputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.stringValue ?? $0.value.description)" }
            return .init(
                row: String(example.row), from: example.from, to: example.to, truth: example.truth ?? "–", inputs: inputs.joined(separator: ", "))
        }
        hasExamples = !examples.isEmpty
    }
}
