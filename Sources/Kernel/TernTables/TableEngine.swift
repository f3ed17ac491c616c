import Foundation
import Synchronization
import TernKernel

/// DuckDB in this process, for files of tables. Nothing is loaded until the first use.
///
/// Queries run on threads of the engine's own, so a long one never holds up the server's; a cancelled task interrupts its query.
package final class TableEngine: Sendable {
    private let configuration: TableConfiguration
    private let library = Mutex<DuckLibrary?>(nil)
    private let lanes = QueryLanes(count: 4)

    package init(configuration: TableConfiguration = TableConfiguration()) { self.configuration = configuration }

    /// DuckDB's own version: `v1.5.5`.
    ///
    /// - Throws: `unavailable` when the library is absent.
    package func version() async throws -> String { try await lanes.run { try self.start().version } }

    /// Runs one statement; each `?` takes the next argument.
    ///
    /// - Throws: `invalid_argument` with DuckDB's words, `not_found` for a missing file, `cancelled`, `resource_exhausted`.
    package func query(_ sql: String, _ arguments: [TableValue] = []) async throws -> Table {
        try await withConnection { try $0.run(sql, arguments) }
    }

    /// Runs a closure with a connection of its own, off the cooperative threads.
    func withConnection<Answer: Sendable>(_ body: @Sendable @escaping (DuckConnection) throws -> Answer) async throws -> Answer {
        let running = RunningQuery()
        return try await withTaskCancellationHandler {
            try await lanes.run {
                let connection = try self.start().connect()
                guard running.begin(connection) else { throw TernError(.cancelled, "the query was cancelled") }
                defer { running.end() }
                return try body(connection)
            }
        } onCancel: {
            running.cancel()
        }
    }

    private func start() throws -> DuckLibrary {
        try library.withLock { library in
            if let library { return library }
            if let folder = configuration.temporaryFolder {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            let started = try DuckLibrary(configuration)
            library = started
            return started
        }
    }
}

/// Where a query stands, for the one who cancels it.
private final class RunningQuery: Sendable {
    private enum State: Sendable {
        case waiting
        case running(DuckConnection)
        case over
    }

    private let state = Mutex(State.waiting)

    /// False when it was cancelled before it began.
    func begin(_ connection: DuckConnection) -> Bool {
        state.withLock { state in
            guard case .waiting = state else { return false }
            state = .running(connection)
            return true
        }
    }

    func end() { state.withLock { $0 = .over } }

    /// Interrupts until it is over: an interrupt that comes just before a statement starts is forgotten by that start.
    func cancel() {
        let again = state.withLock { state in
            guard case .running(let connection) = state else {
                state = .over
                return false
            }
            connection.interrupt()
            return true
        }
        if again { DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { self.cancel() } }
    }
}

/// A few threads that may block; work goes to the one with the least to do.
private final class QueryLanes: Sendable {
    private let queues: [DispatchQueue]
    private let loads: Mutex<[Int]>

    init(count: Int) {
        queues = (0..<count).map { DispatchQueue(label: "tern.tables.\($0)") }
        loads = Mutex(Array(repeating: 0, count: count))
    }

    func run<Answer: Sendable>(_ body: @Sendable @escaping () throws -> Answer) async throws -> Answer {
        let lane = loads.withLock { loads in
            let lane = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            loads[lane] += 1
            return lane
        }
        defer { loads.withLock { $0[lane] -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queues[lane].async { continuation.resume(with: Result { try body() }) }
        }
    }
}
