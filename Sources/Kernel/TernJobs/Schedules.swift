import Foundation
import TernKernel
import TernStore

/// Something that enqueues a job at the times of a cron expression.
package struct Schedule: Codable, Hashable, Sendable {
    package var name: String
    package var cron: String
    /// An IANA name.
    package var timezone: String
    package var kind: String
    package var payload: JSON
    /// Whether times that passed while no server ran are made up for, each with a job.
    package var catchUp: Bool
    package var lastFired: Timestamp?
    package var nextAt: Timestamp?

    package init(name: String, cron: String, timezone: String = "UTC", kind: String, payload: JSON = [:], catchUp: Bool = false) {
        self.name = name
        self.cron = cron
        self.timezone = timezone
        self.kind = kind
        self.payload = payload
        self.catchUp = catchUp
    }

    /// - Throws: `invalid_argument` for a bad expression or an unknown time zone.
    package func next(after time: Timestamp) throws -> Timestamp? {
        guard let zone = TimeZone(identifier: timezone) else {
            throw TernError.invalid("'\(timezone)' is not a time zone", hint: "use an IANA name such as Australia/Sydney or UTC")
        }
        return try Cron(cron).next(after: time, in: zone)
    }
}

extension JobQueue {
    /// Sets a schedule, in the caller's transaction. Setting it again unchanged keeps its next time.
    package func setSchedule(_ schedule: Schedule, in transaction: Transaction) throws {
        if let known = try ScheduleStore.schedule(schedule.name, transaction.connection) {
            var same = schedule
            same.lastFired = known.lastFired
            same.nextAt = known.nextAt
            if same == known { return }
        }
        var schedule = schedule
        schedule.nextAt = try schedule.next(after: clock.now())
        try ScheduleStore.put(schedule, in: transaction)
    }

    package func removeSchedule(_ name: String, in transaction: Transaction) throws { try ScheduleStore.remove(name, in: transaction) }

    package func setSchedule(_ schedule: Schedule) async throws {
        try await database.write { try self.setSchedule(schedule, in: $0) }
        wake()
    }

    package func removeSchedule(_ name: String) async throws { try await database.write { try ScheduleStore.remove(name, in: $0) } }

    package func schedules() async throws -> [Schedule] { try await database.read { try ScheduleStore.all($0) } }

    /// Later than this, a time counts as missed instead of late.
    private static let tolerance = Period.minutes(1)
    /// How many missed times are made up for at once.
    private static let catchUpLimit = 100

    /// Enqueues a job for each schedule that is due: job and `last_fired` in one transaction, so that a crash neither loses nor doubles one.
    ///
    /// - Returns: when the next is due.
    func fireSchedules(_ now: Timestamp) async throws -> Timestamp? {
        guard let next = try await database.read({ try ScheduleStore.nextAt($0) }) else { return nil }
        guard next <= now else { return next }
        try await database.write { [self] transaction in
            for var schedule in try ScheduleStore.due(now, transaction.connection) {
                var fired = 0
                while let due = schedule.nextAt, due <= now {
                    let isMissed = due < now - JobQueue.tolerance
                    if !isMissed || (schedule.catchUp && fired < JobQueue.catchUpLimit) {
                        try enqueue(JobRequest(schedule, at: due), in: transaction)
                        schedule.lastFired = due
                        fired += 1
                    }
                    // Without catch-up there is no need to walk over every minute of a month that was missed.
                    let from = isMissed && !schedule.catchUp ? max(due, now - JobQueue.tolerance) : due
                    schedule.nextAt = try schedule.next(after: from)
                }
                try ScheduleStore.put(schedule, in: transaction)
            }
        }
        return try await database.read { try ScheduleStore.nextAt($0) }
    }
}

extension JobRequest {
    /// The payload carries `schedule` and `scheduled_at`.
    fileprivate init(_ schedule: Schedule, at time: Timestamp) {
        var payload = schedule.payload.objectValue ?? [:]
        payload["schedule"] = .string(schedule.name)
        payload["scheduled_at"] = .string(time.description)
        self.init(schedule.kind, payload: .object(payload), key: "schedule/\(schedule.name)/\(time)", maxAttempts: 3, by: "tern/schedule")
    }
}
