import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

@Suite struct TableTests {
    @Test func `a table holds the columns that were asked for, in their order`() async throws {
        try await withTracking { tracking in
            let first = try await tracking.createRun(RunDraft(name: "a", startTime: 1)).info.id
            let second = try await tracking.createRun(RunDraft(name: "b", startTime: 2)).info.id
            for (step, value) in [3.0, 1, .nan, 2].enumerated() {
                try await tracking.log(LoggedPoint(MetricPoint("loss", value, step: Int64(step))), to: first)
            }
            try await tracking.log(LoggedPoint(MetricPoint("none", .nan)), to: second)
            try await tracking.logParam("lr", "0.1", to: second)
            let columns = try ["tags.mlflow.runName", "min(metrics.loss)", "max(metrics.loss)", "metrics.loss", "params.lr", "metrics.loss"].map(
                RunColumn.init)
            let table = try await tracking.searchTable(RunTableSearch(RunSearch(experiments: [0], limit: 1), columns: columns, counted: true))
            #expect(table.rows.map(\.info.id) == [second])
            #expect(table.rows[0].cells == [.text("b"), .missing, .missing, .missing, .text("0.1"), .missing])
            #expect(table.total == 2)
            let next = try await tracking.searchTable(
                RunTableSearch(RunSearch(experiments: [0], after: table.next, limit: 1), columns: columns))
            #expect(next.rows[0].cells == [.text("a"), .number(1), .number(3), .number(2), .missing, .number(2)])
            #expect(next.next == nil)
            #expect(next.total == nil)
            #expect(
                columns.map(\.name) == ["tags.mlflow.runName", "min(metrics.loss)", "max(metrics.loss)", "metrics.loss", "params.lr", "metrics.loss"])
            let many = Array(repeating: RunColumn.param("x"), count: 101)
            #expect(await refusal { _ = try await tracking.searchTable(RunTableSearch(RunSearch(experiments: [0]), columns: many)) } != nil)
        }
    }

    @Test(arguments: ["", "loss", "metrics.", "min(params.x)", "min(metrics.x", "avg(metrics.x)", "runs.x"])
    func `a column that cannot be shown is refused`(text: String) async {
        #expect(await refusal { _ = try RunColumn(text) }?.code == .invalidArgument)
    }

    @Test func `the keys that exist are counted`() async throws {
        try await withTracking { tracking in
            let other = try await tracking.createExperiment(name: "other")
            for index in 0..<3 {
                let run = try await tracking.createRun(RunDraft(experiment: index == 2 ? other : 0)).info.id
                try await tracking.log(
                    LogBatch(metrics: [LoggedPoint(MetricPoint("m\(index % 2)", 1))], params: [("p", "1")], tags: [("t\(index)", "")]), to: run)
            }
            let mine = try await tracking.columns(of: [0])
            #expect(mine.metrics == [RunColumns.Key(key: "m0", runs: 1), RunColumns.Key(key: "m1", runs: 1)])
            #expect(mine.params == [RunColumns.Key(key: "p", runs: 2)])
            #expect(mine.tags.map(\.key) == ["mlflow.runName", "t0", "t1"])
            #expect(!mine.isCut)
            let all = try await tracking.columns(of: [0, other], limit: 1)
            #expect(all.metrics == [RunColumns.Key(key: "m0", runs: 2)])
            #expect(all.isCut)
            #expect(await refusal { _ = try await tracking.columns(of: [0], limit: 0) }?.code == .invalidArgument)
        }
    }

    @Test func `many runs are tagged, deleted and restored at once, or none`() async throws {
        try await withTracking { tracking in
            var ids: [String] = []
            for _ in 0..<3 { ids.append(try await tracking.createRun(RunDraft(tags: ["old": "1"])).info.id) }
            #expect(try await tracking.tagRuns(ids + ids, set: ["team": "a"], remove: ["old"], by: tester) == 3)
            #expect(try await tracking.run(ids[1]).tags["team"] == "a")
            #expect(try await tracking.run(ids[1]).tags["old"] == nil)
            #expect(await refusal { _ = try await tracking.tagRuns(ids + ["gone"], set: ["team": "b"], by: tester) }?.code == .notFound)
            #expect(try await tracking.run(ids[0]).tags["team"] == "a")
            #expect(await refusal { _ = try await tracking.tagRuns(ids, set: [:], remove: ["mlflow.runName"], by: tester) } != nil)
            #expect(try await tracking.deleteRuns(ids, by: tester) == 3)
            #expect(try await tracking.deleteRuns([ids[0]], by: tester) == 0)
            #expect(await refusal { _ = try await tracking.tagRuns(ids, set: ["a": "b"], by: tester) }?.message.contains("'active' state") == true)
            #expect(try await tracking.restoreRuns(ids, by: tester) == 3)
            let many = (0...1000).map { "r\($0)" }
            #expect(await refusal { _ = try await tracking.deleteRuns(many, by: tester) }?.code == .invalidArgument)
        }
    }
}

