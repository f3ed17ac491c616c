import Foundation
import NIOCore
import NIOHTTP1
import TernKernel

/// Sends a table's history to an endpoint batch by batch, and the truth some time later.
///
/// It keeps nothing but the ids it was given: what happened is the server's to say, from its inference log.
struct Replay {
    let client: TernClient
    let endpoint: String
    let table: HistoryTable
    let labelsAfter: Period
    /// The endpoint's name as a path segment.
    private let name: String

    private(set) var requests = 0
    private(set) var rows = 0
    private(set) var feedback = 0
    private(set) var repeats = 0
    private(set) var failed = 0
    private(set) var latencies: [Double] = []
    /// Batches that were answered and whose truth is not posted yet.
    private var unlabelled: [(batch: Int, id: String)] = []

    init(client: TernClient, endpoint: String, table: HistoryTable, labelsAfter: Period) {
        self.client = client
        self.endpoint = endpoint
        name = TernClient.encode(endpoint)
        self.table = table
        self.labelsAfter = labelsAfter
    }

    var summary: JSON {
        ["requests": JSON(requests), "rows": JSON(rows), "feedback": JSON(feedback), "repeats": JSON(repeats), "failed": JSON(failed)]
    }

    /// Posts the truth that is due, asks for the batch's predictions, and lets the server settle.
    mutating func send(_ index: Int) async throws {
        let batch = table.batches[index]
        try await postLabels(dueBy: batch.start)
        let body = request(for: batch).bytes
        let start = ContinuousClock.now
        let answer = try await persist { [name] client in
            try await client.send(.POST, "/v2/models/\(name)/infer", body: body, timeout: .seconds(30))
        }
        latencies.append(Double((ContinuousClock.now - start).components.attoseconds) / 1e15)
        requests += 1
        rows += batch.rows.count
        if let id = answer?["parameters"]?["prediction_id"]?.stringValue { unlabelled.append((index, id)) }
        try await settle()
    }

    mutating func postRemainingLabels() async throws {
        for entry in unlabelled { try await post(entry) }
        unlabelled = []
        try await settle()
    }

    private mutating func postLabels(dueBy time: Timestamp) async throws {
        let before = feedback
        while let entry = unlabelled.first, table.batches[entry.batch].start + labelsAfter <= time {
            try await post(entry)
            unlabelled.removeFirst()
        }
        // What the labels lead to is decided before the next request, whenever the server happens to look: a replay decides the same each time.
        if feedback > before { try await settle() }
    }

    private mutating func settle() async throws {
        _ = try await persist { [name] client in try await client.post("endpoints/\(name)/settle") }
    }

    private mutating func post(_ entry: (batch: Int, id: String)) async throws {
        let truth = table.batches[entry.batch].rows.map { JSON.int(Int64(table.truth[$0])) }
        let body: JSON = ["prediction": .string(entry.id), "values": .array(truth)]
        _ = try await persist { [name] client in try await client.post("endpoints/\(name)/feedback", body) }
        feedback += truth.count
    }

    private func request(for batch: HistoryTable.Batch) -> JSON {
        let shape: JSON = [.int(Int64(batch.rows.count)), 1]
        var inputs: [JSON] = zip(table.features, table.values).map { name, values in
            ["name": .string(name), "datatype": "FP32", "shape": shape, "data": .array(batch.rows.map { JSON.double(values[$0]) })]
        }
        inputs.append([
            "name": .string(table.endpointTime), "datatype": "BYTES", "shape": shape,
            "data": .array(batch.rows.map { JSON.string(table.timeTexts[$0]) }),
        ])
        return ["inputs": .array(inputs)]
    }

    /// Repeats a request that nobody answers, for up to a minute: the server may be starting again.
    private mutating func persist(_ body: (TernClient) async throws -> JSON) async throws -> JSON? {
        let giveUp = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body(client)
            } catch let error as TernError where error.code == .unavailable && ContinuousClock.now < giveUp {
                repeats += 1
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                failed += 1
                throw error
            }
        }
    }
}
