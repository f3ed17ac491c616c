import Logging
import TernKernel

/// Moves every endpoint on: its monitors, then its release, then its policy, one endpoint at a time and never twice at once.
///
/// Each of the three is idempotent and durable, so a crash in between costs nothing but the time to do it again.
actor EndpointLoop {
    struct Work: Sendable {
        var endpoints: @Sendable () async throws -> [String]
        /// One pass over an endpoint; answers whether anything changed.
        var advance: @Sendable (_ endpoint: String) async throws -> Bool
        /// Whether something that the endpoint's policy started is still going on.
        var isBusy: @Sendable (_ endpoint: String) async throws -> Bool
        /// Waits until mirrored requests are answered and logged.
        var drain: @Sendable (_ endpoint: String) async -> Void
    }

    private let work: Work
    private let logger: Logger
    private var running: [String: Task<Bool, any Error>] = [:]

    init(work: Work, logger: Logger) {
        self.work = work
        self.logger = logger
    }

    /// Works until cancelled: after every signal, and once a second.
    func run(signals: AsyncStream<String>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "tern.loop.signals") {
                for await endpoint in signals { await self.attempt(endpoint) }
            }
            group.addTask(name: "tern.loop.tick") {
                while !Task.isCancelled {
                    for endpoint in (try? await self.work.endpoints()) ?? [] { await self.attempt(endpoint) }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// One pass; whoever asks while another is under way gets a pass of its own after it, so that it sees what has come since.
    func pass(_ endpoint: String) async throws -> Bool {
        while let current = running[endpoint] {
            _ = try? await current.value
            clear(current, of: endpoint)
        }
        let task = Task(name: "tern.loop.\(endpoint)") { try await work.advance(endpoint) }
        running[endpoint] = task
        defer { clear(task, of: endpoint) }
        return try await task.value
    }

    /// Whoever sees a pass ended clears it: to wait for an ended task does not suspend, so its owner might never get its turn.
    private func clear(_ task: Task<Bool, any Error>, of endpoint: String) {
        if running[endpoint] == task { running[endpoint] = nil }
    }

    /// Returns when nothing changes any more and what the policy started has ended.
    ///
    /// - Throws: `timeout`.
    func settle(_ endpoint: String, within limit: Period = .minutes(15)) async throws {
        let giveUp = ContinuousClock.now + limit.duration
        await work.drain(endpoint)
        while ContinuousClock.now < giveUp {
            let changed = try await pass(endpoint)
            let busy = try await work.isBusy(endpoint)
            if !changed, !busy { return }
            if busy { try await Task.sleep(for: .milliseconds(20)) }
        }
        throw TernError(.timeout, "endpoint \(endpoint) did not settle within \(limit)", hint: "tern runs shows what is still running")
    }

    private func attempt(_ endpoint: String) async {
        do {
            // Each pass may make room for the next (an alert, then the policy that answers it).
            while try await pass(endpoint) { if Task.isCancelled { return } }
        } catch is CancellationError {
        } catch {
            logger.error("endpoint \(endpoint): \(TernError.wrap(error))")
        }
    }
}
