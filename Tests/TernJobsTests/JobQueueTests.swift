import Foundation
import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import TernJobs

/// A queue at work for the length of a test.
func withQueue<Answer: Sendable>(
    on database: Database, folder: String, clock: WallClock = .system, poll: Period = Period(milliseconds: 50),
    prepare: (JobQueue) -> Void = { _ in },
    _ body: (JobQueue) async throws -> Answer
) async throws -> Answer {
    let queue = JobQueue(database: database, folder: folder, clock: clock, poll: poll)
    prepare(queue)
    let work = Task { try await queue.run() }
    do {
        let answer = try await body(queue)
        work.cancel()
        _ = await work.result
        return answer
    } catch {
        work.cancel()
        _ = await work.result
        throw error
    }
}

/// Waits until `condition` holds, at most a minute: hundreds of tests run beside this one.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("never: \(what)")
    throw TernError(.timeout, what)
}

extension JobQueue {
    func ended(_ id: JobID) async throws -> Job {
        try await eventually("job \(id) ends") { try await job(id).state.isFinal }
        return try await job(id)
    }
}

final class Counter: Sendable {
    private let value = Mutex((now: 0, most: 0, all: 0))
    func enter() {
        value.withLock {
            $0.now += 1
            $0.all += 1
            $0.most = max($0.most, $0.now)
        }
    }
    func leave() { value.withLock { $0.now -= 1 } }
    var most: Int { value.withLock { $0.most } }
    var all: Int { value.withLock { $0.all } }
}

