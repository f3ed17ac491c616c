import Logging
import TernKernel
import TernStore

/// Brings what this server keeps in memory of the rows up to what another server on the same database has changed.
struct ChangesElsewhere: Sendable {
    let database: Database
    let logger: Logger
    /// By the kinds of ledger entries, as far as the first dot, that make each necessary.
    let reload: [String: @Sendable () async throws -> Void]

    /// Until cancelled. The first time everything is read again: the start of the server and that of the listener lie apart.
    func run() async {
        var last: Int64?
        for await _ in database.changesElsewhere.follow() {
            while !Task.isCancelled {
                do {
                    last = try await bringUp(from: last)
                    break
                } catch {
                    // The database is away; what was announced is still to be read.
                    logger.warning("could not read what another server changed: \(TernError.wrap(error).message)")
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }

    private func bringUp(from last: Int64?) async throws -> Int64 {
        let ledger = LedgerStore(database)
        guard let last else {
            let newest = try await ledger.entries(LedgerFilter(newestFirst: true, limit: 1)).first?.sequence ?? 0
            for each in reload.values { try await each() }
            return newest
        }
        var position = last
        var kinds: Set<String> = []
        while true {
            let entries = try await ledger.entries(LedgerFilter(after: position, limit: 1000))
            for entry in entries {
                position = entry.sequence
                kinds.insert(String(entry.kind.prefix { $0 != "." }))
            }
            if entries.count < 1000 { break }
        }
        for kind in kinds { try await reload[kind]?() }
        return position
    }
}
