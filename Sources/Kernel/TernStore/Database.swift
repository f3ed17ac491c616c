import Foundation
import TernKernel

/// The server's SQL database.
///
/// Writes that wait are combined into one transaction, each in a savepoint of its own, and every one of them is answered only when
/// that transaction is committed and synced: throughput comes from combining, never from answering early.
package final class Database: Sendable {
    private let engine: any DatabaseEngine
    private let combiner: WriteCombiner

    /// Whether other servers may work on the same rows at the same time.
    package let isShared: Bool
    /// Told after every commit that appended to the ledger, also by another server.
    package let ledgerChanges: LedgerChanges
    /// Told after commits of other servers alone: what this server keeps in memory of the rows may be out of date.
    package let changesElsewhere: LedgerChanges

    /// Opens (or makes) a SQLite file and brings its schema up to date.
    ///
    /// - Throws: `conflict` when the file was written by a newer Tern.
    package convenience init(path: String, migrations: [Migration], clock: WallClock = .system) throws {
        try self.init(.file(path), migrations: migrations, clock: clock)
    }

    /// Opens a database and brings its schema up to date; blocks while it does.
    ///
    /// - Throws: `conflict` when the rows were written by a newer Tern, `unavailable` when the database cannot be reached.
    package init(_ location: DatabaseLocation, migrations: [Migration], clock: WallClock = .system) throws {
        let engine: any DatabaseEngine
        switch location {
        case .file(let path):
            engine = try SQLiteEngine(path: path)
            isShared = false
        case .postgresql(let url):
            engine = try PostgresEngine(url: url)
            isShared = true
        }
        self.engine = engine
        let changes = LedgerChanges { changes in engine.listen { changes.announce() } }
        ledgerChanges = changes
        changesElsewhere = LedgerChanges { changes in engine.listen { changes.announce() } }
        combiner = WriteCombiner(engine: engine, clock: clock, changes: changes)
        do {
            _ = try engine.write { connection in
                try Migration.run(LedgerStore.migrations + migrations, on: connection, now: clock.now())
                return false
            }
        } catch {
            try? engine.close()
            throw error
        }
    }

    /// Reads a consistent snapshot, beside writers.
    package func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        try await engine.read(body)
    }

    /// Changes the database. When it returns, the change is committed and on disk; when it throws, nothing of it remains.
    ///
    /// - Throws: what `body` throws; `unavailable` when the database is out of reach. Only if that happens during the commit itself the
    ///   change may have been made, and the message says so.
    @discardableResult
    package func write<Answer: Sendable>(_ body: @Sendable @escaping (Transaction) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            combiner.add(body) { continuation.resume(with: $0) }
        }
    }

    package func close() throws {
        combiner.finish()
        try engine.close()
    }

    /// Whether a PostgreSQL database can be reached and serves Tern; changes nothing, blocks.
    ///
    /// - Throws: why it does not.
    package static func check(_ url: String) throws { _ = try PostgresConnector(url: url).session() }

    /// Runs one statement on a PostgreSQL database that need not be Tern's, such as `CREATE SCHEMA`; blocks.
    package static func administer(_ statement: String, at url: String) throws {
        let session = try PostgresConnector(url: url).session()
        session.begin(.write)
        try session.define(statement)
        try session.commit()
    }
}
