import CPostgres

/// A statement with the types of its parameters.
final class PostgresStatement {
    /// With `$1`, `$2`, ….
    let sql: String
    let types: [Oid]
    /// Its name in the session, once it is prepared or on the way.
    var name: String?
    var uses = 0
    fileprivate var usedAt = 0

    init(sql: String, types: [Oid]) {
        self.sql = sql
        self.types = types
    }
}

/// The statements that a session knows, the least recently used of them forgotten.
struct PostgresStatements {
    static let limit = 256

    private struct Key: Hashable {
        var sql: String
        var types: [Oid]
    }

    private var known: [Key: PostgresStatement] = [:]
    private var clock = 0
    private var names = 0
    /// Names that the server may forget.
    private(set) var dropped: [String] = []

    mutating func find(_ sql: String, types: [Oid]) -> PostgresStatement {
        clock += 1
        let key = Key(sql: sql, types: types)
        if let statement = known[key] {
            statement.usedAt = clock
            return statement
        }
        if known.count >= PostgresStatements.limit { forgetOldest() }
        let statement = PostgresStatement(sql: PostgresDialect.numbered(sql), types: types)
        statement.usedAt = clock
        known[key] = statement
        return statement
    }

    mutating func newName() -> String {
        names += 1
        return "t\(names)"
    }

    mutating func takeDropped() -> [String] {
        defer { dropped = [] }
        return dropped
    }

    /// A quarter at once, so that the search for them is rare.
    private mutating func forgetOldest() {
        for (key, statement) in known.sorted(by: { $0.value.usedAt < $1.value.usedAt }).prefix(PostgresStatements.limit / 4) {
            known[key] = nil
            if let name = statement.name { dropped.append(name) }
        }
    }
}
