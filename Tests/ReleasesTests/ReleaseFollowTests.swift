import TernKernel
import TernLog
import TernStore
import Testing

@testable import Releases

@Suite struct ReleaseFollowTests {
    @Test func `following releases each approved version once`() async throws {
        try await withReleases(price(follow: true)) { service, world, _ async throws in
            #expect(try await !service.advance("price", clock: day(0)))
            world.set { $0.latest = 1 }
            #expect(try await service.advance("price", clock: day(0)))
            #expect(service.primary("price")?.version == 1)
            #expect(try await !service.advance("price", clock: day(0)))
            world.set {
                $0.clock = day(1); $0.latest = 2; $0.observations = bad("v2")
            }
            #expect(try await service.advance("price", clock: day(1)))
            #expect(try await service.endpoint("price").release?.to == 2)
            #expect(try await service.advance("price", clock: day(2)))
            #expect(try await service.endpoint("price").release == nil)
            // It was rolled back: never again by itself.
            for more in 3...40 { #expect(try await !service.advance("price", clock: day(Int64(more)))) }
            #expect(try await service.endpoint("price").history.count == 2)
            world.set { $0.latest = 3 }
            #expect(try await service.advance("price", clock: day(41)))
            #expect(try await service.endpoint("price").release?.to == 3)
        }
    }

    @Test func `a version that a person rolled back after its promotion is not followed again`() async throws {
        try await withReleases(price(follow: true, plan: ReleasePlan())) { service, world, _ async throws in
            for version in 1...2 {
                world.set { $0.latest = version }
                #expect(try await service.advance("price", clock: day(0)))
            }
            try await service.rollback("price", reason: "wrong", by: ann)
            #expect(try await !service.advance("price", clock: day(1)))
            #expect(service.primary("price")?.version == 1)
            // A person may still release it.
            _ = try await service.release("price", version: 2, by: ann)
            #expect(service.primary("price")?.version == 2)
        }
    }

    @Test func `an older approved version is not followed, and nothing is while a release runs`() async throws {
        try await withReleases(price(follow: true)) { service, world, _ async throws in
            _ = try await service.release("price", version: 2, by: ann)
            world.set {
                $0.latest = 1; $0.clock = day(0)
            }
            #expect(try await !service.advance("price", clock: day(0)))
            _ = try await service.release("price", version: 1, by: ann)
            world.set { $0.latest = 3 }
            #expect(try await !service.advance("price", clock: day(1)))
        }
    }

    @Test func `an endpoint that does not follow waits to be asked`() async throws {
        try await withReleases(price(follow: false)) { service, world, _ async throws in
            world.set { $0.latest = 1 }
            #expect(try await !service.advance("price", clock: day(0)))
        }
    }

    @Test func `a version that cannot be loaded is written off, a passing failure is tried again`() async throws {
        try await withReleases(price(follow: true)) { service, world, database async throws in
            world.set {
                $0.latest = 1; $0.loadFailure = TernError(.unavailable, "busy")
            }
            await #expect(throws: TernError.self) { try await service.advance("price", clock: day(0)) }
            #expect(try await service.endpoint("price").history.isEmpty)
            world.set { $0.loadFailure = TernError(.conflict, "its file is gone") }
            #expect(try await service.advance("price", clock: day(0)))
            #expect(try await !service.advance("price", clock: day(0)))
            let status = try await service.endpoint("price")
            #expect(status.history.map(\.state) == [.aborted])
            #expect(status.variants.isEmpty)
            #expect(try await kinds(database).last == "release.aborted")
        }
    }

    @Test func `two looks at the same moment start one release`() async throws {
        try await withReleases(price(follow: true)) { service, world, _ async throws in
            world.set { $0.latest = 1 }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await service.advance("price", clock: day(0)) } }
                try await group.waitForAll()
            }
            #expect(try await service.endpoint("price").history.count == 1)
        }
    }
}
