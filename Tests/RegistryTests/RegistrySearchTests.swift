import Foundation
import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct RegistrySearchTests {
    private let eve = RegistryFixture.eve

    /// Models `Market_1` (versions 1 and 2), `market-2` (version 1) and `100%` (none).
    private func with(_ body: (RegistryFixture) async throws -> Void) async throws {
        try await RegistryFixture.with(nil) { fixture in
            for name in ["Market_1", "market-2", "100%"] {
                _ = try await fixture.service.createModel(name, tags: name == "100%" ? [:] : ["team": "grid\\\(name.count)"], by: eve)
            }
            for (name, run) in [("Market_1", "r1"), ("Market_1", nil), ("market-2", "r2")] {
                _ = try await fixture.service.importVersion(
                    ImportRequest(model: name, source: "s3://bucket/\(name)", runID: run, tags: run.map { ["run": $0] } ?? [:], by: eve))
            }
            try await body(fixture)
        }
    }

    private func models(
        _ fixture: RegistryFixture, _ field: RegistryQuery.Field, _ comparison: RegistryQuery.Comparison, _ operand: RegistryQuery.Operand
    ) async throws -> [String] {
        try await fixture.service.searchModels(RegistryQuery(conditions: [.init(field, comparison, operand)])).items.map(\.model.name)
    }

    private func versions(
        _ fixture: RegistryFixture, _ field: RegistryQuery.Field, _ comparison: RegistryQuery.Comparison, _ operand: RegistryQuery.Operand
    ) async throws -> [String] {
        let query = RegistryQuery(conditions: [.init(field, comparison, operand)], order: [.init(.name)])
        return try await fixture.service.searchVersions(query).items.map { "\($0.model)/\($0.version)" }
    }

    @Test func `LIKE minds the case, ILIKE does not, and both know their own signs`() async throws {
        try await with { fixture in
            let found1 = try await models(fixture, .name, .like, .text("Market%"))
            #expect(found1 == ["Market_1"])
            let found2 = try await models(fixture, .name, .likeAnyCase, .text("mARKET__"))
            #expect(found2 == ["Market_1", "market-2"])
            let found3 = try await models(fixture, .name, .like, .text("%"))
            #expect(found3 == ["100%", "Market_1", "market-2"])
            let found4 = try await models(fixture, .name, .like, .text("_00_"))
            #expect(found4 == ["100%"])
            // A backslash is a backslash, as in MLflow.
            let found5 = try await models(fixture, .name, .like, .text("100\\%"))
            #expect(found5 == [])
            let found6 = try await models(fixture, .tag("team"), .like, .text("grid\\_"))
            #expect(found6 == ["Market_1", "market-2"])
        }
    }

    @Test func `without regard to case means A to Z, on both databases`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("a", tags: ["city": "ZÜRICH"], by: eve)
            for (pattern, count) in [("zÜrich", 1), ("ZÜR%", 1), ("zür%", 0)] {
                let found = try await models(fixture, .tag("city"), .likeAnyCase, .text(pattern))
                #expect(found.count == count, "\(pattern)")
            }
        }
    }

    @Test func `what is not there matches nothing`() async throws {
        try await with { fixture in
            let found7 = try await versions(fixture, .run, .unequal, .text("r1"))
            #expect(found7 == ["market-2/1"])
            let found8 = try await models(fixture, .tag("owner"), .unequal, .text("x"))
            #expect(found8 == [])
            let found9 = try await models(fixture, .tag("team"), .unequal, .text("x"))
            #expect(found9 == ["Market_1", "market-2"])
        }
    }

    @Test func `numbers and lists compare as asked`() async throws {
        try await with { fixture in
            let found10 = try await versions(fixture, .version, .greaterOrEqual, .number(2))
            #expect(found10 == ["Market_1/2"])
            let found11 = try await versions(fixture, .version, .unequal, .number(2))
            #expect(found11 == ["Market_1/1", "market-2/1"])
            let found12 = try await models(fixture, .name, .among, .list(["a", "Market_1", "100%"]))
            #expect(found12 == ["100%", "Market_1"])
            let found13 = try await models(fixture, .name, .notAmong, .list(["a", "Market_1"]))
            #expect(found13 == ["100%", "market-2"])
            let found14 = try await models(fixture, .name, .among, .list([]))
            #expect(found14 == [])
            let found15 = try await versions(fixture, .source, .like, .text("%market-2"))
            #expect(found15 == ["market-2/1"])
        }
    }

    @Test(arguments: [
        "'; DROP TABLE models; --", "\" OR 1=1", "%' OR '1'='1", "a\\' OR ''='", "\u{1F426}", "?", "$1", String(repeating: "%a", count: 200) + "b",
    ]) func `no text is taken for SQL`(text: String) async throws {
        try await with { fixture in
            for comparison in [RegistryQuery.Comparison.equal, .like, .likeAnyCase] {
                let found16 = try await models(fixture, .name, comparison, .text(text))
                #expect(found16 == [])
                let found17 = try await models(fixture, .tag(text), comparison, .text(text))
                #expect(found17 == [])
                let found18 = try await versions(fixture, .run, comparison, .text(text))
                #expect(found18 == [])
            }
            #expect(try await fixture.service.models().count == 3)
        }
    }

    @Test func `pages neither repeat nor lose a row, whatever comes in between`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            try await fixture.database.write { transaction in
                // Many rows of the same moment, so that only name and number tell them apart.
                for model in 0..<7 {
                    let name = "m\(model)"
                    try ModelStore(transaction).insert(name, description: nil, tags: [:], declaration: nil, now: Timestamp(milliseconds: 5))
                    for number in 1...9 {
                        let draft = ModelVersionDraft(model: name, status: .registered, source: "s3://b/\(number)")
                        try ModelVersionStore(transaction).insert(
                            draft.version(number, at: Timestamp(milliseconds: Int64(number % 2)), by: RegistryFixture.eve))
                    }
                }
            }
            let orders: [[RegistryQuery.Order]] = [
                [], [.init(.name, ascending: false)], [.init(.version), .init(.name, ascending: false)], [.init(.created)],
                [.init(.updated, ascending: false), .init(.version)],
            ]
            for order in orders {
                let whole = try await fixture.service.searchVersions(RegistryQuery(order: order, limit: 1000)).items.map(\.subject)
                #expect(Set(whole).count == 63)
                var pages: [String] = []
                var token: String?
                repeat {
                    let page = try await fixture.service.searchVersions(RegistryQuery(order: order, limit: 10, page: token))
                    pages += page.items.map(\.subject)
                    token = page.next
                } while token != nil
                #expect(pages == whole, "\(order)")
            }
            let first = try await fixture.service.searchModels(RegistryQuery(limit: 3))
            _ = try await fixture.service.createModel("a-new-one", by: eve)
            try await fixture.service.deleteModel("m1", by: eve)
            let rest = try await fixture.service.searchModels(RegistryQuery(limit: 10, page: first.next))
            #expect(rest.items.map(\.model.name) == ["m3", "m4", "m5", "m6"])
            #expect(rest.next == nil)
        }
    }

    @Test(arguments: ["@@", "bm90IGpzb24=", "eyJvZmZzZXQiOiAyfQ==", "e30="]) func `a token of elsewhere is refused`(token: String) async throws {
        try await with { fixture in
            let error = await refusal { _ = try await fixture.service.searchModels(RegistryQuery(page: token)) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func `a token is good for its own order only`() async throws {
        try await with { fixture in
            let token = try #require(try await fixture.service.searchModels(RegistryQuery(limit: 1)).next)
            let other = RegistryQuery(order: [.init(.updated)], limit: 1, page: token)
            let error = await refusal { _ = try await fixture.service.searchModels(other) }
            #expect(error?.message.contains("another order") == true)
        }
    }

    @Test func `too long a list or pattern is refused`() async throws {
        try await with { fixture in
            let list = (0...RegistryQuery.longestList).map(String.init)
            let refused1 = await refusal { _ = try await models(fixture, .name, .among, .list(list)) }
            #expect(refused1?.code == .invalidArgument)
            let pattern = String(repeating: "a", count: RegistryQuery.longestPattern + 1)
            let refused2 = await refusal { _ = try await models(fixture, .name, .like, .text(pattern)) }
            #expect(refused2?.code == .invalidArgument)
        }
    }

    @Test func `prompts are found only by a search that says so`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("p", tags: [RegistryQuery.promptTag: "true"], by: eve)
            _ = try await fixture.service.createModel("m", by: eve)
            let found19 = try await models(fixture, .tag(RegistryQuery.promptTag), .equal, .text("true"))
            #expect(found19 == ["p"])
            let found20 = try await models(fixture, .tag(RegistryQuery.promptTag), .unequal, .text("true"))
            #expect(found20 == ["m"])
            #expect(try await fixture.service.searchModels(RegistryQuery()).items.map(\.model.name) == ["m"])
        }
    }

    @Test func `the list of models pages by name, with what there is of each`() async throws {
        try await with { fixture in
            let first = try await fixture.service.models(after: "", limit: 2)
            #expect(first.map(\.name) == ["100%", "Market_1"])
            #expect(first.map(\.versions) == [0, 2])
            #expect(first.map(\.latest) == [nil, 2])
            let rest = try await fixture.service.models(after: "Market_1", limit: 2)
            #expect(rest.map(\.name) == ["market-2"])
            let all = try await fixture.service.models()
            #expect(all.map(\.versions) == [0, 2, 1])
            #expect(try await fixture.service.models(after: "z", limit: 2).isEmpty)
        }
    }

    @Test func `lists and searches find their rows by an index`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            let place = RegistryQuery(order: [.init(.updated, ascending: false), .init(.name), .init(.version, ascending: false)], limit: 10)
            let asked: [(SearchTable, RegistryQuery, RegistryPlace?)] = [
                (.models, RegistryQuery(), nil), (.models, RegistryQuery(order: [.init(.updated)]), nil),
                (
                    .models, RegistryQuery(conditions: [.init(.name, .equal, .text("m"))]),
                    RegistryPlace(order: ["name asc"], values: [.text("k")])
                ),
                (.versions, place, nil),
                (
                    .versions, place,
                    RegistryPlace(order: place.order.map(\.spelling), values: [.number(5), .text("m"), .number(2)])
                ),
                (.versions, RegistryQuery(conditions: [.init(.name, .equal, .text("m"))], order: [.init(.version, ascending: false)]), nil),
                (.versions, RegistryQuery(conditions: [.init(.run, .equal, .text("r"))], order: [.init(.name)]), nil),
            ]
            for (table, query, place) in asked {
                let statement = try table.statement(query, after: place)
                let plan = try await fixture.database.read { try $0.plan(statement.sql, statement.arguments) }
                #expect(!plan.isEmpty)
                // A walk along an index in the order asked for stops at the limit; a sort or a bare scan reads everything.
                #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("USING") }, "\(statement.sql)\n\(plan)")
                #expect(!plan.contains { $0.contains("TEMP B-TREE FOR ORDER BY") } || query.conditions.contains { $0.field == .run }, "\(plan)")
            }
            let newest = ModelSearchStore.newestOfStages("(?, ?)")
            let plan = try await fixture.database.read { try $0.plan(newest, ["a", "b"]) }
            #expect(plan.contains { $0.contains("USING") && $0.contains("model_versions_stage") }, "\(plan)")
        }
    }
}
