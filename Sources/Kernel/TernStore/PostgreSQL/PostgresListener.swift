import CPostgres
import Foundation
import Synchronization
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Hears, on a connection of its own, that another server appended to the ledger. With each new connection it announces once, since it
/// cannot know what it missed.
final class PostgresListener: Sendable {
    private let connector: PostgresConnector
    /// Tells this server's notifications from others'.
    private let identity = Identifier.random()
    private let state = Mutex(State())

    private struct State {
        var isStopped = false
        var listeners: [@Sendable () -> Void] = []
    }

    init(connector: PostgresConnector) { self.connector = connector }

    /// The statement that tells the others, when its transaction commits. Servers of another schema of the same database do not listen to it.
    var notification: String { "SELECT pg_notify(\(PostgresListener.channel), '\(identity)')" }

    private static let channel = "'tern_ledger_' || md5(COALESCE(current_schema(), ''))"

    /// The first starts the connection; before that nobody needs it.
    func add(_ announce: @Sendable @escaping () -> Void) {
        let isFirst = state.withLock { state in
            state.listeners.append(announce)
            return state.listeners.count == 1 && !state.isStopped
        }
        guard isFirst else { return }
        let thread = Thread { self.run() }
        thread.name = "tern.store.listener"
        thread.start()
    }

    func stop() { state.withLock { $0.isStopped = true } }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func announce() { for listener in state.withLock({ $0.listeners }) { listener() } }

    private func run() {
        while !isStopped {
            if let connection = try? connector.open() {
                if subscribe(connection) {
                    announce()
                    while !isStopped, let isNews = wait(connection) { if isNews { announce() } }
                }
                PQfinish(connection)
            }
            if !isStopped { Thread.sleep(forTimeInterval: 0.5) }
        }
    }

    private func subscribe(_ connection: OpaquePointer) -> Bool {
        // LISTEN takes a name, not an expression.
        let named = PQexec(connection, "SELECT \(PostgresListener.channel)")
        defer { PQclear(named) }
        guard PQresultStatus(named) == PGRES_TUPLES_OK, let name = PQgetvalue(named, 0, 0).map({ String(cString: $0) }) else { return false }
        let result = PQexec(connection, "LISTEN \(name)")
        defer { PQclear(result) }
        return PQresultStatus(result) == PGRES_COMMAND_OK
    }

    /// Waits up to a second. Answers whether another server has told anything, nil when the connection is gone.
    private func wait(_ connection: OpaquePointer) -> Bool? {
        var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        guard descriptor.fd >= 0, poll(&descriptor, 1, 1000) >= 0 || errno == EINTR else { return nil }
        guard PQconsumeInput(connection) == 1 else { return nil }
        var announced = false
        while let notification = PQnotifies(connection) {
            if notification.pointee.extra.map({ String(cString: $0) }) != identity { announced = true }
            PQfreemem(notification)
        }
        return announced
    }
}
