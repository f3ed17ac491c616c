import Foundation
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

/// A generator that repeats itself, so that a failure can be looked at again.
private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite struct ChunkTests {
    private func isSame(_ left: [SeriesPoint], _ right: [SeriesPoint]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { $0.step == $1.step && $0.timestamp == $1.timestamp && $0.value.bitPattern == $1.value.bitPattern }
    }

    @Test func `every kind of point survives a chunk`() throws {
        let extremes: [SeriesPoint] = [
            SeriesPoint(step: .min, timestamp: 0, value: .nan), SeriesPoint(step: .max, timestamp: .max, value: .greatestFiniteMagnitude),
            SeriesPoint(step: .min, timestamp: .max, value: -.greatestFiniteMagnitude), SeriesPoint(step: 0, timestamp: 0, value: -0.0),
            SeriesPoint(step: -1, timestamp: 1, value: .leastNonzeroMagnitude), SeriesPoint(step: -1, timestamp: 1, value: 0),
        ]
        #expect(isSame(try PointCodec.decode(PointCodec.encode(extremes)), extremes))
        #expect(try PointCodec.decode(PointCodec.encode([])).isEmpty)
        var dice = Dice(state: 1)
        for round in 0..<50 {
            let points = (0..<Int.random(in: 1...300, using: &dice)).map { index in
                SeriesPoint(
                    step: round % 2 == 0 ? Int64(index) : Int64.random(in: .min ... .max, using: &dice),
                    timestamp: Int64.random(in: 0...1 << 40, using: &dice),
                    value: Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &dice)))
            }
            #expect(isSame(try PointCodec.decode(PointCodec.encode(points)), points))
        }
    }

    @Test func `a regular series is small`() {
        let points = (0..<1000).map { SeriesPoint(step: Int64($0), timestamp: 1_700_000_000_000 + Int64($0) * 1000, value: Double(Float($0) * 0.1)) }
        #expect(PointCodec.encode(points).count < 6 * 1000)
        #expect(PointCodec.encode(points.map { SeriesPoint(step: $0.step, timestamp: $0.timestamp, value: 1) }).count < 1100)
    }

    @Test func `bytes that are no chunk are refused, never trusted`() {
        let whole = PointCodec.encode((0..<20).map { SeriesPoint(step: Int64($0), timestamp: 5, value: Double($0) / 3) })
        for length in 0..<whole.count { #expect(throws: TernError.self) { try PointCodec.decode(whole.prefix(length)) } }
        #expect(throws: TernError.self) { try PointCodec.decode(whole + [0]) }
        var dice = Dice(state: 7)
        for _ in 0..<2000 {
            var bytes = [UInt8](whole)
            bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            // Either refused or some points: never a crash, and never a huge allocation.
            if let points = try? PointCodec.decode(Data(bytes)) { #expect(points.count <= whole.count) }
            _ = try? PointCodec.decode(Data((0..<40).map { _ in UInt8.random(in: 0...255, using: &dice) }))
        }
    }

    /// Batches of every size, in order and out of it, with repetitions: what is read is what a set would hold.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `what was logged is read, each point once, however it was cut into chunks`(seed: UInt64) async throws {
        try await withTracking { tracking in
            var dice = Dice(state: seed)
            let run = try await tracking.createRun(RunDraft()).info.id
            var truth: Set<[UInt64]> = []
            var greatest = MetricPoint("m", -.greatestFiniteMagnitude, at: 0, step: .min)
            var step: Int64 = 0
            for round in 0..<60 {
                let size = [1, 1, 3, 20, 150, 999, 1000][Int.random(in: 0..<7, using: &dice)]
                // Mostly onwards; sometimes back to where others are already.
                if seed > 1, round % 9 == 8 { step = Int64.random(in: 0...max(1, step), using: &dice) }
                var batch: [MetricPoint] = []
                for _ in 0..<size {
                    if seed != 4 || Int.random(in: 0..<3, using: &dice) == 0 { step += 1 }
                    let value = Int.random(in: 0..<50, using: &dice) == 0 ? Double.nan : Double(Int.random(in: -5...5, using: &dice))
                    batch.append(MetricPoint("m", value, at: seed == 3 ? Int64.random(in: 0...9999, using: &dice) : step / 2, step: step))
                }
                try await tracking.log(LogBatch(metrics: batch.map { LoggedPoint($0) }), to: run)
                // A client that got no answer sends the same again.
                if round % 4 == 0 { try await tracking.log(LogBatch(metrics: batch.map { LoggedPoint($0) }), to: run) }
                for point in batch {
                    truth.insert([UInt64(bitPattern: point.step), UInt64(point.timestamp), point.value.isNaN ? 1 : 0, point.storedValue.bitPattern])
                    if (point.step, point.timestamp, point.storedValue) > (greatest.step, greatest.timestamp, greatest.storedValue) {
                        greatest = point
                    }
                }
            }
            let history = try await tracking.metricHistory("m", of: run).elements
            let read = history.map { [UInt64(bitPattern: $0.step), UInt64($0.timestamp), $0.value.isNaN ? 1 : 0, $0.storedValue.bitPattern] }
            #expect(read.count == truth.count)
            #expect(Set(read) == truth)
            for (before, after) in zip(history, history.dropFirst()) { #expect((before.timestamp, before.step) <= (after.timestamp, after.step)) }
            let latest = try #require(try await tracking.run(run).metrics.first)
            #expect(latest.step == greatest.step)
            #expect(latest.storedValue == greatest.storedValue)
            // A sample of everything is everything, in the order of steps.
            let sample = try await tracking.metricSample("m", of: [run], limit: history.count)
            #expect(sample.count == history.count)
            let some = try await tracking.metricSample("m", of: [run], limit: 10)
            #expect(some.count == 10)
            #expect(some.first?.point.step == sample.first?.point.step)
            #expect(some.last?.point == sample.last?.point || some.last?.point.value.isNaN == true)
            let part = try await tracking.metricSample("m", of: [run], steps: 100...250, limit: 2500)
            #expect(part.count == history.count { (100...250).contains($0.step) })
        }
    }

    @Test func `a long series is a few rows`() async throws {
        try await withDatabase(TrackingRoom.migrations) { database in
            let tracking = TrackingService(database: database)
            let run = try await tracking.createRun(RunDraft()).info.id
            for part in 0..<30 {
                let points = (0..<500).map { LoggedPoint(MetricPoint("m", Double($0), at: 1, step: Int64(part * 500 + $0))) }
                try await tracking.log(LogBatch(metrics: points), to: run)
            }
            let counts = try await database.read { connection in
                try ["metric_tail", "metric_chunks"].map { try connection.row("SELECT count(*) AS total FROM \($0)")?.int("total") ?? -1 }
            }
            #expect(counts[0] == 0)
            #expect(counts[1] == 15)
        }
    }

    @Test func `points of an older home are there after its tables were changed`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/tern.sqlite"
            let old = try Database(path: path, migrations: Array(TrackingRoom.migrations.prefix(1)))
            try await old.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO runs (id, experiment_id, name, user_id, status, stage, start_time, artifact_uri)
                    VALUES ('r', 0, 'n', '', 'RUNNING', 'active', 5, '')
                    """)
                try transaction.execute("INSERT INTO run_params (run_id, key, value) VALUES ('r', 'p', 'v')")
                try transaction.execute("INSERT INTO run_tags (run_id, key, value) VALUES ('r', 't', 'v')")
                try transaction.execute(
                    "INSERT INTO metric_series (id, run_id, key, value, is_nan, timestamp, step) VALUES (1, 'r', 'm', 2.0, 0, 9, 1500)")
                for step in 0...1500 {
                    try transaction.execute(
                        "INSERT INTO metric_points (series, step, timestamp, value, is_nan) VALUES (1, ?, 9, ?, 0)",
                        [.int(Int64(step)), .double(Double(step % 7))])
                }
            }
            try old.close()
            let database = try Database(path: path, migrations: TrackingRoom.migrations)
            defer { try? database.close() }
            let tracking = TrackingService(database: database)
            #expect(try await tracking.metricHistory("m", of: "r").elements.count == 1501)
            try await tracking.log(LoggedPoint(MetricPoint("m", 9, at: 9, step: 1501)), to: "r")
            #expect(try await tracking.metricHistory("m", of: "r").elements.count == 1502)
            let columns: [RunColumn] = [.metric("m", .min), .metric("m", .max), .metric("m", .latest), .param("p"), .tag("t")]
            let found = try await tracking.searchTable(
                RunTableSearch(
                    RunSearch(experiments: [0], filter: SearchFilter([.init(.param("p"), .equal("v")), .init(.metric("m"), .number(.greater, 1))])),
                    columns: columns))
            #expect(found.rows.map(\.cells) == [[.number(0), .number(9), .number(9), .text("v"), .text("v")]])
        }
    }
}
