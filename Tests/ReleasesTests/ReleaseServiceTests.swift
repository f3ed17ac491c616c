import TernKernel
import TernLog
import TernStore
import Testing

@testable import Releases

@Suite struct ReleaseServiceTests {
    @Test func `an endpoint without a version says so, an unknown one is not found`() async throws {
        try await withReleases { service, _, _ async throws in
            #expect(throws: TernError.self) { try service.route(endpoint: "nowhere", key: "1") }
            let error = #expect(throws: TernError.self) { try service.route(endpoint: "price", key: "1") }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `the first release answers everything and becomes the champion`() async throws {
        try await withReleases { service, world, database async throws in
            let release = try await service.release("price", version: 1, by: ann)
            #expect(release.state == .promoted)
            let route = try service.route(endpoint: "price", key: "1")
            #expect(route.answering == VariantReference(name: "v1", role: .primary, model: "price-direction", version: 1))
            #expect(route.eventTime == "settled_at")
            #expect(world.now.champions == [1])
            #expect(try await kinds(database) == ["endpoint.declared", "release.started", "release.promoted"])
        }
    }

    @Test func `a canary gets its share, keeps its keys as it grows, and takes over`() async throws {
        try await withReleases { service, world, database async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set { $0.clock = day(0) }
            _ = try await service.release("price", version: 2, by: ann)
            let keys = (1...4000).map(String.init)
            func onCanary() throws -> Set<String> {
                Set(try keys.filter { try service.route(endpoint: "price", key: $0).answering.name == "v2" })
            }
            let first = try onCanary()
            #expect((900...1100).contains(first.count))
            #expect(try service.route(endpoint: "price", key: try #require(first.first)).primary.name == "v1")
            world.set { $0.observations = good("v2") }
            #expect(try await !service.advance("price", clock: day(3)))
            #expect(try await service.advance("price", clock: day(4)))
            let second = try onCanary()
            #expect((1850...2150).contains(second.count))
            #expect(first.isSubset(of: second))
            #expect(try await !service.advance("price", clock: day(7)))
            #expect(try await service.advance("price", clock: day(8)))
            #expect(try onCanary().count == keys.count)
            #expect(world.now.champions == [1, 2])
            #expect(service.loadedVariants().map(\.name) == ["v2", "v1"])
            #expect(try await !service.advance("price", clock: day(30)))
            let stepped = try #require(try await LedgerStore(database).entries(LedgerFilter(kind: "release.stepped")).first)
            #expect(stepped.eventTime == day(4))
            #expect(stepped.data["shares"] == ["v1": 0.5, "v2": 0.5])
            #expect(stepped.data["evidence"]?.arrayValue?.count == 3)
            #expect(stepped.data["from"] == 1 && stepped.data["to"] == 2)
        }
    }

    @Test func `a bad canary is rolled back by its guard at once`() async throws {
        try await withReleases { service, world, database async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set { $0.clock = day(0) }
            _ = try await service.release("price", version: 2, by: ann)
            world.set { $0.observations = bad("v2") }
            #expect(try await service.advance("price", clock: day(1)))
            for key in 1...200 { #expect(try service.route(endpoint: "price", key: String(key)).answering.name == "v1") }
            let status = try await service.endpoint("price")
            #expect(status.release == nil)
            #expect(status.history.first?.state == .rolledBack)
            #expect(status.history.first?.endedEventTime == day(1))
            #expect(status.history.first?.outcome?.contains("accuracy_drop") == true)
            let entry = try #require(try await LedgerStore(database).entries(LedgerFilter(kind: "release.rolled_back")).first)
            #expect(entry.data["cause"]?.stringValue?.contains("accuracy_drop") == true)
            #expect(entry.actor == "tern/releases")
            #expect(world.now.champions == [1])
        }
    }

    @Test func `a version that is not approved is refused, and says how to go on`() async throws {
        try await withReleases { service, _, database async throws in
            let error = await #expect(throws: TernError.self) { try await service.release("price", version: 4, by: boss) }
            #expect(error?.code == .gateRefused)
            #expect(error?.hint?.contains("--override") == true)
            let blank = await #expect(throws: TernError.self) { try await service.release("price", version: 4, override: "  ", by: boss) }
            #expect(blank?.code == .gateRefused)
            let role = await #expect(throws: TernError.self) { try await service.release("price", version: 4, override: "must", by: ann) }
            #expect(role?.code == .notAllowed)
            #expect(try await kinds(database) == ["endpoint.declared"])
        }
    }

    @Test func `an override is recorded with its reason and its name`() async throws {
        try await withReleases { service, _, database async throws in
            let release = try await service.release("price", version: 4, override: "a drill", by: boss)
            #expect(release.override == "a drill")
            let entry = try #require(try await LedgerStore(database).entries(LedgerFilter(kind: "release.started")).first)
            #expect(entry.actor == "boss" && entry.reason == "a drill" && entry.data["override"] == "a drill")
        }
    }

    @Test func `an override that is not needed is not recorded`() async throws {
        try await withReleases { service, _, _ async throws in
            #expect(try await service.release("price", version: 1, override: "just in case", by: boss).override == nil)
        }
    }

    @Test func `who may not, what is not there, and what is in the way are told apart`() async throws {
        try await withReleases { service, world, _ async throws in
            func code(_ body: () async throws -> Void) async -> TernError.Code? { (await #expect(throws: TernError.self) { try await body() })?.code }
            #expect(await code { _ = try await service.release("price", version: 1, by: guest) } == .notAllowed)
            #expect(await code { _ = try await service.release("price", version: 99, by: ann) } == .notFound)
            #expect(await code { _ = try await service.release("nowhere", version: 1, by: ann) } == .notFound)
            #expect(await code { try await service.rollback("price", reason: "x", by: ann) } == .conflict)
            #expect(await code { _ = try await service.promote("price", reason: "", by: ann) } == .conflict)
            _ = try await service.release("price", version: 1, by: ann)
            #expect(await code { _ = try await service.release("price", version: 1, by: ann) } == .conflict)
            #expect(await code { try await service.rollback("price", reason: "x", by: ann) } == .conflict)
            #expect(await code { try await service.rollback("price", reason: " ", by: ann) } == .invalidArgument)
            _ = try await service.release("price", version: 2, by: ann)
            #expect(await code { _ = try await service.release("price", version: 3, by: ann) } == .conflict)
            world.set { $0.loadFailure = .invalid("not ONNX") }
            _ = try await service.abort("price", reason: "", by: ann)
            #expect(await code { _ = try await service.release("price", version: 3, by: ann) } == .invalidArgument)
            #expect(try await service.endpoint("price").history.count == 2)
        }
    }

    @Test func `rollback undoes promoted releases one after the other`() async throws {
        try await withReleases(price(plan: ReleasePlan())) { service, world, _ async throws in
            for version in 1...3 { _ = try await service.release("price", version: version, by: ann) }
            #expect(service.primary("price")?.version == 3)
            world.set { $0.loadFailure = TernError(.internal, "nothing may be loaded for a rollback") }
            try await service.rollback("price", reason: "worse", by: ann)
            #expect(service.primary("price")?.version == 2)
            #expect(try await service.endpoint("price").standby == 1)
            try await service.rollback("price", reason: "still worse", by: ann)
            #expect(service.primary("price")?.version == 1)
            #expect(world.now.champions == [1, 2, 3, 2, 1])
            await #expect(throws: TernError.self) { try await service.rollback("price", reason: "worse", by: ann) }
        }
    }

    @Test func `a rollback with a key is carried out once`() async throws {
        try await withReleases(price(plan: ReleasePlan())) { service, _, _ async throws in
            for version in 1...3 { _ = try await service.release("price", version: version, by: ann) }
            let first = try await service.rollback("price", reason: "worse", by: ann, key: "alert-1")
            let second = try await service.rollback("price", reason: "worse", by: ann, key: "alert-1")
            #expect(first == second)
            #expect(service.primary("price")?.version == 2)
        }
    }

    @Test func `people can pause, resume, promote and abort`() async throws {
        try await withReleases { service, world, database async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set {
                $0.clock = day(0); $0.observations = good("v2")
            }
            _ = try await service.release("price", version: 2, by: ann)
            #expect(try await service.pause("price", reason: "holiday", by: ann).state == .paused)
            #expect(try await !service.advance("price", clock: day(50)))
            #expect(try await service.releaseInProgress("price"))
            #expect(try await service.resume("price", reason: "", by: ann).state == .running)
            #expect(try await service.promote("price", reason: "looks good", by: ann).state == .promoted)
            #expect(service.primary("price")?.version == 2)
            _ = try await service.release("price", version: 3, by: ann)
            #expect(try await service.abort("price", reason: "no", by: ann).state == .aborted)
            #expect(service.primary("price")?.version == 2)
            #expect(
                try await kinds(database).suffix(6) == [
                    "release.started", "release.paused", "release.resumed", "release.promoted", "release.started", "release.aborted",
                ])
        }
    }

    @Test func `a shadow sees everything and answers nobody`() async throws {
        try await withReleases { service, _, database async throws in
            _ = try await service.release("price", version: 1, by: ann)
            try await service.addShadow("price", name: "alone", version: 4, by: ann)
            try await service.addShadow("price", name: "alone", version: 4, by: ann)
            let route = try service.route(endpoint: "price", key: "7")
            #expect(route.answering.name == "v1")
            #expect(route.shadows == [VariantReference(name: "alone", role: .shadow, model: "price-direction", version: 4)])
            // It stays through releases.
            _ = try await service.release("price", version: 2, strategy: .allAtOnce, by: ann)
            #expect(try service.route(endpoint: "price", key: "7").shadows.map(\.name) == ["alone"])
            await #expect(throws: TernError.self) { try await service.addShadow("price", name: "alone", version: 3, by: ann) }
            await #expect(throws: TernError.self) { try await service.addShadow("price", name: "v9", version: 3, by: ann) }
            await #expect(throws: TernError.self) { try await service.addShadow("price", name: "a b", version: 3, by: ann) }
            await #expect(throws: TernError.self) { try await service.removeShadow("price", name: "v2", by: ann) }
            try await service.removeShadow("price", name: "alone", by: ann)
            #expect(try service.route(endpoint: "price", key: "7").shadows.isEmpty)
            let entries = try await LedgerStore(database).entries(LedgerFilter(kind: "endpoint.variant."))
            #expect(entries.map(\.kind) == ["endpoint.variant.added", "endpoint.variant.removed"])
        }
    }

    @Test func `a shadow release shares no traffic until it takes over`() async throws {
        try await withReleases { service, world, _ async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set {
                $0.clock = day(0); $0.observations = good("v2")
            }
            _ = try await service.release("price", version: 2, strategy: .shadow, by: ann)
            let route = try service.route(endpoint: "price", key: "7")
            #expect(route.answering.name == "v1" && route.shadows.map(\.name) == ["v2"])
            await #expect(throws: TernError.self) { try await service.removeShadow("price", name: "v2", by: ann) }
            #expect(try await service.advance("price", clock: day(4)))
            #expect(try service.route(endpoint: "price", key: "7").answering.name == "v2")
            #expect(try service.route(endpoint: "price", key: "7").shadows.isEmpty)
        }
    }
}
