import TernKernel
import TernStore

/// The table of jobs. Every change to a running job names its owner, so that a server that lost its lease changes nothing.
enum JobStore {
    static func insert(_ request: JobRequest, in transaction: Transaction) throws -> JobID {
        if let key = request.key, let known = try find(kind: request.kind, key: key, transaction.connection) { return known }
        let id = Identifier.random()
        let last = try transaction.row("SELECT max(sequence) AS last FROM jobs")?.optionalInt("last") ?? 0
        try transaction.execute(
            """
            INSERT INTO jobs (id, sequence, kind, payload, dedupe_key, state, attempt, failures, max_attempts, backoff, run_at, created_at,
                created_by, progress, cancel_requested)
            VALUES (?, ?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?, ?, ?, 0, 0)
            """,
            [
                .text(id), .int(last + 1), .text(request.kind), SQLValue(request.payload), SQLValue(request.key),
                SQLValue(max(1, request.maxAttempts)),
                .int(request.backoff.milliseconds), SQLValue(request.runAt ?? transaction.now), SQLValue(transaction.now), .text(request.by),
            ])
        return id
    }

    static func find(kind: String, key: String, _ connection: Connection) throws -> JobID? {
        try connection.row("SELECT id FROM jobs WHERE kind = ? AND dedupe_key = ?", [.text(kind), .text(key)])?.text("id")
    }

    static func job(_ id: JobID, _ connection: Connection) throws -> Job? {
        try connection.row("SELECT * FROM jobs WHERE id = ?", [.text(id)]).map(Job.init(row:))
    }

    static func jobs(kind: String?, state: Job.State?, limit: Int, _ connection: Connection) throws -> [Job] {
        let wanted = [("kind", kind), ("state", state?.rawValue)].compactMap { column, value in value.map { (column, $0) } }
        let filter = wanted.isEmpty ? "" : "WHERE " + wanted.map { "\($0.0) = ?" }.joined(separator: " AND ")
        return try connection.rows(
            "SELECT * FROM jobs \(filter) ORDER BY sequence DESC LIMIT ?", wanted.map { .text($0.1) } + [SQLValue(limit)]
        ).map(Job.init(row:))
    }

    // MARK: Owner and leases

    static func setOwner(_ owner: String, in transaction: Transaction) throws {
        try transaction.execute(
            "INSERT INTO job_owner (id, owner) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET owner = excluded.owner", [.text(owner)])
    }

    static func owner(_ connection: Connection) throws -> String? { try connection.row("SELECT owner FROM job_owner WHERE id = 1")?.text("owner") }

    struct Orphan: Sendable {
        var id: JobID
        var owner: String?
        var process: ProcessIdentity?
    }

    /// Running jobs whose lease ran out; with `sole`, also those of any other owner, however fresh their lease.
    static func orphans(of owner: String, sole: Bool, now: Timestamp, _ connection: Connection) throws -> [Orphan] {
        try connection.rows(
            "SELECT id, owner, process FROM jobs WHERE state = 'running' AND (owner IS NULL OR \(sole ? "owner <> ? OR " : "")lease_until < ?)",
            (sole ? [.text(owner)] : []) + [SQLValue(now)]
        ).map { row in
            Orphan(
                id: try row.text("id"), owner: row.optionalText("owner"), process: row.optionalText("process").flatMap(ProcessIdentity.init(text:)))
        }
    }

