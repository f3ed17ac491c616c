import Datasets
import Foundation
import Logging
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import Serving
import Sweeps
import TernInference
import TernJobs
import TernKernel
import TernLog
import TernProject
import TernStore
import TernTables
import Traces
import Tracking
import Webhooks

/// Everything a server is made of: the stores, the rooms on them, and the ports between the rooms.
final class Assembly: Sendable {
    let home: HomeFolder
    let configuration: ServerConfiguration
    let logger: Logger
    let database: Database
    let ledger: LedgerStore
    let storage: StoragePlace
    let tables: TableEngine
    let log: InferenceLog
    let queue: JobQueue
    let address: ServerURL

    let access: AccessService
    let datasets: DatasetsRoom
    let tracking: TrackingRoom
    let registry: RegistryRoom
    let serving: ServingRoom
    let releases: ReleasesRoom
    let monitoring: MonitoringRoom
    let pipelines: PipelinesRoom
    let policies: PoliciesRoom
    let sweeps: SweepsRoom
    let traces: TracesRoom
    let webhooks: WebhooksRoom
    let projects: ProjectService
    let loop: EndpointLoop
    /// The loop runs on one server at a time.
    let lease: Lease
    /// And so do the deliveries to webhooks, each of which keeps its order.
    let webhookLease: Lease

    /// Takes the home, opens its stores, and brings back what a crash may have left in the middle.
    static func open(_ configuration: ServerConfiguration, logger: Logger) async throws -> Assembly {
        let assembly = try Assembly(configuration, logger: logger)
        try await assembly.storage.check()
        try await assembly.access.open(adminToken: configuration.adminToken)
        // Gates that another server is at are its own.
        if await assembly.lease.take() { try await assembly.registry.service.resume() }
        try await assembly.releases.service.restore()
        try await assembly.pipelines.resume()
        try await assembly.sweeps.resume()
        try await assembly.webhooks.dispatcher.open()
        return assembly
    }

    private init(_ configuration: ServerConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let home = try HomeFolder(configuration.home)
        self.home = home
        let clock = configuration.clock
        let location = try configuration.database.map(DatabaseLocation.init(url:)) ?? .file(home.database)
        database = try Database(location, migrations: Assembly.migrations, clock: clock)
        ledger = LedgerStore(database)
        storage = try StoragePlace(location: configuration.blobs, home: home.path, logger: logger)
        let blobs = storage.blobs
        tables = TableEngine(configuration: TableConfiguration(temporaryFolder: home.temporary))
        let engine = InferenceEngine()
        log = try InferenceLog(folder: home.inferenceLog, tables: tables, logger: logger)
        queue = JobQueue(database: database, folder: home.jobs, clock: clock)
        let address = ServerURL("http://\(configuration.host):\(configuration.port)")
        self.address = address

        access = AccessService(database: database, loopback: configuration.isLoopback)
        datasets = try DatasetsRoom(database: database, blobs: blobs, tables: tables, folder: home.path + "/datasets")
        tracking = TrackingRoom(database: database, artifacts: ArtifactStore(storage.artifacts, allowsLinks: storage.allowsLinks), clock: clock)
        // Rooms that need each other meet through this: it is filled before the server listens.
        let late = LateRooms()
        registry = RegistryRoom(
            database: database, blobs: blobs, tables: tables, engine: engine, folder: home.temporary + "/registry",
            ports: .wired(tracking: tracking, datasets: datasets, late: late))
        serving = ServingRoom(ports: .wired(registry: registry, late: late), log: log, engine: engine, clock: clock, logger: logger)
        let registry = registry, datasets = datasets, tracking = tracking
        monitoring = MonitoringRoom(
            database: database, tables: tables,
            ports: MonitoringPorts(log: log, profile: { try await registry.service.profile($0, $1) }), folder: home.temporary, clock: clock)
        releases = ReleasesRoom(
            database: database, ports: .wired(registry: registry, serving: serving, monitoring: monitoring))
        pipelines = PipelinesRoom(
            database: database, blobs: blobs, queue: queue, folder: home.path + "/pipelines",
            ports: .wired(datasets: datasets, tracking: tracking, registry: registry, address: address, stepToken: access.stepToken), clock: clock)
        sweeps = SweepsRoom(
            database: database, queue: queue, folder: home.path + "/sweeps",
            ports: .wired(tracking: tracking, address: address, stepToken: access.stepToken), clock: clock)
        late.fill(releases: releases.service)
        policies = PoliciesRoom(
            database: database,
            ports: .wired(
                monitoring: monitoring, releases: releases, pipelines: pipelines, datasets: datasets, registry: registry, folder: home.temporary),
            externalURL: address.current, clock: clock)
        traces = TracesRoom(database: database, ports: .wired(tracking: tracking))
        webhooks = WebhooksRoom(
            database: database, rules: WebhookRules(environment: ProcessInfo.processInfo.environment), logger: logger, clock: clock)
        projects = ProjectService(
            store: ProjectStore(database: database),
            rooms: Assembly.applier(datasets, pipelines, registry, releases, monitoring, policies))
        loop = EndpointLoop(work: .wired(monitoring: monitoring, releases: releases, policies: policies, serving: serving), logger: logger)
        lease = Lease("endpoints", database: database, clock: clock)
        webhookLease = Lease("webhooks", database: database, clock: clock)
        try FileManager.default.createDirectory(atPath: home.temporary, withIntermediateDirectories: true)
    }

