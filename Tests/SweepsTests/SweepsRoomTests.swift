import Foundation
import Synchronization
import TernJobs
import TernKernel
import TernStats
import TernStore
import TernTestSupport
import Testing

@testable import Sweeps

/// A tracking room of files: a run is a file to which the command appends values.
final class TestTracking: Sendable {
    struct Asked {
        var runs: [String: String] = [:]
        var made = 0
        var ended: [String: SweepPorts.RunEnding] = [:]
        var params: [String: [String: String]] = [:]
    }

    let asked = Mutex(Asked())
    let folder: String

    init(folder: String) { self.folder = folder }

    var ports: SweepPorts {
        SweepPorts(
            trackingRun: { experiment, _, tags in
                self.asked.withLock { asked in
                    let key = "\(experiment)/\(tags["tern.sweep"] ?? "")/\(tags["tern.trial"] ?? "")"
                    if let known = asked.runs[key] { return known }
                    asked.made += 1
                    asked.runs[key] = "run\(asked.made)"
                    return "run\(asked.made)"
                }
            },
            logParams: { run, params in
                self.asked.withLock { $0.params[run] = Dictionary(params.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }
            },
            history: { [folder] run, _, _ in
                let text = (try? String(contentsOfFile: "\(folder)/\(run)", encoding: .utf8)) ?? ""
                return text.split(separator: "\n").compactMap { Double($0) }
            }, finishRun: { run, ending in self.asked.withLock { $0.ended[run] = ending } }, trackingURI: { "http://127.0.0.1:5000" },
            environment: { [folder] in ["METRICS": folder] })
    }
}

/// A server's queue and room on one database.
struct SweepFixture: Sendable {
    let database: Database
    let queue: JobQueue
    let room: SweepsRoom
    let tracking: TestTracking
    let folder: String
    var service: SweepService { room.service }
    let person = Identity(name: "ada", role: .editor)

    static func with(_ body: (SweepFixture) async throws -> Void) async throws {
        try await withDatabase(JobQueue.migrations + SweepsRoom.migrations) { database in
            // A folder for each database: what a trial writes on one must not be there on the next.
            try await withTemporaryFolder { folder in
                try FileManager.default.createDirectory(atPath: folder + "/metrics", withIntermediateDirectories: true)
                try FileManager.default.createDirectory(atPath: folder + "/project", withIntermediateDirectories: true)
                try await SweepFixture.working(in: folder, database, TestTracking(folder: folder + "/metrics"), body)
            }
        }
    }

    /// A server on this database; several in a row are restarts.
    static func working(
        in folder: String, _ database: Database, _ tracking: TestTracking, _ body: (SweepFixture) async throws -> Void
    ) async throws {
        let queue = JobQueue(database: database, folder: folder + "/logs", poll: Period(milliseconds: 50))
        let room = SweepsRoom(
            database: database, queue: queue, folder: folder + "/sweeps", ports: tracking.ports, poll: Period(milliseconds: 20))
        let fixture = SweepFixture(database: database, queue: queue, room: room, tracking: tracking, folder: folder)
        try await room.resume()
        let work = Task { try await queue.run() }
        var failure: (any Error)?
        do { try await body(fixture) } catch { failure = error }
        work.cancel()
        _ = await work.result
        if let failure { throw failure }
    }

    /// Starts a sweep of a shell command, `$1` being the value of `x`.
    func start(_ command: String, _ more: [String: JSON] = [:], parallel: Int = 1, count: Int? = nil) async throws -> Sweep {
        var definition: [String: JSON] = [
            "method": "grid", "metric": ["name": "loss"], "parameters": ["x": ["values": [1, 2, 3]]],
            "command": ["sh", "-c", .string("x=${1#x=}; \(command)"), "sh", "${args_no_hyphens}"],
        ]
        definition.merge(more) { $1 }
        return try await service.start(
            SweepStart(definition: .object(definition), folder: folder + "/project", parallel: parallel, count: count, seed: 7, by: person))
    }

    func wait(_ sweep: Sweep) async throws -> Sweep { try await service.waitUntilEnded(sweep.id, timeout: .seconds(60)) }

    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TernError(.timeout, "never: \(what)")
    }
}

