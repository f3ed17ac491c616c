import Foundation
import NIOCore
import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

/// Folders of files as a set of paths.
private final class Shelf: Sendable {
    let files: Mutex<Set<String>>
    /// How many removals succeed before one fails.
    let patience: Mutex<Int>

    init(_ files: Set<String>, patience: Int = .max) {
        self.files = Mutex(files)
        self.patience = Mutex(patience)
    }

    var sweep: ArtifactSweep {
        ArtifactSweep(
            delete: { path in
                let isPatient = self.patience.withLock { left in
                    left -= 1
                    return left >= 0
                }
                guard isPatient else { throw TernError(.unavailable, "the disk went away") }
                self.files.withLock { files in files = files.filter { $0 != path && !$0.hasPrefix(path + "/") } }
            },
            folders: { folder in
                let prefix = folder.isEmpty ? "" : folder + "/"
                return self.files.withLock { files in
                    Set(files.filter { $0.hasPrefix(prefix) }.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) })
                        .sorted()
                }
            })
    }
}

@Suite struct GarbageTests {
    private struct Place {
        let database: Database
        let tracking: TrackingService
        let clock: ManualClock
    }

    private func withPlace(_ body: (Place) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(TrackingRoom.migrations, clock: clock.wall) { database in
            try await body(Place(database: database, tracking: TrackingService(database: database), clock: clock))
        }
    }

    private func rows(_ table: String, _ database: Database) async throws -> Int64 {
        try await database.read { try $0.row("SELECT count(*) AS total FROM \(table)")?.int("total") ?? -1 }
    }

    private func filled(_ tracking: TrackingService, _ experiment: Int64 = 0) async throws -> String {
        let run = try await tracking.createRun(RunDraft(experiment: experiment)).info.id
        for part in 0..<3 {
            let points = (0..<600).map { LoggedPoint(MetricPoint("m", Double($0), step: Int64(part * 600 + $0))) }
            try await tracking.log(LogBatch(metrics: points, params: part == 0 ? [("p", "1")] : [], tags: [("t", "1")]), to: run)
        }
        try await tracking.log(LoggedPoint(MetricPoint("single", 1)), to: run)
        try await tracking.logInputs(
            datasets: [DatasetInput(name: "d", digest: "1", sourceType: "local", source: "{}")], models: ["m-1"], to: run)
        return run
    }

    private static let tables = [
        "metric_series", "metric_tail", "metric_chunks", "run_params", "run_tags", "run_datasets", "run_model_inputs", "run_model_outputs", "runs",
    ]

