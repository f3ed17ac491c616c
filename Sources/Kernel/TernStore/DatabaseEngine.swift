/// One of the two databases behind `Database`.
protocol DatabaseEngine: Sendable {
    /// Whether a write touches only this machine's disk: then a caller may wait for it on its own thread.
    var isLocal: Bool { get }

    /// Reads a consistent snapshot, off the caller's thread.
    func read<Answer: Sendable>(_ body: @Sendable @escaping (Connection) throws -> Answer) async throws -> Answer

    /// Runs one transaction, of which there is one at a time in all servers of this database; committed and synced when it returns.
    /// Blocks the thread. `body` answers whether the ledger grew, and may run again when the connection broke before the commit.
    func write(_ body: (Connection) throws -> Bool) throws -> Bool

    /// Calls, from now on, when another server appended to the ledger.
    func listen(_ announce: @Sendable @escaping () -> Void)

    func close() throws
}
