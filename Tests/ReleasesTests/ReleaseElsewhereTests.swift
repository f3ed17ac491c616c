import TernKernel
import TernLog
import TernStore
import TernTestSupport
import Testing

@testable import Releases

/// Two servers' services on the same rows: what one changes, the other reads back.
@Suite struct ReleaseElsewhereTests {
    @Test func `a release, a removal and a new declaration elsewhere are routed by once they are read back`() async throws {
        try await withReleases { here, world, database async throws in
            let there = ReleaseService(database: database, ports: world.ports)
            _ = try await there.release("price", version: 1, by: ann)
            #expect(here.primary("price") == nil)
            try await here.restore()
            #expect(here.primary("price")?.version == 1)
            try await there.remove("price", by: ann)
            try await here.restore()
            #expect(here.endpointNames.isEmpty)
        }
    }

    @Test func `an endpoint that was taken away and declared anew elsewhere begins again here, though it counts fewer changes`() async throws {
        try await withReleases { here, world, database async throws in
            _ = try await here.release("price", version: 1, by: ann)
            let there = ReleaseService(database: database, ports: world.ports)
            try await there.remove("price", by: ann)
            try await there.apply([price()], by: ann)
            #expect(here.primary("price") != nil)
            try await here.restore()
            #expect(here.endpointNames == ["price"])
            #expect(here.primary("price") == nil)
        }
    }
}
