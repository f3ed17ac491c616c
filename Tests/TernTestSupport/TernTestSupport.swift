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

/// Runs a test on a fresh database with these migrations, removed afterwards: on SQLite, and then, when `TERN_TEST_POSTGRES` names a server,
/// on PostgreSQL. What must not be shared by the two runs is made inside `body`.
@discardableResult
package func withDatabase<Answer>(
    _ migrations: [Migration] = [], clock: WallClock = .system, _ body: (Database) async throws -> Answer
) async throws -> Answer {
    try await withDatabaseLocation { location in
        let database = try Database(location, migrations: migrations, clock: clock)
        defer { try? database.close() }
        return try await body(database)
    }
}

/// The same with a clock that the test moves, standing at `start` on each database.
@discardableResult
package func withDatabase<Answer>(
    _ migrations: [Migration] = [], from start: Timestamp, _ body: (Database, ManualClock) async throws -> Answer
) async throws -> Answer {
    try await withDatabaseLocation { location in
        let clock = ManualClock(start)
        let database = try Database(location, migrations: migrations, clock: clock.wall)
        defer { try? database.close() }
        return try await body(database, clock)
    }
}

/// On SQLite alone: for what holds where a server has its database to itself.
@discardableResult
package func withSoleDatabase<Answer>(_ migrations: [Migration], _ body: (Database) async throws -> Answer) async throws -> Answer {
    try await withTemporaryFolder { folder in
        let database = try Database(path: folder + "/tern.sqlite", migrations: migrations)
        defer { try? database.close() }
        return try await body(database)
    }
}

/// The same for tests that open the database themselves.
@discardableResult
package func withDatabaseLocation<Answer>(_ body: (DatabaseLocation) async throws -> Answer) async throws -> Answer {
    let answer = try await withTemporaryFolder { folder in try await body(.file(folder + "/tern.sqlite")) }
    guard TestPostgres.isPresent else { return answer }
    return try await TestPostgres.withSchema { try await body(.postgresql($0)) }
}

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>

    /// Where it stands unless a test says otherwise: in November 2023.
    package static let usual = Timestamp(milliseconds: 1_700_000_000_000)

    package init(_ start: Timestamp = usual) { time = Mutex(start) }

    package var wall: WallClock { WallClock { [self] in time.withLock { $0 } } }

    package func advance(by period: Period) { time.withLock { $0 = $0 + period } }
}
