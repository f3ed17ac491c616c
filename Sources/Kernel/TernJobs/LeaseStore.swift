import TernKernel
import TernStore

/// The table of leases: what only one of the servers on a database may do at a time, and who does it.
enum LeaseStore {
    /// Takes a lease that is free or has run out, or renews one's own.
    ///
    /// - Returns: whether it is `owner`'s now.
    static func take(_ name: String, owner: String, until: Timestamp, in transaction: Transaction) throws -> Bool {
        let held = try transaction.row("SELECT owner, held_until FROM leases WHERE name = ?", [.text(name)])
        if let held, try held.text("owner") != owner, try held.time("held_until") > transaction.now { return false }
        try transaction.execute(
            """
            INSERT INTO leases (name, owner, held_until) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
            """, [.text(name), .text(owner), SQLValue(until)])
        return true
    }

    static func release(_ name: String, owner: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM leases WHERE name = ? AND owner = ?", [.text(name), .text(owner)])
    }
}
