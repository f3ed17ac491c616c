import Foundation
import TernJobs
import TernKernel
import TernStore
import TernWeb

/// What the server sees of this room.
package struct PipelinesRoom: Sendable {
    package let service: PipelineService
    private let executor: RunExecutor

    /// Registers its handlers with the queue; make the room before `queue.run()`.
    ///
    /// - Parameters:
    ///   - folder: where steps work, `<home>/pipelines`.
    ///   - parallelSteps: how many steps run at a time, over all runs.
    package init(
        database: Database, blobs: BlobStore, queue: JobQueue, folder: String, ports: PipelinePorts,
        parallelSteps: Int = max(2, ProcessInfo.processInfo.activeProcessorCount), clock: WallClock = .system
    ) {
        executor = RunExecutor(database: database, blobs: blobs, queue: queue, ports: ports, clock: clock, folder: folder)
        let service = PipelineService(database: database, queue: queue, executor: executor, clock: clock)
        self.service = service
        executor.register(parallelSteps: parallelSteps)
        queue.handle(PipelineJob.scheduled) { context in try await service.startScheduled(context) }
    }

    /// After a crash: brings runs and jobs together again. Call it before `queue.run()`.
    package func resume() async throws { try await executor.reconcile() }

    package func mount(on router: TernRouterGroup) { PipelineRoutes(service: service).mount(on: router) }
}
