import TernKernel
import Testing

@testable import Tracking

@Suite struct MetricTests {
    private func log(_ points: [MetricPoint], _ tracking: TrackingService) async throws -> String {
        let id = try await tracking.createRun(RunDraft()).info.id
        for start in stride(from: 0, to: points.count, by: 1000) {
            let part = points[start..<min(start + 1000, points.count)]
            try await tracking.log(LogBatch(metrics: part.map { LoggedPoint($0) }), to: id)
        }
        return id
    }

    @Test func `the latest point is the greatest by step, time and value`() async throws {
        try await withTracking { tracking in
            let id = try await log(
                [
                    MetricPoint("m", 9, at: 1, step: 3), MetricPoint("m", 1, at: 9, step: 2), MetricPoint("m", 5, at: 2, step: 3),
                    MetricPoint("m", 4, at: 2, step: 3),
                ],
                tracking)
            #expect(try await tracking.run(id).metrics == [MetricPoint("m", 5, at: 2, step: 3)])
            try await tracking.log(LoggedPoint(MetricPoint("m", 1, at: 1, step: 1)), to: id)
            #expect(try await tracking.run(id).metrics == [MetricPoint("m", 5, at: 2, step: 3)])
        }
    }

    @Test func `NaN counts as zero when points are compared, and is read as NaN`() async throws {
        try await withTracking { tracking in
            let id = try await log([MetricPoint("a", .nan), MetricPoint("a", -1), MetricPoint("b", .nan), MetricPoint("b", 1)], tracking)
            let metrics = try await tracking.run(id).metrics
            #expect(metrics[0].value.isNaN)
            #expect(metrics[1].value == 1)
            #expect(try await tracking.metricHistory("a", of: id).elements.map(\.value.isNaN) == [false, true])
        }
    }

    @Test func `the infinities are the greatest numbers`() async throws {
        try await withTracking { tracking in
            let id = try await log([MetricPoint("a", .infinity), MetricPoint("b", -.infinity)], tracking)
            #expect(try await tracking.run(id).metrics.map(\.value) == [.greatestFiniteMagnitude, -.greatestFiniteMagnitude])
        }
    }

    @Test func `the same point again is stored once`() async throws {
        try await withTracking { tracking in
            let points =
                (0..<1000).map { MetricPoint("m", Double($0 / 2), at: Int64($0 / 2), step: 0) } + [
                    MetricPoint("m", .nan, at: 0), MetricPoint("m", .nan, at: 0),
                ]
            let id = try await log(points, tracking)
            _ = try await tracking.log(LoggedPoint(MetricPoint("m", 0, at: 0)), to: id)
            #expect(try await tracking.metricHistory("m", of: id).elements.count == 501)
        }
    }

    @Test func `history goes by time, step and value, and comes in pages`() async throws {
        try await withTracking { tracking in
            let id = try await log(
                [
                    MetricPoint("m", 1, at: 3, step: 1), MetricPoint("m", 2, at: 1, step: 9), MetricPoint("m", 4, at: 3, step: 0),
                    MetricPoint("m", 3, at: 3, step: 0),
                ], tracking)
            #expect(try await tracking.metricHistory("m", of: id).elements.map(\.value) == [2, 3, 4, 1])
            let page = try await tracking.metricHistory("m", of: id, limit: 3)
            #expect(page.nextOffset == 3)
            #expect(try await tracking.metricHistory("m", of: id, limit: 3, offset: 3).elements.map(\.value) == [1])
            #expect(try await tracking.metricHistory("none", of: id).elements.isEmpty)
            #expect(try await tracking.metricHistory("m", of: "none").elements.isEmpty)
        }
    }

    @Test func `a negative step is fine, a negative time is not`() async throws {
        try await withTracking { tracking in
            let id = try await log([MetricPoint("m", 1, step: -5)], tracking)
            #expect(try await tracking.run(id).metrics.first?.step == -5)
            let refused = await refusal { try await tracking.log(LoggedPoint(MetricPoint("m", 1, at: -1)), to: id) }
            #expect(refused?.message.contains("Timestamp must be a nonnegative long") == true)
        }
    }

    /// The groups of SQL's NTILE, counted by hand: the first of each, and the last point in place of the last group's first.
    @Test(arguments: [
        (10, 3, [0, 4, 9]), (10, 1, [9]), (10, 10, Array(0..<10)), (10, 20, Array(0..<10)), (11, 4, [0, 3, 6, 10]), (2, 2, [0, 1]), (1, 1, [0]),
        (0, 5, []), (7, 5, [0, 2, 4, 5, 6]),
    ])
    func `a sample is evenly spread and ends with the last point`(total: Int, limit: Int, expected: [Int]) async throws {
        try await withTracking { tracking in
            let id = try await log((0..<total).map { MetricPoint("m", Double($0), step: Int64($0)) }, tracking)
            let sample = try await tracking.metricSample("m", of: [id], limit: limit)
            #expect(sample.map { Int($0.point.step) } == expected)
            #expect(sample.allSatisfy { $0.run == id })
        }
    }

    @Test func `a sample of a stretch looks at no other steps`() async throws {
        try await withTracking { tracking in
            let id = try await log((0..<100).map { MetricPoint("m", Double($0), step: Int64($0)) }, tracking)
            #expect(try await tracking.metricSample("m", of: [id, "none"], steps: 10...14, limit: 3).map(\.point.step) == [10, 12, 14])
            #expect(try await tracking.metricSample("m", of: [id], steps: 200...300, limit: 3).isEmpty)
        }
    }

    @Test func `a batch of a thousand points of many metrics is one write`() async throws {
        try await withTracking { tracking in
            let points = (0..<1000).map { MetricPoint("m\($0 % 7)", Double($0), step: Int64($0)) }
            let id = try await log(points, tracking)
            let run = try await tracking.run(id)
            #expect(run.metrics.map(\.key) == (0..<7).map { "m\($0)" })
            #expect(run.metrics.map(\.value).max() == 999)
            var total = 0
            for key in 0..<7 { total += try await tracking.metricHistory("m\(key)", of: id).elements.count }
            #expect(total == 1000)
        }
    }
}