    @Test func `what was deleted long enough ago goes with everything that belongs to it`() async throws {
        try await withPlace { place in
            let kept = try await filled(place.tracking)
            var before: [Int64] = []
            for table in GarbageTests.tables { before.append(try await rows(table, place.database)) }
            let old = try await filled(place.tracking)
            try await place.tracking.deleteRun(old, by: tester)
            place.clock.advance(by: .days(31))
            let young = try await filled(place.tracking)
            try await place.tracking.deleteRun(young, by: tester)
            let shelf = Shelf(["0/\(old)/artifacts/a", "0/\(kept)/artifacts/a", "0/\(young)/artifacts/a"])
            let collector = GarbageCollector(database: place.database, artifacts: shelf.sweep, clock: place.clock.wall)

            let dry = try await collector.collect(GarbageRequest(isDryRun: true), by: tester)
            #expect((dry.runs, dry.metricPoints, dry.dryRun) == (1, 1801, true))
            #expect(try await place.tracking.run(old).info.stage == .deleted)

            let report = try await collector.collect(GarbageRequest(), by: tester)
            #expect((report.runs, report.metricPoints, report.artifactFolders) == (1, 1801, 1))
            #expect(await refusal { _ = try await place.tracking.run(old) }?.code == .notFound)
            #expect(try await place.tracking.run(young).info.stage == .deleted)
            #expect(shelf.files.withLock { $0 } == ["0/\(kept)/artifacts/a", "0/\(young)/artifacts/a"])
            let all = try await collector.collect(GarbageRequest(olderThan: .zero), by: tester)
            #expect(all.runs == 1)
            for (table, count) in zip(GarbageTests.tables, before) { #expect(try await rows(table, place.database) == count, "\(table)") }
            #expect(try await place.tracking.metricHistory("m", of: kept).elements.count == 1800)
            let kinds = try await LedgerStore(place.database).entries().map(\.kind)
            #expect(kinds.count { $0 == "run.purged" } == 2)
            #expect(try await collector.collect(GarbageRequest(olderThan: .zero), by: tester) == GarbageReport())
        }
    }

    @Test func `an experiment that goes frees its name, and its number stays its own`() async throws {
        try await withPlace { place in
            let id = try await place.tracking.createExperiment(name: "a", tags: ["k": "v"])
            let run = try await filled(place.tracking, id)
            let model = try await place.tracking.createLoggedModel(LoggedModelDraft(experiment: id, sourceRun: run, params: ["a": "b"]))
            try await place.tracking.log(LoggedPoint(MetricPoint("m", 1), model: model.id), to: run)
            try await place.tracking.deleteExperiment(id, by: tester)
            place.clock.advance(by: .days(31))
            let shelf = Shelf(["\(id)/\(run)/artifacts/a", "\(id)/models/\(model.id)/artifacts/b"])
            let collector = GarbageCollector(database: place.database, artifacts: shelf.sweep, clock: place.clock.wall)
            let report = try await collector.collect(GarbageRequest(), by: tester)
            #expect((report.runs, report.experiments, report.loggedModels, report.artifactFolders) == (1, 1, 1, 2))
            #expect(shelf.files.withLock { $0 }.isEmpty)
            #expect(try await place.tracking.experiment(named: "a") == nil)
            let next = try await place.tracking.createExperiment(name: "a")
            #expect(next > id)
            #expect(try await rows("logged_model_params", place.database) == 0)
            #expect(try await rows("logged_model_metrics", place.database) == 0)
        }
    }

    @Test func `traces go with their experiment, and their files with them`() async throws {
        try await withPlace { place in
            let kept = try await place.tracking.createExperiment(name: "kept")
            let gone = try await place.tracking.createExperiment(name: "gone")
            let shared = try await place.tracking.createExperiment(name: "elsewhere", location: "mlflow-artifacts:/shared")
            for id in [gone, shared] { try await place.tracking.deleteExperiment(id, by: tester) }
            let traces = Mutex<[Int64: Int]>([kept: 1, gone: 3, shared: 2])
            let shelf = Shelf(["\(kept)/traces/a/artifacts/x", "\(gone)/traces/a/artifacts/x", "shared/traces/a/artifacts/x"])
            let sweep = TraceSweep(
                count: { id in traces.withLock { $0[id] ?? 0 } }, purge: { id in traces.withLock { $0.removeValue(forKey: id) ?? 0 } })
            let collector = GarbageCollector(database: place.database, artifacts: shelf.sweep, traces: sweep, clock: place.clock.wall)
            #expect(try await collector.collect(GarbageRequest(olderThan: .zero, isDryRun: true), by: tester).traces == 5)
            #expect(try await collector.collect(GarbageRequest(), by: tester).traces == 0)
            let report = try await collector.collect(GarbageRequest(olderThan: .zero), by: tester)
            #expect((report.traces, report.experiments, report.artifactFolders) == (5, 2, 1))
            #expect(traces.withLock { $0 } == [kept: 1])
            #expect(shelf.files.withLock { $0 } == ["\(kept)/traces/a/artifacts/x", "shared/traces/a/artifacts/x"])
        }
    }

    @Test func `only what is named goes, and only when it was deleted`() async throws {
        try await withPlace { place in
            let (first, second) = (try await filled(place.tracking), try await filled(place.tracking))
            let collector = GarbageCollector(database: place.database, artifacts: Shelf([]).sweep, clock: place.clock.wall)
            let refused = await refusal { _ = try await collector.collect(GarbageRequest(olderThan: .zero, runs: [first]), by: tester) }
            #expect(refused?.message.contains("is not in `deleted` lifecycle stage") == true)
            #expect(await refusal { _ = try await collector.collect(GarbageRequest(experiments: [0]), by: tester) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await collector.collect(GarbageRequest(runs: ["gone"]), by: tester) }?.code == .notFound)
            #expect(await refusal { _ = try await collector.collect(GarbageRequest(experiments: [77]), by: tester) }?.code == .notFound)
            _ = try await place.tracking.deleteRuns([first, second], by: tester)
            #expect(try await collector.collect(GarbageRequest(olderThan: .zero, runs: [first]), by: tester).runs == 1)
            #expect(try await place.tracking.run(second).info.stage == .deleted)
        }
    }

    @Test func `a collection that broke off goes on with the next one`() async throws {
        try await withPlace { place in
            var ids: [String] = []
            for _ in 0..<25 { ids.append(try await place.tracking.createRun(RunDraft()).info.id) }
            _ = try await place.tracking.deleteRuns(ids, by: tester)
            let shelf = Shelf(Set(ids.map { "0/\($0)/artifacts/a" }), patience: 10)
            let collector = GarbageCollector(database: place.database, artifacts: shelf.sweep, clock: place.clock.wall)
            #expect(await refusal { _ = try await collector.collect(GarbageRequest(olderThan: .zero), by: tester) }?.code == .unavailable)
            #expect(shelf.files.withLock { $0.count } == 15)
            shelf.patience.withLock { $0 = .max }
            let report = try await collector.collect(GarbageRequest(olderThan: .zero), by: tester)
            #expect(report.runs == 0)
            #expect(shelf.files.withLock { $0.isEmpty })
        }
    }

    @Test func `files of nobody are swept, others' files are not`() async throws {
        try await withPlace { place in
            let run = try await place.tracking.createRun(RunDraft()).info.id
            let model = try await place.tracking.createLoggedModel(LoggedModelDraft(experiment: 0))
            let orphan = String(repeating: "a", count: 32)
            let kept: Set = ["0/\(run)/artifacts/x", "0/models/\(model.id)/artifacts/x", "bench/1/big.bin", "0/notes.txt", "0/own-folder/x"]
            let shelf = Shelf(kept.union(["0/\(orphan)/artifacts/x", "9/models/m-\(orphan)/artifacts/x"]))
            let collector = GarbageCollector(database: place.database, artifacts: shelf.sweep, clock: place.clock.wall)
            #expect(try await collector.collect(GarbageRequest(orphans: true, isDryRun: true), by: tester).artifactFolders == 2)
            #expect(try await collector.collect(GarbageRequest(orphans: true), by: tester).artifactFolders == 2)
            #expect(shelf.files.withLock { $0 } == kept)
        }
    }

    @Test(arguments: [
        ("mlflow-artifacts:/1/r/artifacts", "1/r"), ("mlflow-artifacts://host:1/1/models/m/artifacts", "1/models/m"), ("s3://b/r/artifacts", nil),
        ("mlflow-artifacts:/", nil), ("mlflow-artifacts:/artifacts", nil), ("/tmp/r/artifacts", nil),
    ])
    func `only files of this server's own store are removed`(location: String, path: String?) { #expect(GarbageStore.path(of: location) == path) }

    @Test func `files on disk go with their run`() async throws {
        try await withTemporaryFolder { folder in
            let database = try Database(path: folder + "/tern.sqlite", migrations: TrackingRoom.migrations)
            defer { try? database.close() }
            let room = try TrackingRoom(database: database, artifactFolder: folder + "/artifacts")
            let run = try await room.service.createRun(RunDraft()).info.id
            let bytes = AsyncStream<ByteBuffer> { continuation in
                continuation.yield(ByteBuffer(string: "x"))
                continuation.finish()
            }
            try await room.artifacts.put("0/\(run)/artifacts/a.txt", bytes)
            try await room.service.deleteRun(run, by: tester)
            _ = try await room.garbage.collect(GarbageRequest(olderThan: .zero), by: tester)
            #expect(!FileManager.default.fileExists(atPath: folder + "/artifacts/0/\(run)"))
        }
    }
}
