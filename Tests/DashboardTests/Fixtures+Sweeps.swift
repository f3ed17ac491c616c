import TernKernel

@testable import Dashboard

extension SweepsPage {
    static let full = page("churn")

    /// One sweep, with `text` wherever somebody's words stand.
    static func page(_ text: String) -> SweepsPage {
        SweepsPage(sweeps: [
            Row(
                sweep: Link(text: text, address: "/sweeps/" + Link.escape(text)), name: text, state: Badge("running", .busy), method: "bayes",
                metric: "minimize \(text)", trials: "7 of 20 (1 running)", best: "0.31", by: text, started: moment("2026-11-21T06:10:00Z"))
        ])
    }
}

extension SweepPage {
    static let full = page("churn")

    /// A sweep that has tried something, with `text` wherever somebody's words stand.
    static func page(_ text: String) -> SweepPage {
        var page = empty(text)
        page.reason = text
        page.metric = "minimize \(text)"
        page.best = "trial 2: 0.31; \(text) 0.1"
        page.bestRun = .run(text, text: text)
        page.again = "python train.py --\(text)"
        page.columns = [text, "lr"]
        page.rows = [
            Row(
                number: "2", state: Badge("succeeded", .good), isBest: true, objective: "0.31", values: [text, "0.1"], run: .run(text),
                duration: "2 s", problem: nil),
            Row(
                number: "1", state: Badge("failed", .bad), isBest: false, objective: "", values: [text, "0.2"], run: nil, duration: "",
                problem: text),
        ]
        page.more = "3 earlier trials are not shown."
        page.pause = "/api/tern/v1/sweeps/\(Link.escape(text))/pause"
        page.stop = "/api/tern/v1/sweeps/\(Link.escape(text))/stop"
        return page
    }

    static func empty(_ text: String) -> SweepPage {
        SweepPage(
            title: text, id: text, address: "/sweeps/" + Link.escape(text), state: Badge("running", .busy), reason: "", method: "random", by: text,
            started: moment("2026-11-21T06:10:00Z"), ended: nil, trials: "0", metric: nil, seed: "1", folder: text, best: nil, bestRun: nil,
            again: nil, columns: [], rows: [], more: nil, pause: nil, resume: nil, stop: nil)
    }
}

extension ParallelChart {
    static func page(_ text: String) -> ParallelChart {
        ParallelChart(
            axes: [Axis(name: text, choices: [text, "b"], isLogarithmic: false), Axis(name: "loss", choices: nil, isLogarithmic: false)],
            series: [Lines(name: "succeeded", values: [[0, 0.31]])], isMaximized: false)
    }
}
