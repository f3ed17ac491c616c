import TernKernel
import Testing

@testable import Dashboard
@testable import Registry

@Suite struct ModelPageTests {
    private static let hostile = "<script>alert('x')</script>\"><img src=x onerror=y>"

    private func page(_ text: String, card: String? = nil) -> VersionPage {
        VersionPage(
            title: text, model: .model(text), status: Badge(state: text), statusReason: text, aliases: [text], stage: text, about: text,
            made: Moment(milliseconds: 0), ledger: .ledger(subject: text),
            gates: [
                VersionPage.Gate(
                    GateResult(
                        gate: text, verdict: .pass,
                        evidence: [
                            "sentence": .string(text), "value": 0.7123, "threshold": 0.5, "rows": 1728,
                            "slices": [["column": .string(text), "value_of_column": .string(text), "rows": 40, "value": 0.6, "verdict": "pass"]],
                        ], at: Timestamp(milliseconds: 0)))
            ], holdout: text, reviews: [.init(verdict: Badge(state: text), by: text, at: Moment(milliseconds: 0), reason: text)], approvals: text,
            approve: "/approve", reject: "/reject", withdraw: nil,
            deployments: [
                .init(
                    VersionDeployment(
                        endpoint: text, version: 1, role: text, share: 0.25, from: Timestamp(milliseconds: 0), by: text, reason: text, endedBy: text))
            ], facts: [.init(name: text, text: text, link: .run(text), mono: true)], metrics: [.init(key: text, value: text)],
            runMetrics: [.init(key: text, value: text)], hasRunMetrics: true, fields: [.init(side: "input", name: text, type: text)],
            declared: [.init(side: "input", name: text, type: text)], hasDeclared: true, files: [.init(name: text, about: text, content: text)],
            card: card.map(Markdown.html), compare: ComparePicker(text, [(2, [text]), (1, [])]))
    }

    @Test func `a version's page shows evidence, approvals, deployments and lineage`() throws {
        let html = try Templates.render("model-version", page("market", card: "# Use\n\n*carefully*"))
        for part in [
            "<i>value</i> 0.7123", "<i>threshold</i> 0.5", "<i>rows</i> 1,728", "Slices", "data-post=\"/approve\"", "formaction=\"/reject\"", "25 %",
            "<b>now</b>", "Metrics of its run", "As declared by its maker", "<h2>Use</h2>", "<em>carefully</em>", "action=\"/models/market/compare\"",
            "not built in this version",
        ] { #expect(html.contains(part), "\(part)") }
    }

    @Test func `names and cards cannot put markup into a model's pages`() throws {
        let hostile = ModelPageTests.hostile
        var comparison = try compared(hostile)
        comparison.churnProblem = hostile
        var model = ModelPage.empty(hostile)
        model.card = Markdown.html(hostile)
        model.compare = ComparePicker(hostile, [(2, [hostile]), (1, [])])
        for html in [
            try Templates.render("model-version", page(hostile, card: hostile)), try Templates.render("model-compare", comparison),
            try Templates.render("model", model),
        ] {
            #expect(!html.contains("<script") && !html.contains("<img"), "\(html.prefix(3000))")
            #expect(html.contains("&lt;script&gt;"))
        }
    }

    private func compared(_ text: String) throws -> ModelComparePage {
        let side = ModelComparison.Side(
            model: text, version: 1, status: .approved, aliases: [text], createdAt: Timestamp(milliseconds: 0), createdBy: text, run: text,
            codeCommit: text, codeClean: false, digest: nil, holdout: nil)
        let churn = PredictionChurn(
            kind: "classes", sample: text, sampleDigest: text, rows: 600, sampleRows: 20_000, changed: 0.125,
            flips: [.init(from: text, to: "1", rows: 75)], difference: .init(mean: 0.1, p50: 0.05, p90: 0.4, p99: 0.8, max: 0.9), mended: 50,
            broken: 25,
            examples: [.init(row: 3, inputs: [text: .string(text)], from: text, to: text, truth: text)])
        return ModelComparePage(
            title: text, model: .model(text), compare: nil, sides: [.init(side), .init(side)],
            metrics: [.init(ModelComparison.Metric("f1", origin: text, 0.5, 0.75)), .init(ModelComparison.Metric("rmse", origin: text, 1, 2))],
            holdoutNote: text, params: [.init(name: text, from: text, to: text)],
            data: [
                .init(
                    ModelComparison.Data(name: text, from: text, to: nil, fromDigest: text, toDigest: nil, fromRows: 1728, toRows: nil, same: false))
            ],
            schema: [.init(name: text, about: text, from: text, to: text)], environment: [.init(name: text, from: text, to: text)],
            churn: .init(churn), churnProblem: nil)
    }

    @Test func `a comparison says what is better and what became wrong`() throws {
        let html = try Templates.render("model-compare", compared("market"))
        for part in [
            "12.5 % of 600 answers differ", "the first of 20,000 rows", "50 became right, 25 became wrong", "+0.25", "badge good\">better",
            "badge bad\">worse", "market, 1,728 rows", "Classes that changed", "How far apart the scores are", "with changes beside it",
        ] { #expect(html.contains(part), "\(part)") }
    }

    @Test func `the pages have addresses`() async throws {
        var source = DashboardSource.full
        let version = page("market")
        source.version = { name, number in
            guard name == "market", number == 3 else { throw TernError.notFound("no version") }
            return version
        }
        let comparison = try compared("market")
        source.modelCompare = { query in
            #expect(query == ModelCompareQuery(model: "market", first: "1", second: "champion", other: nil))
            return comparison
        }
        try await TestSite.with(source) { site in
            for (path, status) in [
                ("versions/3", 200), ("versions/4", 404), ("versions/x", 400), ("compare?a=1&b=champion", 200), ("compare?a=1", 400),
            ] {
                let answer = try await site.get("/models/market/" + path)
                #expect(answer.status == status, "\(path)")
            }
        }
    }

    @Test func `the picker offers the champion against the newest`() throws {
        let picker = try #require(ComparePicker("m", [(4, []), (3, []), (2, ["champion"]), (1, [])]))
        #expect(picker.first.first { $0.chosen }?.value == "2")
        #expect(picker.second.first { $0.chosen }?.value == "4")
        #expect(ComparePicker("m", [(1, ["champion"])]) == nil)
    }
}
