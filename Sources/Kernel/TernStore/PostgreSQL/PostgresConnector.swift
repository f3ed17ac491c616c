import CPostgres
import Synchronization
import TernKernel

/// Makes connections. While the database is down it asks at most twice a second, so that requests are refused at once instead of waiting.
final class PostgresConnector: Sendable {
    private let url: String
    private let refusal = Mutex<(error: TernError, until: ContinuousClock.Instant)?>(nil)

    /// In force where the URL says nothing else.
    private static let defaults = [
        "connect_timeout": "5", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "30000",
        "fallback_application_name": "tern",
    ]
    private static let oldest: Int32 = 130_000

    init(url: String) { self.url = url }

    func session() throws -> PostgresSession { try PostgresSession(try open()) }

    /// An open connection, which the caller ends.
    ///
    /// - Throws: `unavailable`, `invalid_argument` for a URL that libpq does not understand.
    func open() throws -> OpaquePointer {
        if let refusal = refusal.withLock({ $0 }), ContinuousClock.now < refusal.until { throw refusal.error }
        do {
            let connection = try connect()
            refusal.withLock { $0 = nil }
            return connection
        } catch let error as TernError {
            refusal.withLock { $0 = (error, .now + .milliseconds(500)) }
            throw error
        }
    }

    private func connect() throws -> OpaquePointer {
        // Later ones win: the URL over our defaults, and the encoding over the URL.
        let settings = PostgresConnector.defaults.map { ($0.key, $0.value) } + [("dbname", url), ("client_encoding", "UTF8")]
        let connection = withStrings(settings.map(\.0)) { names in
            withStrings(settings.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let connection else { throw TernError(.resourceExhausted, "no memory for a connection to the database") }
        do {
            guard PQstatus(connection) == CONNECTION_OK else {
                throw PostgresFailure.unreachable(PQerrorMessage(connection).map { PostgresFailure.firstLine($0) } ?? "")
            }
            PQsetNoticeProcessor(connection, { _, _ in }, nil)
            guard PQserverVersion(connection) >= PostgresConnector.oldest else {
                throw TernError(.unavailable, "this PostgreSQL is too old (\(PQserverVersion(connection) / 10_000))", hint: "use version 13 or newer")
            }
            let encoding = PQparameterStatus(connection, "server_encoding").map { String(cString: $0) } ?? ""
            guard encoding == "UTF8" else {
                throw TernError(
                    .unavailable, "the database's encoding is \(encoding)",
                    hint: "create one with: createdb --encoding UTF8 --template template0 NAME")
            }
            // An answer means committed and synced, whatever the server's default is.
            try run("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'", on: connection)
            try run("SET jit = off", on: connection)
            return connection
        } catch {
            PQfinish(connection)
            throw error
        }
    }

    private func run(_ sql: String, on connection: OpaquePointer) throws {
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return
        default: throw result.map { PostgresFailure(result: $0).error(sql: sql) } ?? PostgresFailure.unreachable("no answer")
        }
    }

    /// Lends texts as C strings, ended by a null pointer.
    private func withStrings<Answer>(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Answer) -> Answer {
        let bytes = texts.map { Array($0.utf8CString) }
        var pointers: [UnsafePointer<CChar>?] = []
        func lend(_ rest: ArraySlice<[CChar]>) -> Answer {
            guard let first = rest.first else { return (pointers + [nil]).withUnsafeBufferPointer { body($0.baseAddress) } }
            return first.withUnsafeBufferPointer { text in
                pointers.append(text.baseAddress)
                return lend(rest.dropFirst())
            }
        }
        return lend(bytes[...])
    }
}
