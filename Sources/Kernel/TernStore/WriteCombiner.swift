import Dispatch
import Synchronization
import TernKernel

/// Collects the writes that wait and runs them together.
final class WriteCombiner: Sendable {
    /// `run` makes the change inside the transaction and keeps its answer; `refuse` makes that answer an error;
    /// `finish` gives the answer after the commit, or `error` if that failed.
    private struct Pending: Sendable {
        let run: @Sendable (Transaction) throws -> Void
        let finish: @Sendable (_ error: (any Error)?) -> Void
        let refuse: @Sendable (_ error: any Error) -> Void
    }

    private let engine: any DatabaseEngine
    private let clock: WallClock
    private let changes: LedgerChanges
    private let queue = DispatchQueue(label: "tern.store.writer")
    private let waiting = Mutex<[Pending]>([])
    /// Whether somebody is writing.
    private let busy = Atomic(false)

    init(engine: any DatabaseEngine, clock: WallClock, changes: LedgerChanges) {
        self.engine = engine
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
            },
            refuse: { error in box.set(.failure(error)) })
        let first = waiting.withLock { waiting in
            waiting.append(pending)
            return waiting.count == 1
        }
        // Only the first to arrive sees to it that all are written.
        guard first else { return }
        // When nobody is writing to a local file it does so itself, on its own thread: waking another one and being woken by it again costs more
        // than the write. It never waits for a writer, and never writes twice in a row.
        if engine.isLocal, busy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged {
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

    /// Returns when the writes that were added before it are answered.
    func finish() { queue.sync {} }

    private func drain() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !batch.isEmpty else { return }
        var failure: (any Error)?
        var appended = false
        do {
            appended = try engine.write { connection in try self.run(batch, on: connection) }
        } catch {
            failure = error
        }
        for pending in batch { pending.finish(failure) }
        if appended { changes.announce() }
    }

    /// Answers whether the ledger grew.
    private func run(_ batch: [Pending], on connection: Connection) throws -> Bool {
        let ledger = LedgerTail()
        if batch.count == 1, let only = batch.first {
            // Alone it needs no savepoint: when it fails, the whole transaction is rolled back.
            try only.run(Transaction(connection: connection, now: clock.now(), ledger: ledger))
            return ledger.grew
        }
        for pending in batch {
            let before = ledger.state
            // A refused write leaves nothing behind and does not disturb its neighbours.
            do {
                try connection.session.savepoint {
                    try pending.run(Transaction(connection: connection, now: clock.now(), ledger: ledger))
                }
            } catch {
                ledger.state = before
                if let lost = connection.session.lost { throw lost }
                // The change was made and taken back by the savepoint itself: its caller must hear of that, too.
                pending.refuse(error)
            }
        }
        return ledger.grew
    }
}

/// A mutex that closures can share.
private final class Box<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    func get() -> Value? { value.withLock { $0 } }
}
