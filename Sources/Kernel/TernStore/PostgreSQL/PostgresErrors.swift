import CPostgres
import TernKernel

/// What PostgreSQL said no with.
struct PostgresFailure {
    /// Five characters, of which the first two are the class: appendix A of its manual.
    var state: String
    var message: String
    var detail: String
    var table: String

    init(result: OpaquePointer) {
        func field(_ letter: Character) -> String {
            letter.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) } ?? ""
        }
        state = field("C")
        message = field("M")
        detail = field("D")
        table = field("t")
        if message.isEmpty { message = PQresultErrorMessage(result).map { PostgresFailure.firstLine($0) } ?? "" }
    }

    /// Whether the connection ended, or is about to. An error without a state is libpq's own: the server no longer speaks.
    var endsConnection: Bool { state.isEmpty || state.hasPrefix("08") || ["57P01", "57P02", "57P03", "25P03"].contains(state) }

    /// Whether the same on a fresh connection may succeed: somebody changed the schema under a prepared statement, or two transactions
    /// stood in each other's way.
    var wantsFreshConnection: Bool {
        state == "40001" || state == "40P01" || state == "26000" || (state == "0A000" && message.contains("cached plan"))
    }

    func error(sql: String) -> TernError {
        switch state {
        case "23505":
            // In SQLite's words, which name the columns and not the index.
            let columns = detail.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }.split(separator: ",").map { $0.drop(while: \.isWhitespace) }
            let named = columns.map { "\(table).\($0)" }.joined(separator: ", ")
            return TernError(.alreadyExists, "already exists: UNIQUE constraint failed: \(named)")
        case "53100":
            return TernError(
                .resourceExhausted, "the disk is full: the change was not made", hint: "free space on PostgreSQL's disk, then repeat the request")
        case "53200", "53300", "53400":
            return TernError(.resourceExhausted, "PostgreSQL has no room: \(message)", hint: "raise its limit (max_connections, memory), or wait")
        case "54000": return .invalid("a value is too long for the database: \(message)")
        case "25006":
            return TernError(
                .unavailable, "this PostgreSQL server takes no writes (a standby?)",
                hint: "point TERN_DATABASE at the primary: target_session_attrs=read-write")
        case "42501":
            return TernError(.notAllowed, "database: \(message)", hint: "Tern's user must own its schema: GRANT ALL ON SCHEMA … TO …")
        case "3F000":
            return TernError(
                .unavailable, "database: \(message)", hint: "the schema in the URL's search_path must exist: CREATE SCHEMA …")
        case "57014": return TernError(.timeout, "database: \(message)")
        default:
            if endsConnection { return PostgresFailure.unreachable(message) }
            return TernError(.internal, "database: \(message) (\(state)) in: \(sql.prefix(200))")
        }
    }

    static func unreachable(_ reason: String) -> TernError {
        TernError(
            .unavailable, "the database cannot be reached: \(reason)",
            hint: "Tern goes on as soon as PostgreSQL answers again: repeat the request then, or look at PostgreSQL's log")
    }

    static func firstLine(_ text: UnsafePointer<CChar>) -> String {
        String(cString: text).split(whereSeparator: \.isNewline).first.map(String.init) ?? "no reason given"
    }
}