@Suite struct SweepsRoomTests {
    @Test func `each trial has a number, a run and the metric's last value`() async throws {
        try await SweepFixture.with { fixture in
            let log = "echo 9 >> $METRICS/$MLFLOW_RUN_ID; echo $x >> $METRICS/$MLFLOW_RUN_ID"
            let sweep = try await fixture.wait(try await fixture.start(log, parallel: 2))
            #expect(sweep.state == .finished && sweep.ending == .exhausted)
            #expect(sweep.trials.map(\.number) == [1, 2, 3])
            #expect(sweep.trials.map(\.objective) == [1, 2, 3])
            #expect(sweep.trials.map(\.state) == [.succeeded, .succeeded, .succeeded])
            #expect(sweep.best?.number == 1)
            #expect(Set(sweep.trials.compactMap(\.run)).count == 3)
            try await fixture.eventually("runs end") { fixture.tracking.asked.withLock { $0.ended.count == 3 } }
            let asked = fixture.tracking.asked.withLock { $0 }
            #expect(asked.made == 3 && Set(asked.ended.values) == [.finished])
            #expect(asked.params[sweep.trials[1].run ?? ""] == ["x": "2"])
            let kinds = try await LedgerStore(fixture.database).entries(LedgerFilter(subject: "sweep/\(sweep.id)")).map(\.kind)
            #expect(kinds == ["sweep.started", "sweep.finished"])
        }
    }

    @Test func `a polite stop of the server costs no trial, and each keeps its run`() async throws {
        try await withDatabase(JobQueue.migrations + SweepsRoom.migrations) { database in
            // A folder for each database: what a trial writes on one must not be there on the next.
            try await withTemporaryFolder { folder in
                for name in ["metrics", "project"] {
                    try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                }
                let tracking = TestTracking(folder: folder + "/metrics")
                var id = ""
                try await SweepFixture.working(in: folder, database, tracking) { fixture in
                    let wait = "echo $x > begun-$x; while [ ! -e go ]; do sleep 0.02; done; echo $x > $METRICS/$MLFLOW_RUN_ID"
                    id = try await fixture.start(wait, parallel: 2).id
                    try await fixture.eventually("two begin") {
                        FileManager.default.fileExists(atPath: folder + "/project/begun-1")
                            && FileManager.default.fileExists(atPath: folder + "/project/begun-2")
                    }
                }
                let before = try await database.read { [id] in try SweepStore.sweep(id, $0) }
                #expect(before?.trials.map(\.state) == [.running, .running])
                _ = FileManager.default.createFile(atPath: folder + "/project/go", contents: nil)
                try await SweepFixture.working(in: folder, database, tracking) { fixture in
                    let sweep = try await fixture.service.waitUntilEnded(id, timeout: .seconds(60))
                    #expect(sweep.state == .finished)
                    #expect(sweep.trials.map(\.objective) == [1, 2, 3])
                    #expect(sweep.trials.map(\.attempt) == [2, 2, 1])
                    #expect(tracking.asked.withLock { $0.made } == 3)
                    #expect(sweep.trials.map(\.run) == ["run1", "run2", "run3"] || sweep.trials.map(\.run) == ["run2", "run1", "run3"])
                }
            }
        }
    }

    @Test func `a bad trial is pruned while it runs`() async throws {
        try await SweepFixture.with { fixture in
            // The third is worst and would never end by itself.
            let command = "for i in 1 2 3; do echo $x >> $METRICS/$MLFLOW_RUN_ID; done; if [ $x = 3 ]; then sleep 60; fi"
            let rule: JSON = ["type": "hyperband", "min_iter": 2, "eta": 2]
            let sweep = try await fixture.wait(try await fixture.start(command, ["early_terminate": rule]))
            #expect(sweep.trials.map(\.state) == [.succeeded, .succeeded, .pruned])
            #expect(sweep.state == .finished)
            try await fixture.eventually("its run ends") { fixture.tracking.asked.withLock { $0.ended["run3"] == .killed } }
        }
    }

    @Test func `a running trial that reaches the target stops the others and ends by itself`() async throws {
        try await SweepFixture.with { fixture in
            let command = "if [ $x = 1 ]; then sleep 60; fi; echo 0 > $METRICS/$MLFLOW_RUN_ID; sleep 0.3"
            let sweep = try await fixture.wait(try await fixture.start(command, ["metric": ["name": "loss", "target": 0.5]], parallel: 2))
            #expect(sweep.trials.map(\.state) == [.stopped, .succeeded])
            #expect(sweep.ending == .target)
        }
    }

