import Foundation
import TernKernel
import Testing

@testable import Dashboard

@Suite struct PageTests {
    @Test func `every template parses and every part it names is there`() throws {
        for (name, text) in Templates.texts {
            _ = try Templates.render(name, ["nothing": "here"])
            let parts = text.split(separator: "{{>").dropFirst().compactMap { $0.split(separator: "}}").first.map(String.init) }
            for part in parts { #expect(Templates.texts[part] != nil, "template \(name) names \(part)") }
        }
    }

    @Test func `every page shows a full server`() async throws {
        try await TestSite.with(.full) { site in
            for address in DashboardSource.addresses {
                let answer = try await site.get(address)
                #expect(answer.status == 200, "\(address)")
                #expect(answer.text.contains("<main") && answer.text.contains("</html>"), "\(address)")
                #expect(!answer.text.contains("Optional("), "\(address)")
                #expect(!answer.text.contains("{{"), "\(address)")
                #expect(answer.headers["content-security-policy"]?.contains("default-src 'self'") == true)
            }
        }
    }

    @Test func `every page shows a server on which nothing has happened`() async throws {
        try await TestSite.with(.empty) { site in
            for address in DashboardSource.addresses {
                let answer = try await site.get(address)
                #expect(answer.status == 200, "\(address)")
                #expect(answer.text.contains("class=\"empty"), "\(address) says that there is nothing")
                #expect(!answer.text.contains("Optional("), "\(address)")
            }
        }
    }

    @Test func `names cannot put markup into a page`() throws {
        let hostile = "<script>alert('x')</script>\"><img src=x onerror=y>"
        var card = EndpointCard.price
        card.shadows = [hostile]
        card.endpoint = .endpoint(hostile)
        var overview = OverviewPage.full
        overview.endpoints = [card]
        overview.entries = [LedgerPage.entry(1, hostile, hostile, hostile, by: hostile)]
        overview.alerts[0].message = hostile
        var version = ModelVersionView.sample(1, hostile, open: true)
        version.gates[0].sentence = hostile
        version.facts[0].link = .run(hostile, text: hostile)
        var run = PipelineRunPage.empty(hostile)
        run.steps = [PipelineRunPage.full.steps[1]]
        run.steps[0].log = hostile
        run.steps[0].name = hostile
        var model = ModelPage.empty(hostile)
        model.versions = [version]
        let rendered = [
            try Templates.render("overview", overview), try Templates.render("model", model),
            try Templates.render("endpoint", EndpointPage.empty(hostile)), try Templates.render("pipeline-run", run),
            try Templates.render("dataset", DatasetPage.empty(hostile)),
            try Templates.render("experiments", hostileExperiments(hostile)), try Templates.render("runs", RunsPage.page(title: hostile, rows: [])),
            try Templates.render("run", RunPage.page(hostile, id: hostile)), try Templates.render("run-overview", RunOverview.sample(hostile)),
            try Templates.render("run-charts", RunCharts(keys: hostile, system: false, rows: [])),
            try Templates.render("run-artifacts", RunArtifacts.sample(hostile)), try Templates.render("run-lineage", RunLineage.sample(hostile)),
            try Templates.render("run-logs", RunLogs.sample(hostile)), try Templates.render("compare", ComparePage.sample(hostile)),
            try Templates.render("failure", FailurePage(.notFound(hostile, hint: hostile))),
        ]
        for page in rendered {
            #expect(!page.contains("<script") && !page.contains("<img"), "\(page.prefix(4000))")
            #expect(page.contains("&lt;script&gt;"))
        }
    }

    private func hostileExperiments(_ text: String) -> ExperimentsPage {
        var page = ExperimentsPage.full
        page.search = text
        page.rows[0].name = text
        page.rows[0].tags = [RunPage.Pair(key: text, value: text)]
        return page
    }

    @Test func `htmx gets the content without the frame`() async throws {
        try await TestSite.with { site in
            let part = try await site.get("/", headers: ["HX-Request": "true"])
            #expect(!part.text.contains("<html") && part.text.contains("class=\"loop\""))
            let state = try await site.get("/endpoints/price?part=state", headers: ["HX-Request": "true"])
            #expect(state.text.contains("Variants") && !state.text.contains("data-chart"))
            let history = try await site.get("/endpoints/price?part=history", headers: ["HX-Request": "true"])
            #expect(history.text.contains("Retrainings") && !history.text.contains("Variants"))
        }
    }

    @Test func `a run that is over is not asked for again and again`() async throws {
        try await TestSite.with(.full) { site in
            let running = try await site.get("/pipeline-runs/8c1d22aa90f4").text
            #expect(running.contains("hx-get=\"/pipeline-runs/8c1d22aa90f4\""))
        }
        try await TestSite.with(.empty) { site in
            let over = try await site.get("/pipeline-runs/p").text
            #expect(!over.contains("hx-get"))
        }
    }

    @Test func `what is not there is a page for people and the usual error for programs`() async throws {
        try await TestSite.with { site in
            let page = try await site.get("/nowhere/at/all")
            #expect(page.status == 404)
            #expect(page.text.contains("Not found") && page.text.contains("<nav>"))
            let run = try await site.get("/runs/nothing")
            #expect(run.status == 404 && run.text.contains("Run with id=nothing not found."))
            let sorted = try await site.get("/runs?sort=nonsense")
            #expect(sorted.status == 400 && sorted.text.contains("is no column"))
            for path in ["/nowhere", "/runs/nothing"] {
                let answer = try await site.get(path, headers: ["Accept": "application/json"])
                #expect(answer.status == 404)
                let error = try JSON(parsing: answer.text)
                #expect(error["error"]?["code"]?.stringValue == "not_found")
            }
            let api = try await site.get("/api/tern/v1/nowhere")
            #expect(api.status == 404 && api.headers["content-type"] == "application/json")
            let neighbour = try await site.get("/api/tern/v1/known/x")
            #expect(neighbour.status == 200)
        }
    }
}