    /// Puts an interrupted job back; it is not its own fault, so `failures` stays.
    static func requeue(_ id: JobID, from owner: String?, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE jobs SET state = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'queued' END,
                ended_at = CASE cancel_requested WHEN 1 THEN ? ELSE NULL END, owner = NULL, lease_until = NULL, process = NULL
            WHERE id = ? AND state = 'running' AND \(owner == nil ? "owner IS NULL" : "owner = ?")
            """, [SQLValue(transaction.now), .text(id)] + (owner.map { [.text($0)] } ?? []))
    }

    /// Of these jobs, those that are still `owner`'s, and whether somebody cancelled them.
    static func held(_ ids: [JobID], owner: String, _ connection: Connection) throws -> [JobID: Bool] {
        let rows = try connection.rows("SELECT id, cancel_requested FROM jobs WHERE state = 'running' AND owner = ?", [.text(owner)])
        let wanted = Set(ids)
        return Dictionary(try rows.map { (try $0.text("id"), try $0.bool("cancel_requested")) }.filter { wanted.contains($0.0) }) { $1 }
    }

    /// Puts an interrupted job back if its lease is still the one that was found to have run out.
    static func requeueOrphan(_ orphan: Orphan, sole: Bool, now: Timestamp, in transaction: Transaction) throws {
        // Of two servers that found it, or one that found it and its owner, which renewed late, the first one here counts.
        let row = try transaction.row("SELECT owner, lease_until FROM jobs WHERE id = ? AND state = 'running'", [.text(orphan.id)])
        guard let row, row.optionalText("owner") == orphan.owner else { return }
        if !sole, let until = row.optionalTime("lease_until"), until >= now { return }
        try requeue(orphan.id, from: orphan.owner, in: transaction)
    }

    static func extend(_ ids: [JobID], owner: String, until: Timestamp, in transaction: Transaction) throws {
        for id in ids {
            try transaction.execute(
                "UPDATE jobs SET lease_until = ? WHERE id = ? AND owner = ? AND state = 'running'", [SQLValue(until), .text(id), .text(owner)])
        }
    }

    // MARK: The queue

    /// Whether there is a queued job of these kinds, and when the first is due.
    static func nextDue(kinds: [String], _ connection: Connection) throws -> Timestamp? {
        var first: Timestamp?
        for kind in kinds {
            let due = try connection.row("SELECT min(run_at) AS due FROM jobs WHERE state = 'queued' AND kind = ?", [.text(kind)])?.optionalTime(
                "due")
            if let due { first = first.map { min($0, due) } ?? due }
        }
        return first
    }

    /// Takes the due jobs of one kind, oldest first. `log` says where an attempt's log lies.
    static func claim(
        kind: String, limit: Int, owner: String, now: Timestamp, lease: Period, log: (JobID, Int) -> String, in transaction: Transaction
    ) throws -> [Job] {
        let rows = try transaction.rows(
            "SELECT id, attempt FROM jobs WHERE state = 'queued' AND kind = ? AND run_at <= ? ORDER BY run_at, sequence LIMIT ?",
            [.text(kind), SQLValue(now), SQLValue(limit)])
        return try rows.compactMap { row in
            let id = try row.text("id")
            let attempt = Int(try row.int("attempt")) + 1
            try transaction.execute(
                """
                UPDATE jobs SET state = 'running', attempt = ?, owner = ?, lease_until = ?, started_at = ?, ended_at = NULL, progress = 0,
                    process = NULL, log_path = ? WHERE id = ?
                """, [SQLValue(attempt), .text(owner), SQLValue(now + lease), SQLValue(now), .text(log(id, attempt)), .text(id)])
            return try job(id, transaction.connection)
        }
    }

    static func holds(_ id: JobID, owner: String, _ connection: Connection) throws -> Bool {
        try connection.row("SELECT id FROM jobs WHERE id = ? AND owner = ? AND state = 'running'", [.text(id), .text(owner)]) != nil
    }

    static func setProcess(_ process: ProcessIdentity?, of id: JobID, owner: String, in transaction: Transaction) throws -> Bool {
        try transaction.execute(
            "UPDATE jobs SET process = ? WHERE id = ? AND owner = ? AND state = 'running'", [SQLValue(process?.text), .text(id), .text(owner)]) == 1
    }

    static func setProgress(_ progress: Double, of id: JobID, owner: String, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE jobs SET progress = ? WHERE id = ? AND owner = ? AND state = 'running'", [.double(progress), .text(id), .text(owner)])
    }

    static func succeed(_ id: JobID, owner: String, result: JSON, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE jobs SET state = 'succeeded', result = ?, error = NULL, progress = 1, ended_at = ?, owner = NULL, lease_until = NULL,
                process = NULL
            WHERE id = ? AND owner = ? AND state = 'running'
            """, [SQLValue(result), SQLValue(transaction.now), .text(id), .text(owner)])
    }

    /// Counts a failure: queued again after a wait, or failed for good.
    static func fail(_ id: JobID, owner: String, error: String, now: Timestamp, in transaction: Transaction) throws {
        guard
            let row = try transaction.row(
                "SELECT failures, max_attempts, backoff FROM jobs WHERE id = ? AND owner = ? AND state = 'running'", [.text(id), .text(owner)])
        else { return }
        let failures = Int(try row.int("failures")) + 1
        let again = failures < Int(try row.int("max_attempts"))
        let due = now + Backoff.wait(after: failures, first: Period(milliseconds: try row.int("backoff")))
        try transaction.execute(
            """
            UPDATE jobs SET state = ?, failures = ?, error = ?, run_at = ?, ended_at = ?, owner = NULL, lease_until = NULL, process = NULL
            WHERE id = ?
            """,
            [
                .text(again ? "queued" : "failed"), SQLValue(failures), .text(error), SQLValue(again ? due : now),
                again ? .null : SQLValue(now), .text(id),
            ])
    }

    static func endCancelled(_ id: JobID, owner: String, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE jobs SET state = 'cancelled', ended_at = ?, owner = NULL, lease_until = NULL, process = NULL
            WHERE id = ? AND owner = ? AND state = 'running'
            """, [SQLValue(transaction.now), .text(id), .text(owner)])
    }

    /// A queued job ends at once; a running one is marked, and its handler stopped by the queue.
    static func requestCancel(_ id: JobID, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE jobs SET state = 'cancelled', cancel_requested = 1, ended_at = ? WHERE id = ? AND state = 'queued'",
            [SQLValue(transaction.now), .text(id)])
        try transaction.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ? AND state = 'running'", [.text(id)])
    }

    /// The logs of jobs that ended before `time`, which go with them.
    static func removeEnded(before time: Timestamp, in transaction: Transaction) throws -> [JobID] {
        let ids = try transaction.rows(
            "SELECT id FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled') AND ended_at < ?", [SQLValue(time)]
        ).map { try $0.text("id") }
        for id in ids { try transaction.execute("DELETE FROM jobs WHERE id = ?", [.text(id)]) }
        return ids
    }
}

extension Job {
    fileprivate init(row: SQLRow) throws {
        guard let state = State(rawValue: try row.text("state")) else { throw TernError(.dataLoss, "a job in an unknown state") }
        self.init(
            id: try row.text("id"), kind: try row.text("kind"), payload: try JSON(parsing: try row.text("payload")),
            key: row.optionalText("dedupe_key"),
            state: state, attempt: Int(try row.int("attempt")), failures: Int(try row.int("failures")), maxAttempts: Int(try row.int("max_attempts")),
            runAt: try row.time("run_at"), createdAt: try row.time("created_at"), createdBy: try row.text("created_by"),
            startedAt: row.optionalTime("started_at"), endedAt: row.optionalTime("ended_at"), progress: try row.double("progress"),
            result: try row.optionalJSON("result"), error: row.optionalText("error"), cancelRequested: try row.bool("cancel_requested"),
            logPath: row.optionalText("log_path"))
    }
}
