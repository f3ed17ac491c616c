import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

/// Forty runs with equal values, NaN and gaps, so that every part of an ordering has ties.
private func withRuns(_ body: (TrackingService) async throws -> Void) async throws {
    try await withTracking { tracking async throws in
        for index in 0..<40 {
            let run = try await tracking.createRun(RunDraft(name: "r\(index % 7)", startTime: Int64(index / 3)))
            var batch = LogBatch()
            if index % 5 != 0 { batch.metrics = [LoggedPoint(MetricPoint("m", index % 4 == 1 ? .nan : Double(index % 6) - 2))] }
            if index % 3 != 0 { batch.params = [("p", index % 2 == 0 ? "" : "v\(index % 4)")] }
            try await tracking.log(batch, to: run.info.id)
            if index % 2 == 0 { _ = try await tracking.updateRun(run.info.id, status: .finished, endTime: Int64(100 - index / 4)) }
        }
        try await body(tracking)
    }
}

@Suite struct PagingTests {
    private static let orders: [[SearchOrder]] = [
        [], [SearchOrder(.attribute("start_time"), ascending: true)], [SearchOrder(.attribute("end_time"), ascending: false)],
        [SearchOrder(.attribute("name"), ascending: false)], [SearchOrder(.attribute("id"), ascending: false)],
        [SearchOrder(.metric("m"), ascending: true)], [SearchOrder(.metric("m"), ascending: false)], [SearchOrder(.param("p"), ascending: true)],
        [SearchOrder(.tag("mlflow.runName"), ascending: false), SearchOrder(.metric("m"), ascending: true)],
        [SearchOrder(.attribute("status"), ascending: true), SearchOrder(.attribute("end_time"), ascending: true)],
        [SearchOrder(.metric("m"), ascending: false), SearchOrder(.param("p"), ascending: false), SearchOrder(.metric("none"), ascending: true)],
    ]

    private static let filters: [SearchFilter] = [
        SearchFilter(), SearchFilter([.init(.metric("m"), .number(.greaterOrEqual, 0))]), SearchFilter([.init(.param("p"), .equal("v1"))]),
        SearchFilter([.init(.metric("m"), .number(.notEqual, 1)), .init(.attribute("name"), .equal("r2"))]),
    ]

    /// What the ordering means, said a second time: sorted in Swift.
    private func expected(_ all: [Run], _ order: [SearchOrder]) -> [String] {
        func key(_ run: Run, _ field: SearchField) -> (rank: Int, number: Double, text: String) {
            switch field {
            case .metric(let key):
                guard let value = run.metrics.first(where: { $0.key == key })?.value else { return (2, 0, "") }
                return value.isNaN ? (1, 0, "") : (0, value, "")
            case .param(let key): return run.params[key].map { (0, 0, $0) } ?? (2, 0, "")
            case .tag(let key): return run.tags[key].map { (0, 0, $0) } ?? (2, 0, "")
            case .attribute("end_time"): return run.info.endTime.map { (0, Double($0), "") } ?? (2, 0, "")
            case .attribute("start_time"): return (0, Double(run.info.startTime), "")
            case .attribute("name"): return (0, 0, run.info.name)
            case .attribute("status"): return (0, 0, run.info.status.rawValue)
            default: return (0, 0, run.info.id)
            }
        }
        let terms = order + [SearchOrder(.attribute("start_time"), ascending: false), SearchOrder(.attribute("id"), ascending: true)]
        return all.sorted { left, right in
            for term in terms {
                let (a, b) = (key(left, term.field), key(right, term.field))
                if a.rank != b.rank { return a.rank < b.rank }
                if a.number != b.number { return (a.number < b.number) == term.ascending }
                if a.text != b.text { return (a.text < b.text) == term.ascending }
            }
            return false
        }.map(\.info.id)
    }

    @Test func `pages of every size join into the whole ordering`() async throws {
        try await withRuns { tracking async throws in
            for filter in PagingTests.filters {
                let all = try await tracking.searchRuns(RunSearch(experiments: [0], filter: filter)).elements
                #expect(!all.isEmpty)
                for order in PagingTests.orders {
                    for limit in [1, 7, 100] {
                        var found: [String] = []
                        var cursor: SearchCursor?
                        repeat {
                            let page = try await tracking.searchRuns(
                                RunSearch(experiments: [0], filter: filter, order: order, after: cursor, limit: limit))
                            found += page.elements.map(\.info.id)
                            cursor = try page.next.map { try SearchCursor(token: $0.token) }
                        } while cursor != nil
                        #expect(found == expected(all, order), "\(order), \(limit) a page")
                    }
                    let passed = try await tracking.searchRuns(RunSearch(experiments: [0], filter: filter, order: order, offset: 3, limit: 5))
                    #expect(passed.elements.map(\.info.id) == Array(expected(all, order).dropFirst(3).prefix(5)))
                }
                #expect(try await tracking.countRuns(RunSearch(experiments: [0], filter: filter, limit: 1)) == all.count)
            }
        }
    }

    @Test func `new and deleted runs do not shift the pages that follow`() async throws {
        try await withRuns { tracking async throws in
            let first = try await tracking.searchRuns(RunSearch(experiments: [0], limit: 10))
            let rest = try await tracking.searchRuns(RunSearch(experiments: [0], after: first.next)).elements.map(\.info.id)
            for _ in 0..<5 { _ = try await tracking.createRun(RunDraft(startTime: 1000)) }
            try await tracking.deleteRun(try #require(first.elements.last).info.id, by: tester)
            #expect(try await tracking.searchRuns(RunSearch(experiments: [0], after: first.next)).elements.map(\.info.id) == rest)
        }
    }

    @Test(arguments: [
        "?", "eHg=", "eyJvZmZzZXQiOiAyfQ==", SearchCursor(segment: 0, keys: [.int(1)]).token,
        SearchCursor(segment: 0, keys: [.string("x"), .int(1)]).token,
    ])
    func `a token of something else is refused`(token: String) async throws {
        try await withTracking { tracking async throws in
            let refused = await refusal {
                _ = try await tracking.searchRuns(RunSearch(experiments: [0], after: try SearchCursor(token: token)))
            }
            #expect(refused?.code == .invalidArgument)
            #expect(refused?.message.hasPrefix("Invalid page token") == true)
        }
    }

    @Test func `histories are paged by place`() async throws {
        try await withTracking { tracking async throws in
            let run = try await tracking.createRun(RunDraft()).info.id
            let points: [LoggedPoint] = (0..<2500).map { index in
                let value = index % 10 == 0 ? Double.nan : Double(index % 13)
                return LoggedPoint(MetricPoint("m", value, at: Int64(index / 3), step: Int64(-index)))
            }
            for part in 0..<25 { try await tracking.log(LogBatch(metrics: Array(points[part * 100..<(part + 1) * 100])), to: run) }
            let whole = try await tracking.metricHistory("m", of: run).elements
            #expect(whole.count == 2500)
            var found: [MetricPoint] = []
            var cursor: SearchCursor?
            repeat {
                let page = try await tracking.metricHistory("m", of: run, after: cursor, limit: 333)
                found += page.elements
                cursor = page.next
            } while cursor != nil
            #expect(found.map(\.step) == whole.map(\.step))
            #expect(found.map(\.timestamp) == whole.map(\.timestamp))
        }
    }
}
