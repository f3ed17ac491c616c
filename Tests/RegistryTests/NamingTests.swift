import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct NamingTests {
    private let eve = RegistryFixture.eve

    private func version(_ fixture: RegistryFixture, _ model: String, run: String? = nil, tags: [String: String] = [:]) async throws -> Int {
        try await fixture.service.importVersion(
            ImportRequest(model: model, source: "s3://bucket/\(model)", runID: run, tags: tags, by: eve)
        ).version
    }

    @Test func `numbers are never given out twice`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            #expect(try await version(fixture, "m") == 1)
            #expect(try await version(fixture, "m") == 2)
            try await fixture.service.deleteVersion("m", 2, by: eve)
            #expect(try await version(fixture, "m") == 3)
            try await fixture.service.deleteModel("m", by: eve)
            _ = try await fixture.service.createModel("m", by: eve)
            #expect(try await version(fixture, "m") == 4)
            _ = try await fixture.service.renameModel("m", to: "n", by: eve)
            #expect(try await version(fixture, "n") == 5)
            _ = try await fixture.service.createModel("m", by: eve)
            #expect(try await version(fixture, "m") == 5)
        }
    }

    @Test func `a deleted version takes its aliases and tags with it`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            _ = try await version(fixture, "m", tags: ["a": "b"])
            try await fixture.service.setAlias("best", of: "m", to: 1, by: eve)
            try await fixture.service.deleteVersion("m", 1, by: eve)
            #expect(try await fixture.service.model("m").aliases.isEmpty)
            let error = await refusal { _ = try await fixture.service.version("m", 1) }
            #expect(error?.code == .notFound)
            #expect(error?.message == "Model Version (name=m, version=1) not found")
            #expect(try await fixture.ledger("model.version.deleted").count == 1)
        }
    }

    @Test func `what an endpoint serves is not deleted or renamed`() async throws {
        let ports = RegistryPorts(user: { model, version in version == 1 ? "endpoint price" : nil })
        try await RegistryFixture.with(nil, ports: ports) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            _ = try await version(fixture, "m")
            for change in [
                { try await fixture.service.deleteVersion("m", 1, by: eve) }, { try await fixture.service.deleteModel("m", by: eve) },
                { _ = try await fixture.service.renameModel("m", to: "n", by: eve) },
            ] as [() async throws -> Void] {
                let error = await refusal(change)
                #expect(error?.code == .conflict)
                #expect(error?.message.contains("endpoint price") == true)
            }
        }
    }

    @Test func `renaming keeps everything and leaves nothing behind`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", description: "d", tags: ["k": "v"], by: eve)
            _ = try await version(fixture, "m", tags: ["vk": "vv"])
            try await fixture.service.setAlias("best", of: "m", to: 1, by: eve)
            let renamed = try await fixture.service.renameModel("m", to: "n", by: eve)
            #expect(renamed.tags == ["k": "v"])
            #expect(renamed.aliases == ["best": 1])
            #expect(try await fixture.service.version("n", alias: "best").tags == ["vk": "vv"])
            let gone = await refusal { _ = try await fixture.service.model("m") }
            #expect(gone?.code == .notFound)
            _ = try await fixture.service.createModel("o", by: eve)
            let taken = await refusal { _ = try await fixture.service.renameModel("n", to: "o", by: eve) }
            #expect(taken?.code == .alreadyExists)
        }
    }

    @Test func `a declared model keeps its name`() async throws {
        try await RegistryFixture.with { fixture in
            let error = await refusal { _ = try await fixture.service.renameModel("market", to: "bazaar", by: eve) }
            #expect(error?.code == .conflict)
        }
    }

    @Test(arguments: ["", " ", "a/b", "a:b", ".", "..", "../x"]) func `a bad model name is refused`(name: String) async throws {
        try await RegistryFixture.with(nil) { fixture in
            let error = await refusal { _ = try await fixture.service.createModel(name, by: eve) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test(arguments: ["", "latest", "LaTest", "v3", "V12", "a b", "a.b", "x/y"]) func `a bad alias is refused`(alias: String) async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            _ = try await version(fixture, "m")
            let error = await refusal { try await fixture.service.setAlias(alias, of: "m", to: 1, by: eve) }
            #expect(error?.code == .invalidArgument)
            #expect(try await fixture.service.model("m").aliases.isEmpty)
        }
    }

    @Test func `an alias moves, and moving it to where it is tells the ledger nothing`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            _ = try await version(fixture, "m")
            _ = try await version(fixture, "m")
            for target in [1, 1, 2] { try await fixture.service.setAlias("best", of: "m", to: target, by: eve) }
            #expect(try await fixture.service.alias("best", of: "m") == 2)
            #expect(try await fixture.ledger("model.alias.set").map { $0.data["before"] ?? .null } == [.null, 1])
            let missing = await refusal { try await fixture.service.setAlias("best", of: "m", to: 9, by: eve) }
            #expect(missing?.code == .notFound)
            #expect(try await fixture.service.version("m", alias: "latest").version == 2)
        }
    }

    @Test func `the champion that gates compare with is moved by approvers only`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request())
            let error = await refusal { try await fixture.service.setAlias("champion", of: "market", to: 1, by: eve) }
            #expect(error?.code == .notAllowed)
            try await fixture.service.setAlias("other", of: "market", to: 1, by: eve)
            try await fixture.service.setAlias("champion", of: "market", to: 1, by: .system("releases"))
            let remove = await refusal { try await fixture.service.removeAlias("champion", of: "market", by: eve) }
            #expect(remove?.code == .notAllowed)
        }
    }

    @Test func `moving to a stage can send the others to the archive`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("m", by: eve)
            for _ in 0..<3 { _ = try await version(fixture, "m") }
            _ = try await fixture.service.moveVersion("m", 1, to: "production", archiveOthers: false, by: eve)
            _ = try await fixture.service.moveVersion("m", 2, to: "Production", archiveOthers: false, by: eve)
            let moved = try await fixture.service.moveVersion("m", 3, to: "PRODUCTION", archiveOthers: true, by: eve)
            #expect(moved.stage == .production)
            #expect(try await fixture.service.version("m", 1).stage == .archived)
            #expect(try await fixture.service.latestVersions("m", stages: []).map(\.version) == [2, 3])
            #expect(try await fixture.service.latestVersions("m", stages: ["production"]).map(\.version) == [3])
            let inactive = await refusal { _ = try await fixture.service.moveVersion("m", 3, to: "Archived", archiveOthers: true, by: eve) }
            #expect(inactive?.code == .invalidArgument)
            let unknown = await refusal { _ = try await fixture.service.moveVersion("m", 3, to: "Limbo", archiveOthers: false, by: eve) }
            #expect(unknown?.message == "Invalid Model Version stage: Limbo. Value must be one of None, Staging, Production, Archived.")
        }
    }

    @Test func `searches filter, order and page`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            for name in ["b", "a", "c"] { _ = try await fixture.service.createModel(name, tags: ["team": name == "c" ? "y" : "x"], by: eve) }
            _ = try await fixture.service.createModel("p", tags: [RegistryQuery.promptTag: "true"], by: eve)
            _ = try await version(fixture, "a", run: "r1")
            _ = try await version(fixture, "a", run: "r2", tags: ["ok": "yes"])
            _ = try await version(fixture, "b", run: "r1")
            let first = try await fixture.service.searchModels(RegistryQuery(limit: 2))
            #expect(first.items.map(\.model.name) == ["a", "b"])
            #expect(first.items.first?.latest.map(\.version) == [2])
            let rest = try await fixture.service.searchModels(RegistryQuery(limit: 2, page: first.next))
            #expect(rest.items.map(\.model.name) == ["c"])
            #expect(rest.next == nil)
            let tagged = RegistryQuery(conditions: [.init(.tag("team"), .equal, .text("x"))], order: [.init(.name, ascending: false)])
            #expect(try await fixture.service.searchModels(tagged).items.map(\.model.name) == ["b", "a"])
            let prompts = RegistryQuery(conditions: [.init(.tag(RegistryQuery.promptTag), .equal, .text("true"))])
            #expect(try await fixture.service.searchModels(prompts).items.map(\.model.name) == ["p"])
            let run = RegistryQuery(conditions: [.init(.run, .equal, .text("r1"))], order: [.init(.name)])
            #expect(try await fixture.service.searchVersions(run).items.map(\.model) == ["a", "b"])
            let both = RegistryQuery(conditions: [.init(.name, .equal, .text("a")), .init(.tag("ok"), .like, .text("y%"))])
            #expect(try await fixture.service.searchVersions(both).items.map(\.version) == [2])
            let newer = RegistryQuery(conditions: [.init(.version, .greater, .number(1))])
            #expect(try await fixture.service.searchVersions(newer).items.map(\.subject) == ["model/a/2"])
        }
    }

    @Test func `reading one model's versions reads no whole table`() async throws {
        try await withRegistryDatabase { database in
            let plans = try await database.read { connection in
                try [
                    "SELECT * FROM model_versions WHERE model = ? ORDER BY version DESC", "SELECT * FROM model_versions WHERE run_id = ?",
                    "SELECT * FROM model_version_tags WHERE model = ?", "SELECT * FROM model_approvals WHERE model = ? ORDER BY number",
                    "SELECT max(version) FROM model_versions WHERE model = ? AND status = 'approved'",
                ].flatMap { try connection.plan($0, ["m"]) }
            }
            #expect(!plans.isEmpty)
            #expect(!plans.contains { $0.hasPrefix("SCAN") }, "\(plans)")
        }
    }

    private func withRegistryDatabase(_ body: (Database) async throws -> Void) async throws {
        try await RegistryFixture.with(nil) { try await body($0.database) }
    }
}
