import Foundation
import Synchronization
import TernJobs
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Pipelines

/// What the neighbours were asked, and what they answer.
final class Neighbours: Sendable {
    struct Asked {
        var trackingRuns: [String: [String: String]] = [:]
        var finished: [String: Bool] = [:]
        var metrics: [String: [String: Double]] = [:]
        var params: [String: [String: String]] = [:]
        var registered: [RegisterStep] = []
        /// The bytes that a register step was given.
        var models: [String] = []
        var verdict = "approved"
        var trackingFails = false
    }

    let asked = Mutex(Asked())
    let folder: String

    init(folder: String) { self.folder = folder }

    /// Writes a dataset's version, so that `dataset:NAME` finds it.
    func add(dataset name: String, version: Int, _ content: String) throws {
        try content.write(toFile: "\(folder)/\(name)-\(version).csv", atomically: true, encoding: .utf8)
    }

    var ports: PipelinePorts {
        PipelinePorts(
            dataset: { [folder] name, version in
                let latest = (1...9).last { FileManager.default.fileExists(atPath: "\(folder)/\(name)-\($0).csv") }
                guard let wanted = version ?? latest, FileManager.default.fileExists(atPath: "\(folder)/\(name)-\(wanted).csv") else {
                    throw TernError.notFound("no dataset '\(name)' version \(version ?? 0)")
                }
                let path = "\(folder)/\(name)-\(wanted).csv"
                return PipelineDataset(name: name, version: wanted, digest: try Digest.ofFile(at: path).digest, path: path)
            },
            createTrackingRun: { _, name, tags in
                try self.asked.withLock { asked in
                    if asked.trackingFails { throw TernError(.unavailable, "tracking is away") }
                    asked.trackingRuns[name] = tags
                    return "tracking-\(name)"
                }
            }, finishTrackingRun: { id, ok in self.asked.withLock { $0.finished[id] = ok } },
            logMetrics: { run, metrics in self.asked.withLock { $0.metrics[run] = metrics } },
            logParams: { run, params in self.asked.withLock { $0.params[run] = params } },
            evaluate: { model, table, target in
                let content = try String(contentsOfFile: model, encoding: .utf8) + String(contentsOfFile: table, encoding: .utf8)
                return ["f1": 0.5, "size": Double(content.utf8.count), "target": Double(target.utf8.count)]
            },
            register: { step in
                let content = try String(contentsOfFile: step.modelPath, encoding: .utf8)
                return self.asked.withLock { asked in
                    asked.registered.append(step)
                    asked.models.append(content)
                    return RegisterOutcome(version: asked.registered.count, verdict: asked.verdict, evidence: ["gates": []])
                }
            }, trackingURI: { "http://127.0.0.1:5000" })
    }
}

/// A project with a queue at work.
struct PipelineFixture: Sendable {
    let database: Database
    let blobs: BlobStore
    let queue: JobQueue
    let room: PipelinesRoom
    let neighbours: Neighbours
    let folder: String
    var project: String { folder + "/project" }
    var service: PipelineService { room.service }
    let person = Identity(name: "ada", role: .editor)

    static func with(_ body: (PipelineFixture) async throws -> Void) async throws {
        try await withDatabase(JobQueue.migrations + PipelinesRoom.migrations) { database in
            try await withTemporaryFolder { folder in
                try FileManager.default.createDirectory(atPath: folder + "/project/steps", withIntermediateDirectories: true)
                let neighbours = Neighbours(folder: folder)
                try neighbours.add(dataset: "market", version: 1, "a,b\n1,2\n")
                try await PipelineFixture.working(in: folder, database, neighbours, body)
            }
        }
    }

    /// A server on this database; several in a row are restarts.
    static func working(
        in folder: String, _ database: Database, _ neighbours: Neighbours, _ body: (PipelineFixture) async throws -> Void
    ) async throws {
        let fixture = try PipelineFixture(in: folder, database, neighbours)
        try await fixture.room.resume()
        let work = Task { try await fixture.queue.run() }
        var failure: (any Error)?
        do { try await body(fixture) } catch { failure = error }
        work.cancel()
        _ = await work.result
        if let failure { throw failure }
    }

    init(in folder: String, _ database: Database, _ neighbours: Neighbours) throws {
        self.folder = folder
        self.database = database
        self.neighbours = neighbours
        blobs = try BlobStore(folder: folder + "/blobs")
        queue = JobQueue(database: database, folder: folder + "/logs", poll: Period(milliseconds: 50))
        room = PipelinesRoom(
            database: database, blobs: blobs, queue: queue, folder: folder + "/pipelines", ports: neighbours.ports, parallelSteps: 4)
    }

    func apply(_ steps: [StepDefinition], params: [String: JSON] = [:], schedule: String? = nil) async throws {
        let definition = PipelineDefinition(name: "train", schedule: schedule, params: params, steps: steps, owner: "team")
        try await service.apply([definition], projectFolder: project, by: person)
    }

    func start(params: [String: JSON] = [:], key: String? = nil) async throws -> PipelineRun {
        try await service.start(PipelineStart(pipeline: "train", params: params, idempotencyKey: key, by: person))
    }

    /// Starts a run and waits for its end.
    func run(params: [String: JSON] = [:]) async throws -> PipelineRun {
        try await service.waitUntilEnded(try await start(params: params).id, timeout: .seconds(30))
    }

    func content(_ run: PipelineRun, _ step: String, _ output: String) async throws -> String {
        let found = try #require(run.step(step)?.outputs.first { $0.name == output })
        return String(decoding: try await blobs.read(found.digest), as: UTF8.self)
    }

    func ledger(_ kind: String) async throws -> [LedgerEntry] { try await LedgerStore(database).entries(LedgerFilter(kind: kind)) }
}

/// A step that runs a command.
func sh(
    _ name: String, _ command: String, in inputs: [StepInput] = [], out: [String] = [], after: [String] = [], retries: Int = 0,
    timeout: Period? = nil,
    cache: Bool = true
) -> StepDefinition {
    StepDefinition(name: name, action: .run(command), inputs: inputs, outputs: out, after: after, retries: retries, timeout: timeout, cache: cache)
}

/// Waits until `condition` holds, at most twenty seconds.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TernError(.timeout, "never: \(what)")
}
