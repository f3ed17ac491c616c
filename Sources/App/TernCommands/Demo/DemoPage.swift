import TernKernel

/// The report as a page of its own: no script, no network, one file.
struct DemoPage {
    let report: JSON

    var html: String {
        let windows = report["windows"]?.arrayValue ?? []
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tern: the electricity market</title>
            <meta name="viewport" content="width=device-width, initial-scale=1"><style>\(DemoPage.style)</style></head><body>
            <h1>A model left alone, and one that is kept</h1>
            <p>The New South Wales electricity market, replayed half hour by half hour. From 2 May 1997 electricity flows between the states.</p>
            \(chart(windows))
            <p><span class="alone">■</span> version 1 left alone &nbsp; <span class="kept">■</span> kept by Tern</p>
            <h2>By 60 days</h2>
            \(table(["from", "to", "requests", "F1 alone", "F1 kept", "precision alone", "precision kept", "recall alone", "recall kept"], windows.map { window in
                [day(window, "from"), day(window, "to"), window.cell("requests")]
                    + ["f1_alone", "f1_kept", "precision_alone", "precision_kept", "recall_alone", "recall_kept"].map { window.cell($0) }
            }))
            <p>Failed requests: \(report.cell("failed_requests")). Latency p50 \(report["latency_ms"]?.cell("p50") ?? "-") ms, p99 \(report["latency_ms"]?.cell("p99") ?? "-") ms.</p>
            \(events("Retrainings", "retrainings", ["version", "promoted", "state", "cause"]))
            \(events("Releases", "releases", ["what", "from", "to", "cause", "override"]))
            \(events("Rollbacks", "rollbacks", ["from", "to", "cause"]))
            \(events("Gate verdicts", "gates", ["version", "verdict"]))
            \(events("Alerts", "alerts", ["monitor", "column", "message"]))
            </body></html>
            """
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#1c2733}
        h2{margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #e3e8ee;vertical-align:top}
        th{color:#5b6b7b;font-weight:600}.alone{color:#c0392b}.kept{color:#1a7f5a}svg{width:100%;height:auto}
        """

    private func events(_ title: String, _ key: String, _ columns: [String]) -> String {
        let rows = report[key]?.arrayValue ?? []
        return "<h2>\(title) (\(rows.count))</h2>"
            + table(
                ["market time", "ledger time"] + columns,
                rows.map { row in [day(row, "market_time"), row.cell("at")] + columns.map { row.cell($0) } })
    }

    private func day(_ row: JSON, _ key: String) -> String { String(row.cell(key).prefix(10)) }

    private func table(_ header: [String], _ rows: [[String]]) -> String {
        let head = header.map { "<th>\(DemoPage.escape($0))</th>" }.joined()
        let body = rows.map { "<tr>" + $0.map { "<td>\(DemoPage.escape($0))</td>" }.joined() + "</tr>" }.joined(separator: "\n")
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table>"
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// Two lines over the windows, F1 from 0 to 1.
    private func chart(_ windows: [JSON]) -> String {
        let width = 960.0, height = 280.0, left = 40.0, bottom = 40.0
        func point(_ index: Int, _ value: Double) -> String {
            let x = left + (width - left - 20) * (windows.count > 1 ? Double(index) / Double(windows.count - 1) : 0)
            let y = (height - bottom) - (height - bottom - 10) * value
            return "\(JSON.short(x)),\(JSON.short(y))"
        }
        func line(_ key: String, _ colour: String) -> String {
            let points = windows.enumerated().compactMap { index, window in window[key]?.doubleValue.map { point(index, $0) } }
            return "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2.5\" points=\"\(points.joined(separator: " "))\"/>"
        }
        let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map { value in
            let y = (height - bottom) - (height - bottom - 10) * value
            return
                "<line x1=\"\(left)\" x2=\"\(width - 20)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#e3e8ee\"/><text x=\"4\" y=\"\(y + 4)\" font-size=\"11\" fill=\"#5b6b7b\">\(value)</text>"
        }.joined()
        let labels = windows.enumerated().map { index, window in
            let x = point(index, 0).split(separator: ",")[0]
            return
                "<text x=\"\(x)\" y=\"\(height - 18)\" font-size=\"10\" text-anchor=\"middle\" fill=\"#5b6b7b\">\(day(window, "from").dropFirst(2))</text>"
        }.joined()
        return "<svg viewBox=\"0 0 \(width) \(height)\">\(grid)\(labels)\(line("f1_alone", "#c0392b"))\(line("f1_kept", "#1a7f5a"))</svg>"
    }
}
