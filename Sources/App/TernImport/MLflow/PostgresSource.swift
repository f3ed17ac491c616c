import CPostgres
import Dispatch
import Foundation
import TernKernel
import TernStore

/// A PostgreSQL database of somebody else's: one connection that may only read.
///
/// TernStore's own sessions write, migrate and listen; this one does none of that, so it stands beside them on libpq.
package final class PostgresSource: SourceDatabase {
    /// Without user and password, the same each time.
    package let name: String
    private let session: Session
    private let queue = DispatchQueue(label: "tern.import.postgres")

    /// A connection that only `queue` touches.
    private final class Session: @unchecked Sendable {  // used on one serial queue
        let connection: OpaquePointer

        init(_ connection: OpaquePointer) { self.connection = connection }
        deinit { PQfinish(connection) }
    }

    /// - Throws: `unavailable` with libpq's words.
    package init(url: String) throws {
        guard var parts = URLComponents(string: url) else {
            throw TernError.invalid("that is not a database's URL", hint: "such as postgresql://user@host:5432/mlflow")
        }
        (parts.user, parts.password, parts.query) = (nil, nil, nil)
        name = parts.string ?? "postgresql"
        guard let connection = PQconnectdb(url) else { throw TernError(.resourceExhausted, "no memory for a connection") }
        session = Session(connection)
        guard PQstatus(connection) == CONNECTION_OK else {
            throw TernError(.unavailable, "\(name) does not answer: \(PostgresSource.text(PQerrorMessage(connection)))")
        }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        _ = try PostgresSource.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", [], on: session, name)
        _ = try PostgresSource.run("SET client_encoding = 'UTF8'", [], on: session, name)
    }

    package func rows(_ sql: String, _ arguments: [SQLValue]) async throws -> [SourceRow] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [session, name] in
                continuation.resume(with: Result { try PostgresSource.run(PostgresSource.numbered(sql), arguments, on: session, name) })
            }
        }
    }

    package func tables() async throws -> Set<String> {
        Set(try await rows(MLflowStatements.postgresTables, []).compactMap { $0.text("name") })
    }

    /// `?` as `$1`, `$2`…; the statements have no `?` in a text.
    private static func numbered(_ sql: String) -> String {
        var number = 0
        return sql.reduce(into: "") { text, character in
            if character == "?" { number += 1 }
            text += character == "?" ? "$\(number)" : String(character)
        }
    }

    private static func run(_ sql: String, _ arguments: [SQLValue], on session: Session, _ name: String) throws -> [SourceRow] {
        let result = lend(arguments.map(written)) { values in
            PQexecParams(session.connection, sql, Int32(arguments.count), nil, values, nil, nil, 0)
        }
        guard let result else { throw TernError(.unavailable, "\(name): \(text(PQerrorMessage(session.connection)))") }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            let isLost = PQstatus(session.connection) != CONNECTION_OK
            throw TernError(isLost ? .unavailable : .dataLoss, "\(name): \(text(PQresultErrorMessage(result)))")
        }
        let columns = (0..<PQnfields(result)).map { (name: PQfname(result, $0).map { String(cString: $0) } ?? "", type: PQftype(result, $0)) }
        return (0..<PQntuples(result)).map { row in
            var values: [String: SQLValue] = [:]
            for (index, column) in columns.enumerated() where PQgetisnull(result, row, Int32(index)) == 0 {
                values[column.name] = value(PQgetvalue(result, row, Int32(index)).map { String(cString: $0) } ?? "", column.type)
            }
            return SourceRow(values)
        }
    }

    /// By PostgreSQL's type numbers (`pg_type.dat`): bool, the integers, the floats; the rest is text.
    private static func value(_ text: String, _ type: Oid) -> SQLValue {
        switch type {
        case 16: .int(text == "t" ? 1 : 0)
        case 20, 21, 23: Int64(text).map(SQLValue.int) ?? .text(text)
        case 700, 701: Double(text).map(SQLValue.double) ?? .text(text)
        default: .text(text)
        }
    }

    private static func written(_ value: SQLValue) -> String? {
        switch value {
        case .null, .blob: nil
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .text(let value): value
        }
    }

    /// Lends texts as C strings for the length of `body`.
    private static func lend<Answer>(_ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Answer) -> Answer {
        let copies = texts.map { $0.flatMap { strdup($0) } }
        defer { copies.forEach { free($0) } }
        return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    private static func text(_ message: UnsafePointer<CChar>?) -> String {
        (message.map { String(cString: $0) } ?? "no reason given").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
