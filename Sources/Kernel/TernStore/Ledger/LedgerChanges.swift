import Synchronization

/// Wakes whoever follows the ledger, after each commit that appended to it, by this server or another.
///
/// It carries no entries: a follower reads from its own last sequence number, so a missed wake-up loses nothing.
package final class LedgerChanges: Sendable {
    /// Called once, with the first follower: until then nobody needs to hear of other servers.
    private let listen: @Sendable (LedgerChanges) -> Void
    private let followers = Mutex<(next: Int, streams: [Int: AsyncStream<Void>.Continuation])>((0, [:]))

    init(listen: @Sendable @escaping (LedgerChanges) -> Void) { self.listen = listen }

    func announce() {
        for stream in followers.withLock({ Array($0.streams.values) }) { stream.yield() }
    }

    /// A stream that yields after changes; several changes may be one wake-up.
    package func follow() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = followers.withLock { followers in
            followers.next += 1
            followers.streams[followers.next] = continuation
            return followers.next
        }
        if key == 1 { listen(self) }
        continuation.onTermination = { [weak self] _ in
            self?.followers.withLock { followers in _ = followers.streams.removeValue(forKey: key) }
        }
        return stream
    }
}
