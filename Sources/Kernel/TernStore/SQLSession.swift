import TernKernel

/// What one open connection does, on one of the two databases. Only one thread at a time may use it.
protocol SQLSession: AnyObject {
    func rows(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow]
    /// Answers how many rows changed.
    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int
    /// One statement for many sets of values; answers how many rows changed together.
    func execute(_ sql: String, each sets: [[SQLValue]]) throws -> Int
    /// A statement of a migration, in the types of the common subset.
    func define(_ statement: String) throws
    /// Runs `body`; when it throws, nothing of what it changed remains and what was changed before does.
    func savepoint(_ body: () throws -> Void) throws
    /// The steps of a query's plan, in SQLite's words: `SCAN table`, `SEARCH table USING INDEX …`, `USE TEMP B-TREE FOR ORDER BY`.
    func plan(_ sql: String, _ arguments: [SQLValue]) throws -> [String]
    /// Why the transaction under way can no longer be committed: the connection is gone, or the database has rolled back by itself.
    var lost: TernError? { get }
}
