import Foundation
import TernKernel
import TernProject

/// What the demo does, in the order in which a team would.
struct DemoScript: Sendable {
    let client: TernClient
    let folder: String
    let webhook: String
    let until: Timestamp?

    /// What only the script knows, and the report needs: when the replay began, and how its requests went as a client sees them.
    struct Outcome: Sendable {
        var from: Timestamp
        var to: Timestamp
        var failed: Int
        var alone: String
    }

    private static let firstDays = 180
    private static let shadow = "alone"
    private let endpoint = "price"
    private let model = "price-direction"

    func run() async throws -> Outcome {
        let approver = try await prepare()
        let split = try await addData()
        try await train()
        try await approve(with: approver)
        return try await replay(from: split, approver: approver)
    }

    // MARK: 1. The project and its data

    private func prepare() async throws -> TernClient {
        heading("The project")
        setenv("TERN_ALERT_WEBHOOK", webhook, 1)
        let project = try Project.load(folder + "/tern.yaml")
        let plan = try await client.post("project/plan", ["project": try JSON(encoding: project)])
        for line in plan["lines"]?.arrayValue ?? [] { say("\(line.cell("sign")) \(line.cell("subject"))") }
        _ = try await client.post("project/apply", ["project": try JSON(encoding: project)])
        let token = try await client.post("tokens", ["name": "alice", "role": "approver"])
        say("alice holds a token of the role approver")
        return TernClient(url: client.url, token: token.cell("token"))
    }

    private var market: String { folder + "/data/electricity.csv" }

    /// Adds the first 180 days; answers where they end.
    private func addData() async throws -> Timestamp {
        heading("Data: the first \(DemoScript.firstDays) days")
        guard let text = FileManager.default.contents(atPath: market).map({ String(decoding: $0, as: UTF8.self) }) else {
            throw TernError.notFound("no file at \(market)")
        }
        let lines = text.split(separator: "\n")
        let known = lines.prefix(1 + DemoScript.firstDays * 48)
        let work = folder + "/.tern/demo"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let first = work + "/market-180-days.csv"
        try Data(known.joined(separator: "\n").appending("\n").utf8).write(to: URL(fileURLWithPath: first))
        let version = try await client.post(
            "datasets/market/versions", ["path": .string(first), "reason": .string("the first \(DemoScript.firstDays) days")])
        say(
            "market version \(version.cell("version")): \(version.cell("rows")) rows, "
                + "schema and profile of \(version["schema"]?.arrayValue?.count ?? 0) columns, sha256 \(version.cell("digest").prefix(12))")

        // A file that breaks the schema: one cell is not a number.
        var broken = Array(known.prefix(200))
        var cells = broken[100].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        cells[3] = "n/a"
        broken[100] = Substring(cells.joined(separator: ","))
        let bad = work + "/market-broken.csv"
        try Data(broken.joined(separator: "\n").appending("\n").utf8).write(to: URL(fileURLWithPath: bad))
        do {
            _ = try await client.post("datasets/market/versions", ["path": .string(bad), "reason": "a broken file"])
            throw TernError(.internal, "a file that breaks the schema was taken")
        } catch let error as TernError where error.code == .invalidArgument {
            say("a broken file is refused: \(error.message.split(separator: "\n").first ?? "")")
            for violation in error.details["violations"]?.arrayValue?.prefix(2) ?? [] {
                say("  row \(violation.cell("row")), column \(violation.cell("column")): \(violation.cell("message"))")
            }
        }
        guard lines.indices.contains(known.count), let split = lines[known.count].split(separator: ",").first.flatMap({ Timestamp($0) }) else {
            throw TernError.invalid("\(market) holds less than \(DemoScript.firstDays) days")
        }
        return split
    }

    // MARK: 2. Training

    private func train() async throws {
        heading("Training: prepare, fit, score, publish")
        try await train(reason: "the first model")
        say("once more, nothing changed:")
        try await train(reason: "the same again")
    }

    @discardableResult
    private func train(reason: String, params: JSON = [:]) async throws -> JSON {
        let started = try await client.post("pipelines/train/runs", ["reason": .string(reason), "params": params, "datasets": ["market": 1]])
        let run = try await PipelineFollower(client: client, quiet: false).follow(started)
        guard run.cell("state") == "succeeded" else { throw TernError(.internal, "the pipeline run \(run.cell("id")) \(run.cell("state"))") }
        let result = run["result"] ?? .null
        say("\(model) version \(result.cell("version")): \(result.cell("verdict"))")
        for gate in result["evidence"]?.arrayValue ?? [] {
            say("  \(gate.cell("verdict")): \(gate["evidence"]?["sentence"]?.stringValue ?? gate.cell("gate"))")
        }
        return result
    }

