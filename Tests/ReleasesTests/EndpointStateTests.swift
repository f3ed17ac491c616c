import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Releases

@Suite struct EndpointStateTests {
    @Test func `the past is read from the ledger, by either clock`() async throws {
        try await withDatabase(ReleasesRoom.migrations, from: ManualClock.usual) { database, wall async throws in
            let world = TestWorld()
            let service = ReleaseService(database: database, ports: world.ports)
            let start = wall.wall.now()
            try await service.apply([price(plan: ReleasePlan(strategy: .canary, steps: [0.2], every: .days(1), minimumRows: 1))], by: ann)
            #expect(try await service.state("price", at: start) == nil)
            for (index, version) in [1, 2].enumerated() {
                wall.advance(by: .minutes(10))
                world.set { $0.clock = day(Int64(index * 10)) }
                _ = try await service.release("price", version: version, by: ann)
            }
            wall.advance(by: .minutes(10))
            world.set { $0.clock = day(15) }
            _ = try await service.promote("price", reason: "fine", by: ann)

            func versions(_ state: EndpointState?) -> [String: Double] {
                Dictionary((state?.variants ?? []).map { ($0.name, $0.share) }, uniquingKeysWith: { first, _ in first })
            }
            #expect(try await service.state("price", at: start + .minutes(5)) == nil)
            #expect(versions(try await service.state("price", at: start + .minutes(15))) == ["v1": 1])
            #expect(versions(try await service.state("price", at: start + .minutes(25))) == ["v1": 0.8, "v2": 0.2])
            let last = try #require(try await service.state("price", at: start + .minutes(500)))
            #expect(versions(last) == ["v2": 1])
            #expect(last.release == "price-r2" && last.kind == "release.promoted" && last.actor == "ann" && last.reason == "fine")

            #expect(try await service.state("price", at: day(-1), by: .event) == nil)
            #expect(versions(try await service.state("price", at: day(9), by: .event)) == ["v1": 1])
            #expect(versions(try await service.state("price", at: day(10), by: .event)) == ["v1": 0.8, "v2": 0.2])
            #expect(versions(try await service.state("price", at: day(99), by: .event)) == ["v2": 1])
            await #expect(throws: TernError.self) { try await service.state("nowhere", at: start) }
        }
    }

    @Test func `applying the same twice changes nothing`() async throws {
        try await withReleases { service, _, database async throws in
            #expect(try await service.apply([price()], by: ann).isEmpty)
            #expect(try await kinds(database) == ["endpoint.declared"])
            var other = price()
            other.owner = "someone"
            #expect(try await service.apply([other], by: ann) == ["price"])
            #expect(try await service.endpoints().map(\.declaration.owner) == ["someone"])
        }
    }

    @Test func `an endpoint in use cannot turn to another model`() async throws {
        try await withReleases { service, _, _ async throws in
            var other = price()
            other.model = "demand"
            #expect(try await service.apply([other], by: ann) == ["price"])
            _ = try await service.release("price", version: 1, by: ann)
            let error = await #expect(throws: TernError.self) { try await service.apply([price()], by: ann) }
            #expect(error?.code == .conflict)
        }
    }

    @Test func `declarations that make no sense are refused and nothing is stored`() async throws {
        try await withReleases { service, _, database async throws in
            var wrong: [EndpointDeclaration] = []
            func add(_ change: (inout EndpointDeclaration) -> Void) {
                var declaration = price()
                declaration.name = "other"
                change(&declaration)
                wrong.append(declaration)
            }
            add { $0.name = "a/b" }
            add { $0.name = "" }
            add { $0.owner = "" }
            add { $0.model = "" }
            add { $0.release.steps = [] }
            add { $0.release.steps = [0.5, 0.25] }
            add { $0.release.steps = [0, 0.5] }
            add { $0.release.steps = [0.5, 1.5] }
            add { $0.release.steps = [.nan] }
            add { $0.release.every = Period(milliseconds: -1) }
            add { $0.release.minimumRows = -1 }
            add { $0.release.guard.errors = 2 }
            add { $0.release.guard.accuracyDrop = -0.1 }
            add { $0.release.guard.latencyP99 = .zero }
            for declaration in wrong {
                let error = await #expect(throws: TernError.self) { try await service.apply([price(follow: true), declaration], by: ann) }
                #expect(error?.code == .invalidArgument)
            }
            await #expect(throws: TernError.self) { try await service.apply([price(follow: true)], by: guest) }
            #expect(try await service.endpoints().map(\.declaration) == [price()])
            #expect(try await kinds(database).count == 1)
        }
    }
}
