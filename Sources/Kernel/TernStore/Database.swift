import Dispatch
import Foundation
import GRDB
import Synchronization
import TernKernel

/// The server's SQL database.
///
/// Writes that wait are combined into one transaction, each in a savepoint of its own, and every one of them is answered only when
/// that transaction is committed and synced: throughput comes from combining, never from answering early.
package final class Database: Sendable {
    private let pool: DatabasePool
    private let clock: WallClock
    private let combiner: WriteCombiner

    /// Told after every commit that appended to the ledger.
    package let ledgerChanges = LedgerChanges()

    /// Opens (or makes) the database file and brings its schema up to date.
    ///
    /// - Throws: `conflict` when the file was written by a newer Tern.
    package init(path: String, migrations: [Migration], clock: WallClock = .system) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA cache_size = -4096")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw TernError(error, sql: nil)
        }
        self.clock = clock
        combiner = WriteCombiner(pool: pool, clock: clock, changes: ledgerChanges)
        try pool.writeWithoutTransaction { database in
            try Migration.run(LedgerStore.migrations + migrations, on: Connection(database: database), now: clock.now())
        }
    }

    /// Reads a consistent snapshot, beside writers.
    package func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        do {
            return try await pool.read { try body(Connection(database: $0)) }
        } catch let error as DatabaseError {
            throw TernError(error, sql: nil)
        }
    }

    /// Changes the database. When it returns, the change is committed and on disk; when it throws, nothing of it remains.
    @discardableResult
    package func write<Answer: Sendable>(_ body: @Sendable @escaping (Transaction) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            combiner.add(body) { continuation.resume(with: $0) }
        }
    }

    package func close() throws { try pool.close() }
}

/// Collects the writes that wait and runs them together.
private final class WriteCombiner: Sendable {
    /// `run` makes the change inside the transaction and keeps its answer; `finish` gives the answer after the commit, or `error` if that failed.
    struct Pending: Sendable {
        let run: @Sendable (Transaction) throws -> Void
        let finish: @Sendable (_ error: (any Error)?) -> Void
    }

    private let pool: DatabasePool
    private let clock: WallClock
    private let changes: LedgerChanges
    private let queue = DispatchQueue(label: "tern.store.writer")
    private let waiting = Mutex<[Pending]>([])
    /// Whether somebody is writing.
    private let busy = Atomic(false)

    init(pool: DatabasePool, clock: WallClock, changes: LedgerChanges) {
        self.pool = pool
        self.clock = clock
        self.changes = changes
    }

    func add<Answer: Sendable>(
        _ body: @Sendable @escaping (Transaction) throws -> Answer, finish: @Sendable @escaping (Result<Answer, any Error>) -> Void
    ) {
        let box = Box<Result<Answer, any Error>>()
        let pending = Pending(
            run: { transaction in
                do {
                    let value = try body(transaction)
                    box.set(.success(value))
                } catch {
                    box.set(.failure(error))
                    throw error
                }
            },
            finish: { error in
                if let error, case .success? = box.get() {
                    finish(.failure(error))
                } else {
                    finish(box.get() ?? .failure(error ?? TernError(.internal, "the write was not run")))
                }
            })
        let first = waiting.withLock { waiting in
            waiting.append(pending)
            return waiting.count == 1
        }
        guard first else { return }
        // Only the first to arrive sees to it that all are written. When nobody is writing it does so itself, on its own thread: waking another
        // one and being woken by it again costs more than the write. It never waits for a writer, and never writes twice in a row.
        if busy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged {
            queue.sync { self.drain() }
            busy.store(false, ordering: .releasing)
        } else {
            queue.async {
                self.busy.store(true, ordering: .releasing)
                self.drain()
                self.busy.store(false, ordering: .releasing)
            }
        }
    }

    private func drain() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !batch.isEmpty else { return }
        var failure: (any Error)?
        var appended = false
        do {
            appended = try pool.writeWithoutTransaction { database in try self.commit(batch, on: database) }
        } catch let error as DatabaseError {
            failure = TernError(error, sql: nil)
        } catch {
            failure = error
        }
        for pending in batch { pending.finish(failure) }
        if appended, failure == nil { changes.announce() }
    }

    /// Answers whether the ledger grew.
    private func commit(_ batch: [Pending], on database: GRDB.Database) throws -> Bool {
        let connection = Connection(database: database)
        var before: Int64 = 0
        var after: Int64 = 0
        try database.inTransaction(.immediate) {
            before = try LedgerStore.lastSequence(connection)
            for pending in batch {
                // A refused write leaves nothing behind and does not disturb its neighbours.
                do {
                    try database.inSavepoint {
                        try pending.run(Transaction(connection: connection, now: clock.now()))
                        return .commit
                    }
                } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL || error.resultCode == .SQLITE_IOERR {
                    throw error
                } catch {}
            }
            after = try LedgerStore.lastSequence(connection)
            return .commit
        }
        return after != before
    }
}

/// A mutex that closures can share.
private final class Box<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    func get() -> Value? { value.withLock { $0 } }
}
