import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import TernJobs

/// Two servers on one PostgreSQL database.
@Suite(.enabled(if: TestPostgres.isPresent)) struct SharedQueueTests {
    private func withTwo(clock: WallClock = .system, _ body: (Database, Database, String) async throws -> Void) async throws {
        try await TestPostgres.withSchema { url in
            let first = try Database(.postgresql(url), migrations: JobQueue.migrations, clock: clock)
            defer { try? first.close() }
            let second = try Database(.postgresql(url), migrations: JobQueue.migrations, clock: clock)
            defer { try? second.close() }
            try await withTemporaryFolder { try await body(first, second, $0) }
        }
    }

    @Test func `two queues share the jobs, and each runs once`() async throws {
        try await withTwo { first, second, folder async throws in
            let runs = Mutex<[String: Int]>([:])
            let sides = Mutex<[Int]>([0, 0])
            func handle(_ queue: JobQueue, _ side: Int) {
                queue.handle("work", concurrency: 4) { context in
                    runs.withLock { $0[context.id, default: 0] += 1 }
                    sides.withLock { $0[side] += 1 }
                    try await Task.sleep(for: .milliseconds(2))
                    return .null
                }
            }
            try await withQueue(on: first, folder: folder + "/a", prepare: { handle($0, 0) }) { one in
                try await withQueue(on: second, folder: folder + "/b", prepare: { handle($0, 1) }) { two in
                    var ids: Set<JobID> = []
                    for number in 0..<200 { ids.insert(try await (number % 2 == 0 ? one : two).enqueue("work", by: "test")) }
                    try await eventually("all end") { try await one.jobs(state: .succeeded, limit: 1000).count == 200 }
                    #expect(runs.withLock { $0 } == Dictionary(uniqueKeysWithValues: ids.map { ($0, 1) }))
                    #expect(sides.withLock { $0.allSatisfy { $0 > 0 } })
                }
            }
        }
    }

    @Test func `schedules fire once, whoever looks`() async throws {
        try await TestPostgres.withSchema { url in
            let clock = ManualClock(try #require(Timestamp("2026-06-01T00:00:30Z")))
            let databases = try (0..<3).map { _ in try Database(.postgresql(url), migrations: JobQueue.migrations, clock: clock.wall) }
            let queues = databases.map { JobQueue(database: $0, folder: "/nowhere", clock: clock.wall) }
            try await queues[0].setSchedule(Schedule(name: "often", cron: "* * * * *", kind: "tick"))
            for _ in 0..<10 {
                clock.advance(by: .seconds(60))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for queue in queues { group.addTask { _ = try await queue.fireSchedules(clock.wall.now()) } }
                    try await group.waitForAll()
                }
            }
            #expect(try await queues[0].jobs().count == 10)
            for database in databases { try database.close() }
        }
    }

    @Test func `what a server that died was at runs again elsewhere when its lease has run out, not before`() async throws {
        let clock = ManualClock()
        try await withTwo(clock: clock.wall) { first, second, folder async throws in
            let dead = JobQueue(database: first, folder: folder, clock: clock.wall, poll: Period(milliseconds: 50))
            dead.handle("work") { _ in
                try await Task.sleep(for: .seconds(3600))
                return .null
            }
            let deadRun = Task { try await dead.run() }
            let id = try await dead.enqueue("work", by: "test")
            try await eventually("it runs") { try await dead.job(id).state == .running }
            try await withQueue(on: second, folder: folder, clock: clock.wall, prepare: { $0.handle("work") { .string("again \($0.attempt)") } }) {
                queue in
                clock.advance(by: .seconds(29))
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await queue.job(id).attempt == 1)
                clock.advance(by: .seconds(2))
                let job = try await queue.ended(id)
                #expect(job.result == "again 2" && job.failures == 0)
            }
            // The one that only seemed dead lets go of it, and writes nothing over it.
            deadRun.cancel()
            _ = await deadRun.result
            #expect(try await dead.job(id).result == "again 2")
        }
    }

    @Test func `a job is cancelled from any server`() async throws {
        try await withTwo { first, second, folder async throws in
            let prepare: (JobQueue) -> Void = { queue in
                queue.handle("long") { _ in
                    try await Task.sleep(for: .seconds(3600))
                    return .null
                }
            }
            try await withQueue(on: first, folder: folder, prepare: prepare) { queue in
                let id = try await queue.enqueue("long", by: "test")
                try await eventually("it runs") { try await queue.job(id).state == .running }
                try await JobQueue(database: second, folder: folder).cancel(id, by: "test")
                #expect(try await queue.ended(id).state == .cancelled)
            }
        }
    }

    @Test func `a lease is held by one, given back by one that stops, and taken from one that died`() async throws {
        // The clock stands still, so that no lease runs out because the machine is busy.
        let clock = ManualClock()
        try await withTwo(clock: clock.wall) { first, second, _ async throws in
            let working = Mutex<[String]>([])
            func work(_ name: String) -> @Sendable () async -> Void {
                {
                    working.withLock { $0.append(name) }
                    try? await Task.sleep(for: .seconds(3600))
                    working.withLock { $0.removeAll { $0 == name } }
                }
            }
            let length = Period(milliseconds: 900)
            let one = Lease("loop", database: first, clock: clock.wall, length: length)
            let two = Lease("loop", database: second, clock: clock.wall, length: length)
            #expect(!one.isHeld)
            let (workOne, workTwo, workAgain) = (work("one"), work("two"), work("one again"))
            let oneRun = Task { await one.run(workOne) }
            try await eventually("one works") { working.withLock { $0 } == ["one"] }
            let twoRun = Task { await two.run(workTwo) }
            try await Task.sleep(for: .milliseconds(2000))
            #expect(working.withLock { $0 } == ["one"])
            #expect(one.isHeld && !two.isHeld)
            oneRun.cancel()
            await oneRun.value
            try await eventually("two works") { working.withLock { $0 } == ["two"] }
            // A server that dies says nothing: its lease is in the table and nobody renews it.
            twoRun.cancel()
            await twoRun.value
            let dead = Lease("loop", database: second, clock: clock.wall, length: length)
            #expect(await dead.take())
            clock.advance(by: .seconds(1))
            let again = Task { await one.run(workAgain) }
            try await eventually("one works again") { working.withLock { $0 } == ["one again"] }
            again.cancel()
            await again.value
        }
    }

    @Test func `on a database of its own a server holds every lease`() async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try Database(path: folder + "/tern.sqlite", migrations: JobQueue.migrations)
            let lease = Lease("loop", database: database)
            #expect(lease.isHeld)
            #expect(await lease.take())
            try database.close()
        }
    }
}