@Suite struct CurveTests {
    private func run(_ count: Int, _ tracking: TrackingService, _ point: (Int) -> MetricPoint) async throws -> String {
        let id = try await tracking.createRun(RunDraft()).info.id
        for start in stride(from: 0, to: count, by: 1000) {
            try await tracking.log(LogBatch(metrics: (start..<min(count, start + 1000)).map { LoggedPoint(point($0)) }), to: id)
        }
        return id
    }

    @Test func `a short series comes point by point`() async throws {
        try await withTracking { tracking in
            let id = try await run(5, tracking) { MetricPoint("m", $0 == 2 ? .nan : Double($0), at: 10, step: Int64($0)) }
            let curve = try #require(try await tracking.curves("m", of: [id], points: 5).first)
            #expect(curve.points == 5)
            #expect(curve.buckets.map(\.count) == [1, 1, 1, 1, 1])
            #expect(curve.buckets.map(\.firstStep) == [0, 1, 2, 3, 4])
            #expect(curve.buckets[2].first.isNaN)
            #expect(
                curve.buckets[4] == CurveBucket(count: 1, firstStep: 4, lastStep: 4, firstTime: 10, lastTime: 10, first: 4, last: 4, min: 4, max: 4))
        }
    }

    /// Counted by hand: a hundred steps in ten buckets of ten.
    @Test func `a bucket knows its first, last, least and greatest`() async throws {
        try await withTracking { tracking in
            let id = try await run(100, tracking) {
                MetricPoint("m", [5.0, 9, 1, .nan, 7, 7, 7, 7, 7, 2][$0 % 10], at: Int64(1000 + $0), step: Int64($0))
            }
            for axis in [CurveAxis.step, .time] {
                let buckets = try #require(try await tracking.curves(of: id, points: 10, axis: axis).first).buckets
                #expect(buckets.count == 10)
                #expect(buckets.reduce(0) { $0 + $1.count } == 100)
                let first = buckets[0]
                #expect((first.first, first.min, first.max, first.firstStep, first.firstTime) == (5, 1, 9, 0, 1000))
                #expect(buckets.last?.last == 2)
                #expect(buckets.last?.lastStep == 99)
            }
        }
    }

    @Test func `of a very long series, summaries are enough and lose no extreme`() async throws {
        try await withTracking { tracking in
            let id = try await run(12_345, tracking) {
                MetricPoint("m", $0 == 7777 ? 1e9 : $0 == 333 ? -1e9 : Double($0 % 100), at: 1, step: Int64($0))
            }
            let curve = try #require(try await tracking.curves("m", of: [id], points: 4).first)
            #expect(curve.points == 12_345)
            #expect(curve.buckets.count <= 4)
            #expect(curve.buckets.reduce(0) { $0 + $1.count } == 12_345)
            #expect(curve.buckets.map(\.max).max() == 1e9)
            #expect(curve.buckets.map(\.min).min() == -1e9)
            #expect(curve.buckets.first?.firstStep == 0)
            #expect(curve.buckets.last?.lastStep == 12_344)
        }
    }

    @Test func `points of one step are spread by their order`() async throws {
        try await withTracking { tracking in
            let id = try await run(50, tracking) { MetricPoint("m", Double($0), at: Int64($0)) }
            #expect(try await tracking.curves("m", of: [id], points: 5).first?.buckets.map(\.count) == [10, 10, 10, 10, 10])
        }
    }

    @Test func `what is not there has no curve, and too much is refused`() async throws {
        try await withTracking { tracking in
            let id = try await run(1, tracking) { _ in MetricPoint("m", 1) }
            #expect(try await tracking.curves("none", of: [id, "gone"]).map(\.buckets.count) == [0, 0])
            #expect(try await tracking.curves(of: id, keys: ["m", "none"]).map(\.points) == [1, 0])
            #expect(await refusal { _ = try await tracking.curves(of: "gone") }?.code == .notFound)
            #expect(await refusal { _ = try await tracking.curves("m", of: [id], points: 1) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await tracking.curves("m", of: Array(repeating: id, count: 101)) }?.code == .invalidArgument)
        }
    }
}
