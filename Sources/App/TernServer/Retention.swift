import Hummingbird
import Logging
import TernJobs
import TernKernel
import TernWeb
import Tracking

/// Garbage collection: `POST gc` when somebody asks, and once a day by itself when the server has a retention.
struct Retention: Sendable {
    let collector: GarbageCollector
    let queue: JobQueue
    /// How long what was deleted can still be restored; nil collects only when asked.
    let period: Period?
    let clock: WallClock
    let logger: Logger

    private struct Asked: Decodable {
        var olderThan: Period?
        var runs: [String]?
        var experiments: [String]?
        var orphans: Bool?
        var dryRun: Bool?
    }

    func mount(on router: TernRouterGroup) {
        router.post("gc") { request, context in
            try context.identity.require(.admin, to: "collect garbage")
            let asked = try await request.value(Asked.self)
            let experiments = try asked.experiments?.map { text in
                guard let number = Int64(text) else { throw TernError.invalid("an experiment is named by its number here, not '\(text)'") }
                return number
            }
            let report = try await collect(
                GarbageRequest(
                    olderThan: asked.olderThan ?? .days(30), runs: asked.runs, experiments: experiments, orphans: asked.orphans ?? false,
                    isDryRun: asked.dryRun ?? false), by: context.identity)
            return try Response.json(report)
        }
    }

    private func collect(_ request: GarbageRequest, by identity: Identity) async throws -> GarbageReport {
        let report = try await collector.collect(request, by: identity)
        if !request.isDryRun, request.runs == nil, request.experiments == nil {
            try await queue.removeEnded(before: clock.now() - request.olderThan)
        }
        return report
    }

    /// Collects once a day, the first time an hour after the start, until cancelled.
    func run() async {
        guard let period else { return }
        var pause = Duration.seconds(3600)
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            pause = .seconds(86_400)
            do {
                _ = try await collect(GarbageRequest(olderThan: period, orphans: true), by: Identity(name: "retention", role: .admin))
            } catch {
                logger.error("garbage collection: \(TernError.wrap(error))")
            }
        }
    }
}
