import TernKernel
import TernStore

/// The table of schedules.
enum ScheduleStore {
    static func put(_ schedule: Schedule, in transaction: Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO schedules (name, cron, timezone, kind, payload, catch_up, created_at, last_fired, next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, timezone = excluded.timezone, kind = excluded.kind, payload = excluded.payload,
                catch_up = excluded.catch_up, last_fired = excluded.last_fired, next_at = excluded.next_at
            """,
            [
                .text(schedule.name), .text(schedule.cron), .text(schedule.timezone), .text(schedule.kind), SQLValue(schedule.payload),
                SQLValue(schedule.catchUp), SQLValue(transaction.now), SQLValue(schedule.lastFired), SQLValue(schedule.nextAt),
            ])
    }

    static func remove(_ name: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM schedules WHERE name = ?", [.text(name)])
    }

    static func schedule(_ name: String, _ connection: Connection) throws -> Schedule? {
        try connection.row("SELECT * FROM schedules WHERE name = ?", [.text(name)]).map(Schedule.init(row:))
    }

    static func all(_ connection: Connection) throws -> [Schedule] {
        try connection.rows("SELECT * FROM schedules ORDER BY name").map(Schedule.init(row:))
    }

    static func due(_ now: Timestamp, _ connection: Connection) throws -> [Schedule] {
        try connection.rows("SELECT * FROM schedules WHERE next_at <= ? ORDER BY next_at", [SQLValue(now)]).map(Schedule.init(row:))
    }

    static func nextAt(_ connection: Connection) throws -> Timestamp? {
        try connection.row("SELECT min(next_at) AS next FROM schedules")?.optionalTime("next")
    }
}

extension Schedule {
    fileprivate init(row: SQLRow) throws {
        self.init(
            name: try row.text("name"), cron: try row.text("cron"), timezone: try row.text("timezone"), kind: try row.text("kind"),
            payload: try JSON(parsing: try row.text("payload")), catchUp: try row.bool("catch_up"))
        lastFired = row.optionalTime("last_fired")
        nextAt = row.optionalTime("next_at")
    }
}