    // MARK: 3. Approval and the first release

    private func approve(with approver: TernClient) async throws {
        heading("Approval")
        do {
            _ = try await client.post("models/\(model)/versions/1/approve")
            throw TernError(.internal, "a version was approved without an approver")
        } catch let error as TernError where error.code == .notAllowed {
            say("without the token: \(error.message)")
        }
        _ = try await approver.post("models/\(model)/versions/1/approve", ["reason": "gates passed, looks sound on the holdout"])
        _ = try await client.post("endpoints/\(endpoint)/settle")
        let status = try await client.get("endpoints/\(endpoint)")
        for variant in status["variants"]?.arrayValue ?? [] {
            say("endpoint \(endpoint): \(variant["reference"]?.cell("name") ?? "-") is \(variant["reference"]?.cell("role") ?? "-")")
        }
        _ = try await client.post("endpoints/\(endpoint)/shadows", ["name": .string(DemoScript.shadow), "version": 1])
        say("beside it, version 1 left alone, as a shadow that no client sees")
    }

    // MARK: 4. The replay

    private func replay(from split: Timestamp, approver: TernClient) async throws -> Outcome {
        heading("The market, half hour by half hour, a day a request")
        let table = try HistoryTable(file: market, time: "settled_at", target: "up", from: split, to: until, batch: .days(1))
        guard let last = table.times.last else { throw TernError.invalid("there is nothing to replay before \(until?.description ?? "the end")") }
        var replay = Replay(client: client, endpoint: endpoint, table: table, labelsAfter: .days(2))
        var progress = Progress("replay")
        var told = try await lastEntry()
        var sabotaged = false
        for index in table.batches.indices {
            let day = table.batches[index].start
            if !sabotaged, day >= split + .days(75) { sabotaged = try await sabotage(approver: approver) }
            try await replay.send(index)
            if index % 7 == 6 || index == table.batches.count - 1 {
                told = try await tell(after: told, &progress)
                progress.show(Double(index + 1) / Double(table.batches.count), "market \(day.description.prefix(10))")
            }
        }
        try await replay.postRemainingLabels()
        _ = try await tell(after: told, &progress)
        progress.end()
        return Outcome(from: table.times[0], to: last, failed: replay.failed, alone: DemoScript.shadow)
    }

    /// A candidate that has learnt nothing is refused; another is forced past the gates, for the canary to catch.
    ///
    /// - Returns: whether it is done; not while another release is in progress.
    private func sabotage(approver: TernClient) async throws -> Bool {
        let status = try await client.get("endpoints/\(endpoint)")
        if let release = status["release"], ["running", "paused"].contains(release.cell("state")) { return false }
        heading("A candidate trained on shuffled labels")
        try await train(reason: "shuffled labels, to see it refused", params: ["shuffle_labels": true])
        heading("Another, forced past the gates")
        let forced = try await train(reason: "shuffled labels, to be forced", params: ["shuffle_labels": true, "seed": 8])
        do {
            _ = try await client.post("endpoints/\(endpoint)/release", ["version": forced["version"] ?? .null])
            throw TernError(.internal, "a refused version was released without an override")
        } catch let error as TernError where error.code == .gateRefused {
            say("refused: \(error.message)")
        }
        _ = try await approver.post(
            "endpoints/\(endpoint)/release",
            ["version": forced["version"] ?? .null, "override": "the demo forces a bad candidate to see the canary catch it"])
        say("forced with a recorded reason; the canary's guard will see")
        return true
    }

    private func lastEntry() async throws -> Int64 {
        try await client.get("ledger", ["order": "newest", "limit": "1"])["entries"]?[0]?["sequence"]?.intValue ?? 0
    }

    /// Prints what the ledger has since gained that a person would want to hear.
    private func tell(after sequence: Int64, _ progress: inout Progress) async throws -> Int64 {
        let entries = try await client.get("ledger", ["after": String(sequence), "limit": "10000"])["entries"]?.arrayValue ?? []
        let loud = ["alert.raised", "policy.retrain.started", "release.promoted", "release.rolled_back", "release.started"]
        for entry in entries where loud.contains(entry.cell("kind")) {
            progress.end()
            let words = entry["reason"]?.stringValue ?? entry["data"]?["cause"]?.stringValue ?? entry["data"]?["message"]?.stringValue ?? ""
            say("\(entry.cell("event_time").prefix(10))  \(entry.cell("kind"))  \(words)")
        }
        return entries.last?["sequence"]?.intValue ?? sequence
    }

    private func heading(_ text: String) { Terminal.note("\n── \(text)") }
    private func say(_ text: String) { Terminal.note("   \(text)") }
}
