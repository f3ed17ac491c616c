import TernKernel

/// A write in progress: a connection, and the ledger that grows in the same transaction.
package struct Transaction {
    package let connection: Connection
    package let now: Timestamp
    let ledger: LedgerTail

    package func rows(_ sql: String, _ arguments: [SQLValue] = []) throws -> [SQLRow] { try connection.rows(sql, arguments) }
    package func row(_ sql: String, _ arguments: [SQLValue] = []) throws -> SQLRow? { try connection.row(sql, arguments) }

    @discardableResult
    package func execute(_ sql: String, _ arguments: [SQLValue] = []) throws -> Int { try connection.execute(sql, arguments) }

    @discardableResult
    package func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int { try connection.execute(sql, each: sets) }

    /// Appends to the ledger. It becomes visible, and durable, together with the change it tells of.
    @discardableResult
    package func record(_ event: LedgerEvent) throws -> Int64 {
        try LedgerStore.append(event, at: now, to: connection, after: ledger)
    }
}

/// The end of the ledger as the transaction under way has it: read once, then known, since nobody else writes meanwhile.
final class LedgerTail {
    struct State {
        var last: (sequence: Int64, hash: String)?
        var grew = false
    }

    var state = State()

    var grew: Bool { state.grew }
}