    @Test func `stopping a sweep stops what waits and what runs`() async throws {
        try await SweepFixture.with { fixture in
            let begun = try await fixture.start("touch begun; sleep 60", parallel: 2)
            try await fixture.eventually("it runs") { FileManager.default.fileExists(atPath: fixture.folder + "/project/begun") }
            #expect(try await fixture.service.stop(begun.id, by: fixture.person).state == .stopping)
            let sweep = try await fixture.wait(begun)
            #expect(sweep.state == .stopped && sweep.ending == .person)
            #expect(sweep.trials.map(\.state) == [.stopped, .stopped])
            await #expect(throws: TernError.self) { try await fixture.service.stop(begun.id, by: fixture.person) }
        }
    }

    @Test func `who may only look may not start or stop`() async throws {
        try await SweepFixture.with { fixture in
            let viewer = Identity(name: "eve", role: .viewer)
            let start = SweepStart(definition: [:], folder: "/", by: viewer)
            let refused = await #expect(throws: TernError.self) { try await fixture.service.start(start) }
            #expect(refused?.code == .notAllowed)
            let sweep = try await fixture.start("true", count: 1)
            for verb in [fixture.service.stop, fixture.service.pause] {
                let refused = await #expect(throws: TernError.self) { try await verb(sweep.id, viewer) }
                #expect(refused?.code == .notAllowed)
            }
            _ = try await fixture.wait(sweep)
        }
    }

    @Test func `an old decision is not carried out on a sweep that has moved on`() async throws {
        try await SweepFixture.with { fixture in
            let sweep = try await fixture.start("echo $x > $METRICS/$MLFLOW_RUN_ID", parallel: 3)
            // Many who decide at once: each number is given once.
            let executor = SweepExecutor(
                database: fixture.database, queue: fixture.queue, ports: fixture.tracking.ports, clock: .system, folder: fixture.folder,
                poll: .seconds(1))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await executor.advance(sweep.id) } }
                try await group.waitForAll()
            }
            let ended = try await fixture.wait(sweep)
            #expect(ended.trials.map(\.number) == [1, 2, 3])
            #expect(fixture.tracking.asked.withLock { $0.made } == 3)
        }
    }

    @Test func `what is stored reads back the same`() async throws {
        try await withDatabase(SweepsRoom.migrations) { database in
            let definition = try DefinitionReader.read([
                "program": "t.py", "method": "random", "parameters": ["x": ["min": 0.0, "max": 1.0], "y": ["value": 1.0]],
            ])
            var sweep = Sweep(
                id: "a", definition: definition, folder: "/x", state: .running, seed: -5, parallel: 2, cap: 9, timeout: .minutes(3), createdBy: "ada",
                createdAt: Timestamp(milliseconds: 5), endedAt: nil, trials: [])
            var trial = Trial(number: 1, params: ["x": 0.25, "y": 1.0])
            trial.objective = 1e-300
            trial.best = -2
            trial.curve = Hyperband(minimum: 1, eta: 2)?.curve([1, 2.5, -2])
            trial.run = "r"
            trial.stopAs = .pruned
            trial.error = "it's \"bad\"; DROP TABLE sweeps"
            trial.state = .running
            trial.attempt = 2
            let (first, written) = (sweep, trial)
            let read = try await database.write { transaction in
                try SweepStore.insert(first, in: transaction)
                try SweepStore.insert(Trial(number: 1, params: written.params), of: "a", in: transaction)
                try SweepStore.update(written, of: "a", in: transaction)
                return try SweepStore.sweep("a", transaction.connection)
            }
            #expect(read?.trials == [trial])
            #expect(read?.definition.source == definition.source)
            #expect(read?.seed == -5 && read?.timeout == .minutes(3) && read?.cap == 9)
            sweep.state = .finished
            sweep.ending = .exhausted
            sweep.revision = 4
            sweep.endedAt = Timestamp(milliseconds: 9)
            let second = sweep
            let changed = try await database.write { transaction in
                try SweepStore.update(second, in: transaction)
                return (try SweepStore.sweeps(limit: 5, transaction.connection), try SweepStore.unfinished(transaction.connection))
            }
            #expect(changed.0.map(\.state) == [.finished] && changed.0[0].revision == 4 && changed.1.isEmpty)
        }
    }
}
