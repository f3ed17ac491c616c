import Foundation
import TernKernel
import TernStore

/// The report of the demo: asked of the server's inference log, feedback and ledger.
struct DemoReport: Sendable {
    private let client: TernClient
    private let outcome: DemoScript.Outcome
    private let webhooks: [JSON]
    private let marketTimes: [Int64: JSON]

    init(client: TernClient, outcome: DemoScript.Outcome, webhooks: [JSON]) async throws {
        self.client = client
        self.outcome = outcome
        self.webhooks = webhooks
        marketTimes = Self.marketTimes(try await client.get("ledger", ["limit": "10000"])["entries"]?.arrayValue ?? [], from: outcome.from)
    }

    func assemble() async throws -> JSON {
        let figures = try await client.get(
            "endpoints/price/report", ["window": "60d", "from": outcome.from.description, "to": (outcome.to + .minutes(30)).description])
        let latency = try await client.get("endpoints/price/latency")
        let serverFailed = (figures["windows"]?.arrayValue ?? []).reduce(Int64(0)) { $0 + ($1["failed"]?.intValue ?? 0) }
        return [
            "windows": .array((figures["windows"]?.arrayValue ?? []).map(window)),
            "alerts": .array(
                try await events("alert.raised").map { entry in
                    var row = event(entry)
                    row["endpoint"] = JSON(entry.cell("subject").split(separator: "/").dropFirst().first.map { String($0) })
                    row["monitor"] = entry["data"]?["monitor"] ?? .null
                    row["column"] = entry["data"]?["column"] ?? .null
                    row["message"] = entry["data"]?["message"] ?? entry["reason"] ?? .null
                    return .object(row)
                }),
            "retrainings": .array(try await retrainings()),
            "gates": .array(
                try await events("model.version.gated").map { entry in
                    var row = event(entry)
                    row["version"] = entry.cell("subject").split(separator: "/").last.flatMap { Int($0) }.map { JSON($0) } ?? .null
                    row["verdict"] = entry["data"]?["verdict"] ?? .null
                    row["evidence"] = entry["data"]?["gates"] ?? entry["data"]?["evidence"] ?? .null
                    return .object(row)
                }),
            "releases": .array(try await releases(["release.started", "release.promoted"])),
            "rollbacks": .array(try await releases(["release.rolled_back"])),
            "failed_requests": .int(max(serverFailed, Int64(outcome.failed))),
            "latency_ms": ["p50": latency["p50"] ?? .null, "p99": latency["p99"] ?? .null],
            "webhooks_received": JSON(webhooks.count),
        ]
    }

    private func window(_ window: JSON) -> JSON {
        let kept = window["variants"]?["kept"] ?? .null
        let alone = window["variants"]?[outcome.alone] ?? .null
        var row: [String: JSON] = ["from": window["from"] ?? .null, "to": window["to"] ?? .null, "requests": window["requests"] ?? .null]
        for metric in ["f1", "precision", "recall"] {
            row["\(metric)_alone"] = alone[metric] ?? .null
            row["\(metric)_kept"] = kept[metric] ?? .null
        }
        return .object(row)
    }

    private func retrainings() async throws -> [JSON] {
        let promoted = Set(try await events("release.promoted").compactMap { $0["data"]?["to"]?.intValue })
        return (try await client.get("endpoints/price/retrainings")["retrainings"]?.arrayValue ?? []).map { retraining in
            [
                "at": retraining["at"] ?? .null, "market_time": retraining["event_time"] ?? .null, "cause": retraining["cause"] ?? .null,
                "version": retraining["version"] ?? .null, "state": retraining["state"] ?? .null,
                "promoted": .bool(retraining["version"]?.intValue.map(promoted.contains) ?? false),
            ]
        }
    }

    private func releases(_ kinds: [String]) async throws -> [JSON] {
        var rows: [(Int64, JSON)] = []
        for kind in kinds {
            for entry in try await events(kind) {
                var row = event(entry)
                row["what"] = .string(kind)
                for key in ["from", "to", "strategy", "cause", "override", "evidence"] { row[key] = entry["data"]?[key] ?? .null }
                rows.append((entry["sequence"]?.intValue ?? 0, .object(row)))
            }
        }
        return rows.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func events(_ kind: String) async throws -> [JSON] {
        try await client.get("ledger", ["kind": kind, "limit": "10000"])["entries"]?.arrayValue ?? []
    }

    /// What stood on the market's clock at an entry: its own data time, else that of the last entry before it that has one, else the replay's start.
    private static func marketTimes(_ entries: [JSON], from start: Timestamp) -> [Int64: JSON] {
        var last: JSON = .string(start.description)
        var times: [Int64: JSON] = [:]
        for entry in entries {
            if let time = entry["event_time"], !time.isNull { last = time }
            if let sequence = entry["sequence"]?.intValue { times[sequence] = last }
        }
        return times
    }

    /// Ledger time and market time.
    private func event(_ entry: JSON) -> [String: JSON] {
        let time = entry["sequence"]?.intValue.flatMap { marketTimes[$0] } ?? .null
        return ["at": entry["at"] ?? .null, "market_time": time, "by": entry["actor"] ?? .null, "reason": entry["reason"] ?? .null]
    }

    // MARK: Showing

    static func write(_ report: JSON, to path: String) throws {
        try DurableFile.replace(path, with: Data((report.pretty + "\n").utf8))
        try DurableFile.replace(page(beside: path), with: Data(DemoPage(report: report).html.utf8))
    }

    static func page(beside path: String) -> String { (path as NSString).deletingPathExtension + ".html" }

    static func show(_ report: JSON, _ terminal: Terminal) {
        terminal.line()
        terminal.heading("F1 by 60 days: version 1 left alone, and the endpoint as Tern kept it")
        terminal.table(
            ["from", "to", "requests", "left alone", "kept by Tern"],
            (report["windows"]?.arrayValue ?? []).map {
                [String($0.cell("from").prefix(10)), String($0.cell("to").prefix(10)), $0.cell("requests"), $0.cell("f1_alone"), $0.cell("f1_kept")]
            })
        let retrainings = report["retrainings"]?.arrayValue ?? []
        terminal.facts([
            ("alerts", String(report["alerts"]?.arrayValue?.count ?? 0)),
            ("retrainings", "\(retrainings.count), promoted \(retrainings.count { $0["promoted"]?.boolValue == true })"),
            ("gate verdicts", String(report["gates"]?.arrayValue?.count ?? 0)), ("rollbacks", String(report["rollbacks"]?.arrayValue?.count ?? 0)),
            ("failed requests", report.cell("failed_requests")),
            ("latency", "p50 \(report["latency_ms"]?.cell("p50") ?? "-") ms, p99 \(report["latency_ms"]?.cell("p99") ?? "-") ms"),
        ])
    }
}
