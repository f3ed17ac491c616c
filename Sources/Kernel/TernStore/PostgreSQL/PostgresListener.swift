import CPostgres
import Foundation
import Synchronization
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Hears, on a connection of its own, that another server appended to the ledger. After a broken connection it announces once, since it
/// cannot know what it missed.
final class PostgresListener: Sendable {
    private let connector: PostgresConnector
    /// Tells this server's notifications from others'.
    private let identity = Identifier.random()
    private let isStopped = Mutex(false)

    init(connector: PostgresConnector) { self.connector = connector }

    /// The statement that tells the others, when its transaction commits. Servers of another schema of the same database do not listen to it.
    var notification: String { "SELECT pg_notify(\(PostgresListener.channel), '\(identity)')" }

    private static let channel = "'tern_ledger_' || md5(COALESCE(current_schema(), ''))"

    func start(_ changes: LedgerChanges) {
        let thread = Thread { [weak changes] in
            var wasConnected = false
            while !self.stopped {
                guard let connection = try? self.connector.open() else {
                    Thread.sleep(forTimeInterval: 1)
                    continue
                }
                defer { PQfinish(connection) }
                guard self.subscribe(connection) else { continue }
                if wasConnected || changes == nil { changes?.announce() }
                wasConnected = true
                while !self.stopped, let announced = self.wait(connection) {
                    guard let changes else { return }
                    if announced { changes.announce() }
                }
            }
        }
        thread.name = "tern.store.listener"
        thread.start()
    }

    func stop() { isStopped.withLock { $0 = true } }

    private var stopped: Bool { isStopped.withLock { $0 } }

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
