import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

@Suite struct QueryPlanTests {
    private func plan(_ clause: SearchClause, _ database: Database) async throws -> [String] {
        try await database.read { try $0.plan(clause.sql, clause.arguments) }
    }

    private static let filters: [(name: String, search: RunSearch)] = [
        ("default page", RunSearch(experiments: [0])),
        ("several experiments, any stage", RunSearch(experiments: [0, 1, 2], stages: .all)),
        (
            "metric filter and order",
            RunSearch(
                experiments: [0], filter: SearchFilter([.init(.metric("m"), .number(.greater, 1))]),
                order: [SearchOrder(.metric("m"), ascending: false)])
        ),
        (
            "metric filter, other metric's order",
            RunSearch(
                experiments: [0], filter: SearchFilter([.init(.metric("a"), .number(.greater, 1))]),
                order: [SearchOrder(.metric("m"), ascending: true)])
        ),
        ("param equality", RunSearch(experiments: [0], filter: SearchFilter([.init(.param("p"), .equal("1"))]))),
        ("tag equality", RunSearch(experiments: [0], filter: SearchFilter([.init(.tag("t"), .equal("1"))]))),
        ("name", RunSearch(experiments: [0], filter: SearchFilter([.init(.attribute("name"), .equal("n"))]))),
        ("oldest first", RunSearch(experiments: [0], order: [SearchOrder(.attribute("start_time"), ascending: true)])),
        ("param order", RunSearch(experiments: [0], order: [SearchOrder(.param("p"), ascending: true)])),
        (
            "everything else",
            RunSearch(
                experiments: [0],
                filter: SearchFilter([.init(.param("p"), .equal("1")), .init(.tag("t"), .missing), .init(.dataset("name"), .equal("d"))]),
                order: [SearchOrder(.param("p"), ascending: true), SearchOrder(.metric("m"), ascending: false)])
        ),
    ]

    @Test func `no part of a search reads a whole table`() async throws {
        try await withSoleDatabase(TrackingRoom.migrations) { database in
            for (name, search) in QueryPlanTests.filters {
                let drivers = [nil] + search.filter.conditions.indices.filter { RunSearchStatement.begins(with: search.filter.conditions[$0]) }
                for segment in RunSearchStatement.segments(of: search) {
                    for driver in drivers {
                        let statement = try RunSearchStatement(search, segment: segment, driver: driver, after: nil)
                        for clause in [statement.select(limit: 100), statement.count()] {
                            let plan = try await plan(clause, database)
                            #expect(!plan.isEmpty)
                            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(name), part \(segment): \(plan)")
                        }
                    }
                }
                for condition in search.filter.conditions where RunSearchStatement.begins(with: condition) {
                    let plan = try await plan(try RunSearchStatement.probe(condition, search.experiments, limit: 10), database)
                    #expect(!plan.contains { $0.contains("SCAN r") || $0.contains("SCAN f") }, "\(name): \(plan)")
                    #expect(plan.contains { $0.contains("<expr>=?") || $0.contains("value>?") }, "\(name): \(plan)")
                }
            }
        }
    }

    /// Sorting everything that matches before the first row comes out is what made large tables slow.
    @Test(arguments: [
        ([SearchOrder](), 0), ([SearchOrder(.attribute("start_time"), ascending: false)], 0),
        ([SearchOrder(.metric("m"), ascending: true)], 1), ([SearchOrder(.metric("m"), ascending: false)], 1),
        ([SearchOrder(.param("p"), ascending: false)], 1), ([SearchOrder(.tag("p"), ascending: true)], 1),
        ([SearchOrder(.attribute("name"), ascending: true)], 1),
    ])
    func `an ordering walks its index and stops when the page is full`(order: [SearchOrder], sorted: Int) async throws {
        try await withSoleDatabase(TrackingRoom.migrations) { database in
            let search = RunSearch(experiments: [0], order: order, limit: 100)
            let first = try RunSearchStatement(search, segment: 0, driver: nil, after: nil)
            let plan = try await plan(first.select(limit: 100), database)
            // Among rows that are equal in the first key, the last ones may be sorted; all of them may not.
            #expect(!plan.contains { $0.contains("USE TEMP B-TREE FOR ORDER BY") }, "\(plan)")
            #expect(plan.count { $0.contains("TEMP B-TREE") } <= sorted, "\(plan)")
        }
    }

    @Test func `a page behind another begins where that one ended`() async throws {
        try await withSoleDatabase(TrackingRoom.migrations) { database in
            let search = RunSearch(experiments: [0], order: [SearchOrder(.metric("m"), ascending: true)])
            let cursor = SearchCursor(segment: 0, keys: [.double(0.5), .int(7), .string("a")])
            let statement = try RunSearchStatement(search, segment: 0, driver: nil, after: cursor)
            let plan = try await plan(statement.select(limit: 10), database)
            #expect(plan.contains { $0.contains("metric_series_ranked") && $0.contains("value>?") }, "\(plan)")
        }
    }

    @Test func `logged models are found without reading whole tables`() async throws {
        try await withSoleDatabase(TrackingRoom.migrations) { database in
            let models = try LoggedModelSearchStore.statement(
                LoggedModelSearch(experiments: [0], filter: SearchFilter([.init(.metric("m"), .number(.greater, 1)), .init(.tag("a"), .equal("b"))])))
            let plan = try await plan(models, database)
            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
        }
    }
}
