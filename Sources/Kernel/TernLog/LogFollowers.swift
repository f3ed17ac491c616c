import Synchronization

/// Tells whoever listens which endpoints have new records. Signals for the same endpoint that were not yet heard are one.
final class LogFollowers: Sendable {
    private final class Follower: Sendable {
        struct State {
            var pending: [String] = []
            var waiting: CheckedContinuation<String?, Never>?
            var ended = false
        }

        let state = Mutex(State())

        func tell(_ endpoint: String) {
            let waiting = state.withLock { state -> CheckedContinuation<String?, Never>? in
                if let waiting = state.waiting {
                    state.waiting = nil
                    return waiting
                }
                if !state.pending.contains(endpoint) { state.pending.append(endpoint) }
                return nil
            }
            waiting?.resume(returning: endpoint)
        }

        func next() async -> String? {
            await withCheckedContinuation { continuation in
                let answer: String?? = state.withLock { state in
                    if !state.pending.isEmpty { return .some(state.pending.removeFirst()) }
                    if state.ended { return .some(nil) }
                    state.waiting = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        }

        func end() {
            let waiting = state.withLock { state -> CheckedContinuation<String?, Never>? in
                state.ended = true
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: nil)
        }
    }

    private let followers = Mutex<[ObjectIdentifier: Follower]>([:])

    func tell(_ endpoint: String) {
        for follower in followers.withLock({ Array($0.values) }) { follower.tell(endpoint) }
    }

    func follow() -> AsyncStream<String> {
        let follower = Follower()
        followers.withLock { $0[ObjectIdentifier(follower)] = follower }
        return AsyncStream {
            await follower.next()
        } onCancel: { [weak self] in
            _ = self?.followers.withLock { $0.removeValue(forKey: ObjectIdentifier(follower)) }
            follower.end()
        }
    }

    func end() {
        let all = followers.withLock { followers in
            defer { followers = [:] }
            return Array(followers.values)
        }
        for follower in all { follower.end() }
    }
}
