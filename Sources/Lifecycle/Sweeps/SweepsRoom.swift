import TernJobs
import TernKernel
import TernStore
import TernWeb

/// What the server sees of Sweeps: searches over the parameters of a command.
package struct SweepsRoom: Sendable {
    package let service: SweepService
    private let executor: SweepExecutor

    /// Registers its handlers with the queue; make the room before `queue.run()`.
    ///
    /// - Parameters:
    ///   - folder: where parameter files of trials lie, `<home>/sweeps`.
    ///   - poll: how often a running trial's metric is looked at.
    package init(
        database: Database, queue: JobQueue, folder: String, ports: SweepPorts, poll: Period = Period(milliseconds: 500), clock: WallClock = .system
    ) {
        executor = SweepExecutor(database: database, queue: queue, ports: ports, clock: clock, folder: folder, poll: poll)
        service = SweepService(database: database, queue: queue, executor: executor, clock: clock)
        executor.register()
    }

    /// After a crash: brings sweeps and jobs together again. Call it before `queue.run()`.
    package func resume() async throws { try await executor.reconcile() }

    package func mount(on router: TernRouterGroup) { SweepRoutes(service: service).mount(on: router) }
}