@Suite struct JobQueueTests {
    @Test func `a job runs and keeps its result`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                try await withQueue(on: database, folder: folder, poll: .minutes(5)) { queue in
                    queue.handle("double") { context in
                        context.log("hello")
                        await context.progress(0.5)
                        return ["n": .int((context.payload["n"]?.intValue ?? 0) * 2)]
                    }
                    let id = try await queue.enqueue("double", payload: ["n": 21], by: "test")
                    let job = try await queue.ended(id)
                    #expect(job.state == .succeeded)
                    #expect(job.result == ["n": 42])
                    #expect(job.progress == 1)
                    #expect(job.attempt == 1)
                    #expect(try await queue.log(of: id).text == "hello\n")
                }
            }
        }
    }

    @Test func `a failing job is tried again with a growing wait and then fails`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("bad") { _ in throw TernError.invalid("no luck") }
                    let id = try await queue.enqueue("bad", maxAttempts: 3, backoff: Period(milliseconds: 20), by: "test")
                    let job = try await queue.ended(id)
                    #expect(job.state == .failed)
                    #expect(job.attempt == 3)
                    #expect(job.failures == 3)
                    #expect(job.error == "no luck")
                }
            }
        }
        #expect(Backoff.wait(after: 1, first: .seconds(1)) == .seconds(1))
        #expect(Backoff.wait(after: 4, first: .seconds(1)) == .seconds(8))
        #expect(Backoff.wait(after: 4000, first: .seconds(1)) == Backoff.longest)
    }

    @Test func `the same key is the same job`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                let queue = JobQueue(database: database, folder: folder)
                let first = try await queue.enqueue("a", key: "k", by: "test")
                let again = try await queue.enqueue("a", payload: ["x": 1], key: "k", by: "test")
                let other = try await queue.enqueue("b", key: "k", by: "test")
                #expect(first == again)
                #expect(first != other)
                #expect(try await queue.jobs().count == 2)
                #expect(try await queue.job(kind: "a", key: "k")?.id == first)
            }
        }
    }

    @Test func `no more run at a time than the kind allows`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                let counter = Counter()
                try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("slow", concurrency: 2) { _ in
                        counter.enter()
                        try await Task.sleep(for: .milliseconds(30))
                        counter.leave()
                        return .null
                    }
                    for _ in 0..<8 { try await queue.enqueue("slow", by: "test") }
                    try await eventually("all end") { try await queue.jobs(state: .succeeded).count == 8 }
                }
                #expect(counter.most == 2)
                #expect(counter.all == 8)
            }
        }
    }

    @Test func `a queued job that is cancelled never runs, and a running one stops`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                try await withQueue(on: database, folder: folder) { queue in
                    let idle = try await queue.enqueue("unknown kind", by: "test")
                    try await queue.cancel(idle, by: "test")
                    #expect(try await queue.job(idle).state == .cancelled)
                    queue.handle("long") { _ in
                        try await Task.sleep(for: .seconds(60))
                        return .null
                    }
                    let busy = try await queue.enqueue("long", maxAttempts: 5, by: "test")
                    try await eventually("it runs") { try await queue.job(busy).state == .running }
                    try await queue.cancel(busy, by: "test")
                    #expect(try await queue.ended(busy).state == .cancelled)
                    await #expect(throws: TernError.self) { try await queue.cancel("nothing", by: "test") }
                }
            }
        }
    }

    @Test func `a job for later waits for its time`() async throws {
        try await withDatabase(JobQueue.migrations, from: ManualClock.usual) { database, clock in
            try await withTemporaryFolder { folder in
                try await withQueue(on: database, folder: folder, clock: clock.wall) { queue in
                    queue.handle("later") { _ in .null }
                    let id = try await queue.enqueue("later", runAt: clock.wall.now() + .hours(1), by: "test")
                    try await Task.sleep(for: .milliseconds(150))
                    #expect(try await queue.job(id).state == .queued)
                    clock.advance(by: .hours(1))
                    #expect(try await queue.ended(id).state == .succeeded)
                }
            }
        }
    }

    @Test func `a stop of the server costs no attempt`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                let id = try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("long") { context in
                        _ = try await context.runProcess(ProcessRequest(command: ["sleep", "60"]))
                        return .null
                    }
                    let id = try await queue.enqueue("long", by: "test")
                    try await eventually("it runs") { try await queue.job(id).state == .running }
                    return id
                }
                let stopped = try await JobQueue(database: database, folder: folder).job(id)
                #expect(stopped.state == .queued)
                #expect(stopped.failures == 0)
                let job = try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("long") { _ in "done" }
                    return try await queue.ended(id)
                }
                #expect(job.result == "done")
                #expect(job.attempt == 2)
            }
        }
    }

    @Test func `what a dead server left is killed and run again, and the old queue gives up`() async throws {
        try await withSoleDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                let old = JobQueue(database: database, folder: folder, poll: Period(milliseconds: 50))
                let pidFile = folder + "/pid"
                old.handle("work") { context in
                    let result = try await context.runProcess(ProcessRequest(command: ["sh", "-c", "echo $$ >'\(pidFile)'; sleep 60"]))
                    return .string("\(result.exit)")
                }
                let oldRun = Task { try await old.run() }
                let id = try await old.enqueue("work", maxAttempts: 1, by: "test")
                try await eventually("the process runs") { (try? String(contentsOfFile: pidFile, encoding: .utf8))?.hasSuffix("\n") == true }
                let pidText = try String(contentsOfFile: pidFile, encoding: .utf8)
                let pid = try #require(Int32(pidText.trimmingCharacters(in: .whitespacesAndNewlines)))
                // The second queue finds the lease of the first, as after kill -9.
                let job = try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("work") { context in .string("again \(context.attempt)") }
                    return try await queue.ended(id)
                }
                #expect(job.result == "again 2")
                #expect(job.failures == 0)
                #expect(ProcessTable.members(ofGroup: pid).isEmpty)
                _ = try? await old.enqueue("work", by: "test")
                await #expect(throws: TernError.self) { try await oldRun.value }
                #expect(try await old.job(id).result == "again 2")
            }
        }
    }

    @Test func `the queue's question uses an index`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            let plan = try await database.read {
                try $0.plan(
                    "SELECT id, attempt FROM jobs WHERE state = 'queued' AND kind = ? AND run_at <= ? ORDER BY run_at, sequence LIMIT ?", ["a", 1, 1])
            }
            #expect(plan.allSatisfy { !$0.contains("SCAN") && !$0.contains("TEMP B-TREE") })
        }
    }

    @Test func `ended jobs go with their logs, others stay`() async throws {
        try await withDatabase(JobQueue.migrations) { database in
            try await withTemporaryFolder { folder in
                try await withQueue(on: database, folder: folder) { queue in
                    queue.handle("a") { context in
                        context.log("x")
                        return .null
                    }
                    let id = try await queue.enqueue("a", by: "test")
                    let log = try #require(try await queue.ended(id).logPath)
                    let waiting = try await queue.enqueue("b", by: "test")
                    try await queue.removeEnded(before: Timestamp(Date()) + .hours(1))
                    #expect(!FileManager.default.fileExists(atPath: log))
                    await #expect(throws: TernError.self) { try await queue.job(id) }
                    #expect(try await queue.job(waiting).state == .queued)
                }
            }
        }
    }
}