    /// Every room's, in the order in which they run on a fresh database.
    static var migrations: [Migration] {
        TokenStore.migrations + ProjectStore.migrations + JobQueue.migrations + DatasetsRoom.migrations + TrackingRoom.migrations
            + RegistryRoom.migrations + ReleasesRoom.migrations + MonitoringRoom.migrations + PipelinesRoom.migrations + PoliciesRoom.migrations
            + SweepsRoom.migrations
            + TracesRoom.migrations + WebhooksRoom.migrations
    }

    /// Gives each part of a project to the room that owns it, in the order in which they build on each other.
    private static func applier(
        _ datasets: DatasetsRoom, _ pipelines: PipelinesRoom, _ registry: RegistryRoom, _ releases: ReleasesRoom, _ monitoring: MonitoringRoom,
        _ policies: PoliciesRoom
    ) -> @Sendable (Project, Project?, [Project], Identity) async throws -> Void {
        { project, before, others, identity in
            try await datasets.service.apply(project.datasets, projectFolder: project.folder, by: identity)
            try await registry.service.apply(project.models, by: identity)
            try await pipelines.service.apply(project.pipelines, projectFolder: project.folder, by: identity)
            try await releases.service.apply(project.endpoints, by: identity)
            let declared = Set((others + [project]).flatMap(\.endpoints).map(\.name))
            for endpoint in before?.endpoints ?? [] where !declared.contains(endpoint.name) {
                try await releases.service.remove(endpoint.name, by: identity)
            }
            try await monitoring.service.apply(others.flatMap(\.monitors) + project.monitors, by: identity)
            try await policies.service.apply(project.policies, by: identity)
        }
    }

    var retention: Retention {
        var collector = tracking.garbage
        collector.traces = .wired(traces: traces)
        return Retention(collector: collector, queue: queue, period: configuration.retention, clock: configuration.clock, logger: logger)
    }

    /// The server's URL is known only once it listens.
    func listening(at url: String) { address.set(url) }

    /// The queue and the loop, until cancelled.
    func runInBackground() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "tern.jobs") { try await self.queue.run() }
            group.addTask(name: "tern.loop") {
                await self.lease.run {
                    // Until now another server may have moved the endpoints on.
                    if self.database.isShared { await self.monitoring.service.reload() }
                    await self.loop.run(signals: self.log.follow())
                }
            }
            if self.database.isShared {
                group.addTask(name: "tern.elsewhere") { await self.changesElsewhere.run() }
                group.addTask(name: "tern.jobs.elsewhere") {
                    for await _ in self.database.changesElsewhere.follow() { self.queue.wake() }
                }
            }
            group.addTask(name: "tern.models") { await self.preload() }
            group.addTask(name: "tern.storage") { await self.storage.keepClean(logger: self.logger) }
            group.addTask(name: "tern.webhooks") { await self.webhookLease.run { await self.webhooks.dispatcher.run() } }
            group.addTask(name: "tern.retention") { await self.retention.run() }
            try await group.waitForAll()
        }
    }

    private var changesElsewhere: ChangesElsewhere {
        let routes: @Sendable () async throws -> Void = {
            try await self.releases.service.restore()
            await self.preload()
            self.serving.service.releaseUnused()
        }
        let monitors: @Sendable () async throws -> Void = { await self.monitoring.service.reload() }
        return ChangesElsewhere(
            database: database, logger: logger,
            reload: [
                "token": { try await self.access.refresh() }, "endpoint": routes, "release": routes, "monitor": monitors,
            ])
    }

    /// Loads what the endpoints answer with, so that no first caller waits for it.
    private func preload() async {
        for variant in releases.service.loadedVariants() {
            do {
                try await serving.pool.ensureLoaded([variant])
            } catch {
                logger.error("\(variant.model) version \(variant.version): \(TernError.wrap(error))")
            }
        }
    }

    func close() async {
        home.withdraw()
        log.close()
        try? database.close()
    }
}
