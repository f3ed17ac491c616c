import TernKernel
import TernLog
import TernStore
import TernTestSupport
import Testing

@testable import Releases

@Suite struct ReleaseRestartTests {
    @Test func `a restart in the middle of a canary changes nothing`() async throws {
        func run(restarting: Bool) async throws -> ([String], [Release]) {
            try await withDatabase(ReleasesRoom.migrations) { database async throws in
                let world = TestWorld()
                var service = ReleaseService(database: database, ports: world.ports)
                try await service.apply([price(follow: true)], by: ann)
                world.set { $0.latest = 1 }
                for hour in 0..<24 * 12 {
                    let clock = day(0) + .hours(Int64(hour))
                    if hour == 24 {
                        world.set {
                            $0.latest = 2; $0.clock = clock; $0.observations = good("v2")
                        }
                    }
                    if restarting {
                        service = ReleaseService(database: database, ports: world.ports)
                        try await service.restore()
                    }
                    _ = try await service.advance("price", clock: clock)
                }
                let entries = try await LedgerStore(database).entries()
                var history = try await service.endpoint("price").history
                for index in history.indices {
                    history[index].startedAt = day(0)
                    history[index].endedAt = nil
                }
                return (entries.map { "\($0.kind) \($0.eventTime?.description ?? "") \($0.data["shares"]?.description ?? "")" }, history)
            }
        }
        let straight = try await run(restarting: false)
        let broken = try await run(restarting: true)
        #expect(straight.0 == broken.0)
        #expect(straight.1 == broken.1)
        #expect(straight.1.map(\.state) == [.promoted, .promoted])
    }

    @Test func `the routes after a restart are the routes before it`() async throws {
        try await withReleases { service, world, database async throws in
            _ = try await service.release("price", version: 1, by: ann)
            try await service.addShadow("price", name: "alone", version: 1, by: ann)
            _ = try await service.release("price", version: 2, by: ann)
            let again = ReleaseService(database: database, ports: world.ports)
            #expect(throws: TernError.self) { try again.route(endpoint: "price", key: "1") }
            try await again.restore()
            for key in 1...500 {
                let before = try service.route(endpoint: "price", key: String(key))
                #expect(try again.route(endpoint: "price", key: String(key)) == before)
            }
            #expect(again.loadedVariants() == service.loadedVariants())
        }
    }

    @Test func `a champion that could not be set is set at the next look`() async throws {
        try await withReleases { service, world, database async throws in
            world.set { $0.championFailure = TernError(.unavailable, "registry busy") }
            _ = try await service.release("price", version: 1, by: ann)
            #expect(world.now.champions.isEmpty)
            await #expect(throws: TernError.self) { try await service.advance("price", clock: day(0)) }
            world.set { $0.championFailure = nil }
            let again = ReleaseService(database: database, ports: world.ports)
            #expect(try await again.advance("price", clock: day(0)))
            #expect(world.now.champions == [1])
            #expect(try await !again.advance("price", clock: day(0)))
        }
    }

    @Test func `a plan that changes under a release does not change the release`() async throws {
        try await withReleases { service, world, _ async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set {
                $0.clock = day(0); $0.observations = good("v2")
            }
            _ = try await service.release("price", version: 2, by: ann)
            var slower = canary
            slower.every = .days(400)
            try await service.apply([price(plan: slower)], by: ann)
            #expect(try await service.advance("price", clock: day(4)))
            #expect(try await service.endpoint("price").release?.step == 1)
        }
    }

    @Test func `each step is observed from its own start, labels from the release's`() async throws {
        try await withReleases { service, world, _ async throws in
            _ = try await service.release("price", version: 1, by: ann)
            world.set {
                $0.clock = day(0); $0.observations = good("v2")
            }
            _ = try await service.release("price", version: 2, by: ann)
            #expect(try await service.advance("price", clock: day(4)))
            world.set { $0.observedSince = [] }
            #expect(try await !service.advance("price", clock: day(5)))
            #expect(world.now.observedSince == [day(4), day(0)])
        }
    }

    @Test func `the statements of every tick use an index`() async throws {
        try await withDatabase(ReleasesRoom.migrations) { database async throws in
            let plans = try await ReleaseStore(database: database).plans()
            #expect(!plans.isEmpty && plans.allSatisfy { !$0.contains("SCAN") }, "\(plans)")
        }
    }
}
