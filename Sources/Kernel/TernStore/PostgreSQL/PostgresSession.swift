import CPostgres
import TernKernel

/// One connection to PostgreSQL, used by one thread at a time, always in libpq's pipeline mode: each exchange sends its messages together
/// and then reads all answers, so that it costs one round trip. Statements that only steer the transaction wait for the next exchange.
final class PostgresSession: SQLSession {
    enum Mode: String {
        case write = "BEGIN"
        case read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    private enum Message {
        case control(String)
        case prepare(PostgresStatement, name: String)
        case run(PostgresStatement, PostgresParameters)
    }

    /// So many executions go out before their answers are read.
    private static let pipelineLength = 500

    private let connection: OpaquePointer
    private var statements = PostgresStatements()
    private var queued: [String] = []
    /// How often anything was sent: tells whether a transaction or a savepoint has begun at the server.
    private var exchanges = 0
    private var beganAt: Int?
    private(set) var lost: TernError?
    /// Whether the connection broke after COMMIT was sent and before its answer came.
    private(set) var isOutcomeUnknown = false

    /// - Parameter connection: open and idle; closed with the session.
    init(_ connection: OpaquePointer) throws {
        self.connection = connection
        guard PQenterPipelineMode(connection) == 1 else { throw TernError(.internal, "libpq offers no pipeline mode") }
    }

    deinit { PQfinish(connection) }

    // MARK: Transactions

    /// - Parameter first: statements that run right after BEGIN.
    func begin(_ mode: Mode, first: [String] = []) {
        queued = [mode.rawValue] + first + statements.takeDropped().map { "DEALLOCATE \($0)" }
        beganAt = exchanges
    }

    /// Whether the server has seen this transaction.
    private var hasBegun: Bool { beganAt.map { $0 < exchanges } ?? false }

    /// - Parameter last: statements that run right before COMMIT.
    func commit(last: [String] = []) throws {
        defer { beganAt = nil }
        guard hasBegun else { return queued = [] }
        queued += last
        var outcome = ""
        do {
            try exchange([.control("COMMIT")]) { _, result in outcome = PQcmdStatus(result).map { String(cString: $0) } ?? "" }
        } catch {
            isOutcomeUnknown = lost != nil
            throw error
        }
        guard outcome == "COMMIT" else {
            throw TernError(.internal, "the transaction was rolled back: one of its statements had failed and its error was ignored")
        }
    }

    func rollback() {
        defer { beganAt = nil }
        queued = []
        if hasBegun, lost == nil { try? exchange([.control("ROLLBACK")]) { _, _ in } }
    }

    func savepoint(_ body: () throws -> Void) throws {
        let waiting = queued.count
        let start = exchanges
        queued.append("SAVEPOINT tern")
        do {
            try body()
            guard PQtransactionStatus(connection) != PQTRANS_INERROR else {
                throw TernError(.internal, "a statement had failed and its error was ignored")
            }
        } catch {
            if exchanges == start {
                queued.removeSubrange(waiting...)
            } else {
                queued = ["ROLLBACK TO SAVEPOINT tern", "RELEASE SAVEPOINT tern"]
            }
            throw error
        }
        if exchanges == start { queued.removeSubrange(waiting...) } else { queued.append("RELEASE SAVEPOINT tern") }
    }

    // MARK: Statements

    func rows(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try run(sql, [arguments], isRepeated: false) { rows = try PostgresResult.rows($0) }
        return rows
    }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        var changed = 0
        try run(sql, [arguments], isRepeated: false) { changed = PostgresResult.changed($0) }
        return changed
    }

    func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int {
        var changed = 0
        for start in stride(from: 0, to: sets.count, by: PostgresSession.pipelineLength) {
            let end = min(start + PostgresSession.pipelineLength, sets.count)
            try run(sql, sets[start..<end], isRepeated: true) { changed += PostgresResult.changed($0) }
        }
        return changed
    }

    func define(_ statement: String) throws { try exchange([.control(PostgresDialect.definition(statement))]) { _, _ in } }

