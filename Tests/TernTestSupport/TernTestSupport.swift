import Foundation
import Synchronization
import TernKernel
import TernStore

/// Runs a test in a folder of its own and removes it afterwards.
package func withTemporaryFolder<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let folder = NSTemporaryDirectory() + "tern-test-" + Identifier.random()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs a test on a fresh database with these migrations, removed afterwards.
package func withDatabase<Answer>(
    _ migrations: [Migration] = [], clock: WallClock = .system, _ body: (Database) async throws -> Answer
) async throws -> Answer {
    try await withTemporaryFolder { folder in
        let database = try Database(path: folder + "/tern.sqlite", migrations: migrations, clock: clock)
        defer { try? database.close() }
        return try await body(database)
    }
}

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>

    package init(_ start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { time = Mutex(start) }

    package var wall: WallClock { WallClock { [self] in time.withLock { $0 } } }

    package func advance(by period: Period) { time.withLock { $0 = $0 + period } }
}
