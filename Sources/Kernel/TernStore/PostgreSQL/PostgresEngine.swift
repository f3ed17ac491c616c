import Dispatch
import Synchronization
import TernKernel

/// A PostgreSQL database: one connection that writes, up to four that read, and one that listens.
final class PostgresEngine: DatabaseEngine {
    let isLocal = false
    private let writer: PostgresWriter
    private let readers: PostgresReaders
    private let listener: PostgresListener

    init(url: String) throws {
        let connector = PostgresConnector(url: url)
        listener = PostgresListener(connector: connector)
        readers = PostgresReaders(connector: connector)
        writer = try PostgresWriter(connector: connector, notification: listener.notification)
    }

    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            readers.submit { reader in reader.read(body) { continuation.resume(with: $0) } }
        }
    }

    func write(_ body: (Connection) throws -> Bool) throws -> Bool { try writer.write(body) }

    func listen(_ announce: @Sendable @escaping () -> Void) { listener.add(announce) }

    func close() throws {
        listener.stop()
        readers.close()
        writer.close()
    }
}

/// The connection that writes. The combiner runs one transaction after another on one queue.
final class PostgresWriter: @unchecked Sendable {  // used on the combiner's queue alone
    private let connector: PostgresConnector
    /// Tells the other servers that the ledger grew.
    private let notification: String
    private var session: PostgresSession?
    private var isClosed = false

    /// One writer at a time in all servers that share a schema, as on SQLite. The first number says `TERN`.
    private static let lock = "SELECT pg_advisory_xact_lock(1413829198, hashtext(COALESCE(current_schema(), '')))"

    init(connector: PostgresConnector, notification: String) throws {
        self.connector = connector
        self.notification = notification
        session = try connector.session()
    }

    func write(_ body: (Connection) throws -> Bool) throws -> Bool {
        do {
            return try attempt(body)
        } catch {
            // A connection that broke before the commit has changed nothing: once more, on a fresh one.
            guard let broken = session, broken.lost != nil else { throw error }
            session = nil
            guard !broken.isOutcomeUnknown else {
                throw TernError(
                    .unavailable, "the connection to the database broke while the change was being committed: it may have been made, or not",
                    hint: "look whether it was made before repeating the request", cause: error)
            }
            defer { if session?.lost != nil { session = nil } }
            return try attempt(body)
        }
    }

    private func attempt(_ body: (Connection) throws -> Bool) throws -> Bool {
        guard !isClosed else { throw TernError(.unavailable, "the database is closed") }
        let session = try session ?? connector.session()
        self.session = session
        session.begin(.write, first: [PostgresWriter.lock])
        do {
            let grew = try body(Connection(session: session))
            try session.commit(last: grew ? [notification] : [])
            return grew
        } catch {
            session.rollback()
            throw session.lost ?? error
        }
    }

    func close() {
        isClosed = true
        session = nil
    }
}

/// The connections that read, and the reads that wait for one.
final class PostgresReaders: Sendable {
    static let limit = 4

    typealias Job = @Sendable (PostgresReader) -> Void

    private struct State {
        var made = 0
        var free: [PostgresReader] = []
        var waiting: [Job] = []
    }

    private let connector: PostgresConnector
    private let state = Mutex(State())

    init(connector: PostgresConnector) { self.connector = connector }

    func submit(_ job: @escaping Job) {
        let reader: PostgresReader? = state.withLock { state in
            if let free = state.free.popLast() { return free }
            if state.made < PostgresReaders.limit {
                state.made += 1
                return PostgresReader(connector: connector)
            }
            state.waiting.append(job)
            return nil
        }
        if let reader { start(job, on: reader) }
    }

    private func start(_ job: @escaping Job, on reader: PostgresReader) {
        reader.queue.async {
            job(reader)
            let next: Job? = self.state.withLock { state in
                if state.waiting.isEmpty {
                    state.free.append(reader)
                    return nil
                }
                return state.waiting.removeFirst()
            }
            if let next { self.start(next, on: reader) }
        }
    }

    func close() {
        for reader in state.withLock({ $0.free }) { reader.queue.sync { reader.close() } }
    }
}

/// One connection that reads. Everything but `queue` is used on that queue alone.
final class PostgresReader: @unchecked Sendable {  // used on its own queue alone
    let queue = DispatchQueue(label: "tern.store.reader")
    private let connector: PostgresConnector
    private var session: PostgresSession?

    init(connector: PostgresConnector) { self.connector = connector }

    /// Answers before the transaction is ended: that need not keep anybody waiting.
    func read<Answer>(_ body: (Connection) throws -> Answer, answer: (Result<Answer, any Error>) -> Void) {
        var result = attempt(body)
        // An idle connection may have died unnoticed; reading twice does no harm.
        if session?.lost != nil {
            session = nil
            result = attempt(body)
        }
        answer(result)
        guard let session else { return }
        session.rollback()
        if session.lost != nil { self.session = nil }
    }

    private func attempt<Answer>(_ body: (Connection) throws -> Answer) -> Result<Answer, any Error> {
        do {
            let session = try session ?? connector.session()
            self.session = session
            session.begin(.read)
            let answer = Result { try body(Connection(session: session)) }
            // An error that was swallowed does not make half a snapshot whole.
            if let lost = session.lost { return .failure(lost) }
            return answer
        } catch {
            return .failure(error)
        }
    }

    func close() { session = nil }
}