    /// Sends an execution for each set of values. A statement is prepared when it comes again: one that comes once costs no second trip.
    private func run(
        _ sql: String, _ sets: some Collection<[SQLValue]>, isRepeated: Bool, receive: (OpaquePointer) throws -> Void
    ) throws {
        var messages: [Message] = []
        for values in sets {
            let parameters = PostgresParameters(values)
            let statement = statements.find(sql, types: parameters.types)
            statement.uses += 1
            if statement.name == nil, statement.uses > 1 || (isRepeated && sets.count > 1) {
                let name = statements.newName()
                statement.name = name
                messages.append(.prepare(statement, name: name))
            }
            messages.append(.run(statement, parameters))
        }
        try exchange(messages) { message, result in
            if case .run = message { try receive(result) }
        }
    }

    // MARK: The wire

    private func exchange(_ new: [Message], _ receive: (Message, OpaquePointer) throws -> Void) throws {
        if let lost { throw lost }
        let messages = queued.map(Message.control) + new
        queued = []
        exchanges += 1
        for message in messages where !send(message) { throw lose(PQerrorMessage(connection)) }
        guard PQpipelineSync(connection) == 1 else { throw lose(PQerrorMessage(connection)) }
        var failure: (any Error)?
        var index = 0
        while true {
            guard let result = PQgetResult(connection) else {
                // The end of one message's answers.
                index += 1
                if index > messages.count || PQstatus(connection) == CONNECTION_BAD { throw lose(PQerrorMessage(connection)) }
                continue
            }
            defer { PQclear(result) }
            let message = index < messages.count ? messages[index] : nil
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                if let failure { throw failure }
                return
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                guard failure == nil, let message else { continue }
                do { try receive(message, result) } catch { failure = error }
            default:
                if case .prepare(let statement, _) = message { statement.name = nil }
                // What follows a failed message is skipped by the server, and says so without a reason.
                if failure == nil, PQresultStatus(result) != PGRES_PIPELINE_ABORTED {
                    failure = describe(PostgresFailure(result: result), message)
                }
            }
        }
    }

    private func send(_ message: Message) -> Bool {
        switch message {
        case .control(let sql): return PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 1) == 1
        case .prepare(let statement, let name):
            return PQsendPrepare(connection, name, statement.sql, Int32(clamping: statement.types.count), statement.types) == 1
        case .run(let statement, let parameters):
            return parameters.withPointers { count, types, values, lengths, formats in
                if let name = statement.name { return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1 }
                return PQsendQueryParams(connection, statement.sql, count, types, values, lengths, formats, 1) == 1
            }
        }
    }

    private func describe(_ failure: PostgresFailure, _ message: Message?) -> TernError {
        let sql =
            switch message {
            case .control(let sql): sql
            case .prepare(let statement, _), .run(let statement, _): statement.sql
            case nil: ""
            }
        let error = failure.error(sql: sql)
        if failure.endsConnection || failure.wantsFreshConnection { lost = error }
        return error
    }

    private func lose(_ reason: UnsafeMutablePointer<CChar>?) -> TernError {
        if let lost { return lost }
        let error = PostgresFailure.unreachable(reason.map { PostgresFailure.firstLine($0) } ?? "the connection broke")
        lost = error
        return error
    }
}

extension PostgresSession {
    /// The planner may pick whatever is cheapest for a table of three rows; to learn what an index would do for a large one,
    /// reading whole tables and sorting are made expensive first.
    func plan(_ sql: String, _ arguments: [SQLValue]) throws -> [String] {
        for setting in ["enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_material"] {
            try define("SET LOCAL \(setting) = off")
        }
        let lines = try rows("EXPLAIN (COSTS OFF) " + sql, arguments).compactMap { $0.optionalText("QUERY PLAN") }
        return lines.enumerated().compactMap { index, line in
            let step = line.drop { $0 == " " || $0 == "-" || $0 == ">" }
            let details = lines.dropFirst(index + 1).prefix { !$0.contains("->") }
            let table = step.firstRange(of: " on ").map { step[$0.upperBound...] } ?? step
            if step.hasPrefix("Seq Scan") { return "SCAN \(table)" }
            if step.hasPrefix("Index Scan") || step.hasPrefix("Index Only Scan") {
                let isSearch = details.contains { $0.contains("Index Cond:") }
                let name = step.firstRange(of: "using ").map { step[$0.upperBound...].prefix { $0 != " " } } ?? ""
                return "\(isSearch ? "SEARCH" : "SCAN") \(table) USING INDEX \(name)"
            }
            if step.hasPrefix("Sort  ") || step == "Sort" || step == "Incremental Sort" { return "USE TEMP B-TREE FOR ORDER BY" }
            return nil
        }
    }
}
