import Foundation
import TernKernel
import Testing

@testable import Dashboard

@Suite struct SweepPageTests {
    private let hostile = "<script>alert('x')</script>\"><img src=x onerror=y>"

    @Test func `what a sweep is called, tries and fails with cannot put markup into its pages`() throws {
        let pages = [
            try Templates.render("sweeps", SweepsPage.page(hostile)), try Templates.render("sweep", SweepPage.page(hostile)),
            try Templates.render("sweep-state", SweepPage.page(hostile)),
        ]
        for page in pages {
            #expect(!page.contains("<script") && !page.contains("<img"), "\(page)")
            #expect(page.contains("&lt;script&gt;"))
        }
        // Title, id, person, reason, metric, best, its run, command, folder, column, two values and the failure: none is left out.
        #expect(pages[2].components(separatedBy: "&lt;script&gt;").count - 1 >= 13)
    }

    @Test func `a hostile name goes to the chart as JSON and stays one`() async throws {
        var source = DashboardSource.full
        source.sweepChart = { .page($0) }
        try await TestSite.with(source) { site in
            let answer = try await site.get("/dashboard/data/sweeps/\(Link.escape("<img src=x>"))/trials")
            #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("application/json") == true)
            let chart = try JSON(parsing: answer.text)
            #expect(chart["axes"]?.arrayValue?.first?["name"] == "<img src=x>")
            #expect(chart["kind"] == "trials")
        }
    }

    @Test func `a sweep offers what can be done with it now, and its table alone to htmx`() async throws {
        try await TestSite.with(.full) { site in
            let page = try await site.get("/sweeps/4f1e77aa").text
            #expect(page.contains("/sweeps/churn/pause") && page.contains("/sweeps/churn/stop") && !page.contains("Resume"))
            #expect(page.contains("★ 2") && page.contains("data-chart=\"/dashboard/data/sweeps/churn/trials\""))
            let state = try await site.get("/sweeps/4f1e77aa?part=state", headers: ["HX-Request": "true"]).text
            #expect(state.contains("★ 2") && !state.contains("data-chart") && !state.contains("<html"))
        }
        try await TestSite.with(.empty) { site in
            let page = try await site.get("/sweeps/4f1e77aa").text
            #expect(page.contains("None yet.") && !page.contains("data-post") && !page.contains("data-chart"))
        }
    }
}
