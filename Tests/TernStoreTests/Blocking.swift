import Dispatch
import Synchronization

/// Waiting on a thread that may block, as that of a read may.
enum Blocking {
    /// Whether the stream yields within ten seconds.
    static func first(of stream: AsyncStream<Void>) -> Bool {
        let done = DispatchSemaphore(value: 0)
        Task {
            for await _ in stream { break }
            done.signal()
        }
        return done.wait(timeout: .now() + 10) == .success
    }
}

/// Counts how often something was tried.
final class Attempts: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
