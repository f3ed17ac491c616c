import Synchronization

/// Work that nobody waits for, done one piece after the other. What does not fit is refused, never waited for.
final class ShadowQueue: Sendable {
    typealias Job = @Sendable () async -> Void

    private struct State {
        var jobs: [Job] = []
        var isRunning = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// - Returns: whether it is taken.
    func add(_ job: @escaping Job) -> Bool {
        let (taken, starts) = state.withLock { state in
            guard state.jobs.count < capacity else { return (false, false) }
            state.jobs.append(job)
            let starts = !state.isRunning
            state.isRunning = true
            return (true, starts)
        }
        if starts { Task(priority: .utility) { await self.work() } }
        return taken
    }

    /// Returns when the queue is empty and its last piece is done.
    func drain() async {
        await withCheckedContinuation { continuation in
            let idle = state.withLock { state in
                if state.isRunning { state.waiting.append(continuation) }
                return !state.isRunning
            }
            if idle { continuation.resume() }
        }
    }

    private func work() async {
        while true {
            let (job, waiting) = state.withLock { state -> (Job?, [CheckedContinuation<Void, Never>]) in
                if !state.jobs.isEmpty { return (state.jobs.removeFirst(), []) }
                state.isRunning = false
                defer { state.waiting = [] }
                return (nil, state.waiting)
            }
            guard let job else {
                for continuation in waiting { continuation.resume() }
                return
            }
            await job()
        }
    }
}
