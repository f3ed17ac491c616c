import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import TernJobs

@Suite struct ScheduleTests {
    private func withSchedule(
        catchUp: Bool, _ body: (JobQueue, ManualClock) async throws -> Void
    ) async throws {
        let start = try #require(Timestamp("2026-06-01T00:30:00Z"))
        try await withDatabase(JobQueue.migrations, from: start) { database, clock in
            let queue = JobQueue(database: database, folder: "/nowhere", clock: clock.wall)
            try await queue.setSchedule(Schedule(name: "hourly", cron: "0 * * * *", kind: "tick", payload: ["a": 1], catchUp: catchUp))
            try await body(queue, clock)
        }
    }

    @Test func `a schedule fires at its time, once`() async throws {
        try await withSchedule(catchUp: false) { queue, clock in
            #expect(try await queue.fireSchedules(clock.wall.now()) == Timestamp("2026-06-01T01:00:00Z"))
            #expect(try await queue.jobs().isEmpty)
            clock.advance(by: .minutes(30))
            #expect(try await queue.fireSchedules(clock.wall.now()) == Timestamp("2026-06-01T02:00:00Z"))
            _ = try await queue.fireSchedules(clock.wall.now())
            let jobs = try await queue.jobs()
            #expect(jobs.map(\.payload) == [["a": 1, "schedule": "hourly", "scheduled_at": "2026-06-01T01:00:00Z"]])
            #expect(try await queue.schedules().first?.lastFired == Timestamp("2026-06-01T01:00:00Z"))
        }
    }

    @Test func `missed times are skipped, a late one is not`() async throws {
        try await withSchedule(catchUp: false) { queue, clock in
            clock.advance(by: .hours(5))
            #expect(try await queue.fireSchedules(clock.wall.now()) == Timestamp("2026-06-01T06:00:00Z"))
            #expect(try await queue.jobs().isEmpty)
            clock.advance(by: .minutes(30) + .seconds(40))
            _ = try await queue.fireSchedules(clock.wall.now())
            #expect(try await queue.jobs().count == 1)
        }
    }

    @Test func `with catch-up every missed time gets its job`() async throws {
        try await withSchedule(catchUp: true) { queue, clock in
            clock.advance(by: .hours(5))
            _ = try await queue.fireSchedules(clock.wall.now())
            #expect(try await queue.jobs().count == 5)
        }
    }

    @Test func `setting it again unchanged keeps its next time, and a bad one is refused`() async throws {
        try await withSchedule(catchUp: false) { queue, clock in
            clock.advance(by: .hours(2))
            try await queue.setSchedule(Schedule(name: "hourly", cron: "0 * * * *", kind: "tick", payload: ["a": 1]))
            #expect(try await queue.schedules().first?.nextAt == Timestamp("2026-06-01T01:00:00Z"))
            await #expect(throws: TernError.self) { try await queue.setSchedule(Schedule(name: "x", cron: "99 * * * *", kind: "tick")) }
            await #expect(throws: TernError.self) {
                try await queue.setSchedule(Schedule(name: "x", cron: "0 * * * *", timezone: "Mars/Olympus", kind: "tick"))
            }
            try await queue.removeSchedule("hourly")
            #expect(try await queue.schedules().isEmpty)
        }
    }
}

private func + (left: Period, right: Period) -> Period { Period(milliseconds: left.milliseconds + right.milliseconds) }
