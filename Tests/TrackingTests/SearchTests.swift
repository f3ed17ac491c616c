import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

/// Five runs r0…r4: metric m = 0…3 and NaN for r4, none for r0; param p on the even ones.
private func withRuns(_ body: (TrackingService) async throws -> Void) async throws {
    try await withTracking { tracking async throws in
        for index in 0..<5 {
            let run = try await tracking.createRun(RunDraft(name: "r\(index)", startTime: Int64(index)))
            var batch = LogBatch()
            if index > 0 { batch.metrics = [LoggedPoint(MetricPoint("m", index == 4 ? .nan : Double(index)))] }
            if index % 2 == 0 { batch.params = [("p", "v\(index)")] }
            try await tracking.log(batch, to: run.info.id)
        }
        try await body(tracking)
    }
}

private func names(
    _ tracking: TrackingService, _ conditions: [SearchFilter.Condition] = [], order: [SearchOrder] = [], limit: Int = 100, offset: Int = 0
) async throws -> [String] {
    try await tracking.searchRuns(
        RunSearch(experiments: [0], filter: SearchFilter(conditions), order: order, offset: offset, limit: limit)
    ).elements.map(\.info.name)
}

@Suite struct SearchTests {
    @Test func `runs come newest first`() async throws {
        try await withRuns { tracking async throws in #expect(try await names(tracking) == ["r4", "r3", "r2", "r1", "r0"]) }
    }

    @Test func `NaN comes after the numbers and a missing metric last, either way`() async throws {
        try await withRuns { tracking async throws in
            #expect(try await names(tracking, order: [SearchOrder(.metric("m"), ascending: true)]) == ["r1", "r2", "r3", "r4", "r0"])
            #expect(try await names(tracking, order: [SearchOrder(.metric("m"), ascending: false)]) == ["r3", "r2", "r1", "r4", "r0"])
            #expect(try await names(tracking, order: [SearchOrder(.param("p"), ascending: false)]) == ["r4", "r2", "r0", "r3", "r1"])
            #expect(try await names(tracking, order: [SearchOrder(.attribute("end_time"), ascending: true)]).count == 5)
        }
    }

    @Test func `NaN equals nothing and differs from everything`() async throws {
        try await withRuns { tracking async throws in
            #expect(try await names(tracking, [.init(.metric("m"), .number(.notEqual, 2))]) == ["r4", "r3", "r1"])
            #expect(try await names(tracking, [.init(.metric("m"), .number(.lessOrEqual, 2))]) == ["r2", "r1"])
            #expect(try await names(tracking, [.init(.metric("m"), .number(.equal, 0))]) == [])
        }
    }

    @Test func `conditions are joined by and`() async throws {
        try await withRuns { tracking async throws in
            #expect(try await names(tracking, [.init(.metric("m"), .number(.greater, 0)), .init(.param("p"), .present)]) == ["r2"])
            #expect(try await names(tracking, [.init(.param("p"), .missing), .init(.attribute("start_time"), .number(.less, 2))]) == ["r1"])
            #expect(try await names(tracking, [.init(.param("p"), .notEqual("v0"))]) == ["r4", "r2"])
            #expect(try await names(tracking, [.init(.tag("mlflow.runName"), .oneOf(["r1", "r2", "r3"]))]) == ["r3", "r2", "r1"])
            #expect(try await names(tracking, [.init(.attribute("name"), .noneOf(["r1", "r2"]))]) == ["r4", "r3", "r0"])
        }
    }

    @Test(arguments: [("r_", 5), ("R_", 0), ("%2", 1), ("r[1]", 0), ("*", 0), ("r?", 0), ("", 0), ("%", 5)])
    func `patterns know only percent and underscore`(pattern: String, count: Int) async throws {
        try await withRuns { tracking async throws in
            #expect(try await names(tracking, [.init(.attribute("name"), .like(pattern, caseSensitive: true))]).count == count)
        }
    }

    @Test func `pages neither overlap nor miss`() async throws {
        try await withRuns { tracking async throws in
            var seen: [String] = []
            var offset: Int? = 0
            while let at = offset {
                let page = try await tracking.searchRuns(RunSearch(experiments: [0], offset: at, limit: 2))
                seen += page.elements.map(\.info.name)
                offset = page.nextOffset
            }
            #expect(seen == ["r4", "r3", "r2", "r1", "r0"])
        }
    }

    @Test func `deleted runs are found only when asked for`() async throws {
        try await withRuns { tracking async throws in
            let first = try #require(try await tracking.searchRuns(RunSearch(experiments: [0], limit: 1)).elements.first)
            try await tracking.deleteRun(first.info.id, by: tester)
            #expect(try await names(tracking).count == 4)
            #expect(try await tracking.searchRuns(RunSearch(experiments: [0], stages: .deleted)).elements.map(\.info.name) == ["r4"])
            #expect(try await tracking.searchRuns(RunSearch(experiments: [0], stages: .all)).elements.count == 5)
            #expect(try await tracking.searchRuns(RunSearch(experiments: [])).elements.isEmpty)
            #expect(try await tracking.searchRuns(RunSearch(experiments: [0, 1, 2])).elements.count == 4)
        }
    }

    @Test(arguments: [0, -1, 50_001])
    func `a page holds from one to fifty thousand runs`(limit: Int) async throws {
        try await withTracking { tracking async throws in
            #expect(await refusal { _ = try await tracking.searchRuns(RunSearch(experiments: [0], limit: limit)) }?.code == .invalidArgument)
        }
    }

    @Test func `a field that is not there is refused, not put into the statement`() async throws {
        try await withTracking { tracking async throws in
            let evil = SearchField.attribute("id; DROP TABLE runs")
            #expect(await refusal { _ = try await names(tracking, [.init(evil, .present)]) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await names(tracking, order: [SearchOrder(evil, ascending: true)]) }?.code == .invalidArgument)
            #expect(
                await refusal { _ = try await names(tracking, order: [SearchOrder(.dataset("name"), ascending: true)]) }?.code == .invalidArgument)
            let quoted = "x' OR '1'='1"
            #expect(try await names(tracking, [.init(.param(quoted), .equal(quoted))]).isEmpty)
        }
    }
}
