import Logging
import Synchronization
import TernKernel
import TernStore

/// Work that only one of the servers on a database does at a time: whoever holds the lease of its name. A server that dies lets it run out,
/// one that stops gives it back. On a database that is not shared it is held from the start and for good.
package final class Lease: Sendable {
    private struct State {
        var isHeld = false
    }

    private let name: String
    private let database: Database
    private let clock: WallClock
    private let length: Period
    private let owner = Identifier.random()
    private let state = Mutex(State())
    private let logger = Logger(label: "tern.jobs")

    /// - Parameter length: after so much silence another server may take the lease; it is renewed three times as often.
    package init(_ name: String, database: Database, clock: WallClock = .system, length: Period = .seconds(15)) {
        self.name = name
        self.database = database
        self.clock = clock
        self.length = length
        if !database.isShared { state.withLock { $0.isHeld = true } }
    }

    /// Whether this server does the work at this moment.
    package var isHeld: Bool { state.withLock { $0.isHeld } }

    /// Runs `work` whenever the lease is this server's, and cancels it when it no longer is, until the task is cancelled.
    package func run(_ work: @Sendable @escaping () async -> Void) async {
        guard database.isShared else { return await work() }
        while !Task.isCancelled {
            if await take() {
                await hold(work)
            } else {
                try? await Task.sleep(for: length.duration / 6)
            }
        }
    }

    private func hold(_ work: @Sendable @escaping () async -> Void) async {
        state.withLock { $0.isHeld = true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "tern.lease.\(self.name)") { await work() }
            group.addTask(name: "tern.lease.\(self.name).renewal") { await self.keep() }
            // Whichever ends first ends the other.
            await group.next()
            group.cancelAll()
        }
        state.withLock { $0.isHeld = false }
        // Not cancelled with the task: the next server need not wait for the lease to run out.
        let database = database, name = name, owner = owner
        await Task { _ = try? await database.write { try LeaseStore.release(name, owner: owner, in: $0) } }.value
    }

    /// Renews until somebody else has the lease, or it must have run out unrenewed.
    private func keep() async {
        var renewedAt = ContinuousClock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: length.duration / 3)
            do {
                guard try await renew() else {
                    logger.warning("the lease '\(name)' went to another server")
                    return
                }
                renewedAt = .now
            } catch {
                if ContinuousClock.now - renewedAt > length.duration * 2 / 3 { return }
            }
        }
    }

    /// Takes the lease if it is free, for once; `run` keeps it.
    ///
    /// - Returns: whether it is this server's.
    package func take() async -> Bool {
        guard database.isShared else { return true }
        return (try? await renew()) ?? false
    }

    private func renew() async throws -> Bool {
        let until = clock.now() + length
        return try await database.write { [name, owner] in try LeaseStore.take(name, owner: owner, until: until, in: $0) }
    }
}
