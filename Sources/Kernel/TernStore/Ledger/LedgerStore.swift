import TernKernel

/// The append-only, hash-chained list of everything that changed.
package struct LedgerStore: Sendable {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    static let migrations = [
        Migration(
            "2026-11-ledger",
            [
                """
                CREATE TABLE ledger (
                    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, actor TEXT NOT NULL,
                    reason TEXT, event_time INTEGER, data TEXT NOT NULL, hash TEXT NOT NULL)
                """,
                "CREATE INDEX ledger_subject ON ledger (subject, sequence)",
                "CREATE INDEX ledger_kind ON ledger (kind, sequence)",
            ])
    ]

    /// The hash before the first entry.
    private static let origin = String(repeating: "0", count: 64)

    static func append(_ event: LedgerEvent, at now: Timestamp, to connection: Connection, after tail: LedgerTail) throws -> Int64 {
        let last = try tail.state.last ?? end(connection)
        let sequence = last.sequence + 1
        let data = event.data.description
        let hash = link(
            previous: last.hash, sequence: sequence, at: now.milliseconds, kind: event.kind, subject: event.subject,
            actor: event.actor, reason: event.reason, eventTime: event.eventTime?.milliseconds, data: data)
        try connection.execute(
            "INSERT INTO ledger (sequence, at, kind, subject, actor, reason, event_time, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .int(sequence), SQLValue(now), .text(event.kind), .text(event.subject), .text(event.actor), SQLValue(event.reason),
                SQLValue(event.eventTime), .text(data), .text(hash.hex),
            ])
        tail.state = LedgerTail.State(last: (sequence, hash.hex), grew: true)
        return sequence
    }

    private static func end(_ connection: Connection) throws -> (sequence: Int64, hash: String) {
        guard let row = try connection.row("SELECT sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1") else { return (0, origin) }
        return (try row.int("sequence"), try row.text("hash"))
    }

    private static func link(
        previous: String, sequence: Int64, at: Int64, kind: String, subject: String, actor: String, reason: String?, eventTime: Int64?, data: String
    ) -> Digest {
        let content: JSON = [
            "previous": .string(previous), "sequence": .int(sequence), "at": .int(at), "kind": .string(kind), "subject": .string(subject),
            "actor": .string(actor), "reason": JSON(reason), "event_time": eventTime.map(JSON.int) ?? .null, "data": .string(data),
        ]
        return Digest(of: content.description)
    }

    /// Entries that match, in order.
    package func entries(_ filter: LedgerFilter = LedgerFilter()) async throws -> [LedgerEntry] {
        try await database.read { connection in
            var conditions = ["sequence > ?"]
            var arguments: [SQLValue] = [.int(filter.after)]
            if let subject = filter.subject {
                conditions.append("(subject = ? OR (subject > ? AND subject < ?))")
                arguments += [.text(subject), .text(subject + "/"), .text(subject + "0")]
            }
            if let kind = filter.kind {
                conditions.append(kind.hasSuffix(".") ? "(kind > ? AND kind < ?)" : "kind = ?")
                arguments += kind.hasSuffix(".") ? [.text(kind), .text(kind.dropLast() + "/")] : [.text(kind)]
            }
            if let until = filter.until {
                conditions.append("at <= ?")
                arguments.append(SQLValue(until))
            }
            let order = filter.newestFirst ? "DESC" : "ASC"
            return try connection.rows(
                "SELECT * FROM ledger WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence \(order) LIMIT ?",
                arguments + [SQLValue(filter.limit)]
            ).map(LedgerEntry.init(row:))
        }
    }

    /// Recomputes every hash.
    ///
    /// - Returns: how many entries there are.
    /// - Throws: `data_loss` naming the first entry that was changed, removed or put in.
    package func verify() async throws -> Int64 {
        try await database.read { connection in
            var previous = LedgerStore.origin
            var expected: Int64 = 1
            while true {
                let rows = try connection.rows("SELECT * FROM ledger WHERE sequence >= ? ORDER BY sequence LIMIT 1000", [.int(expected)])
                if rows.isEmpty { return expected - 1 }
                for row in rows {
                    let sequence = try row.int("sequence")
                    let hash = LedgerStore.link(
                        previous: previous, sequence: sequence, at: try row.int("at"), kind: try row.text("kind"),
                        subject: try row.text("subject"), actor: try row.text("actor"), reason: row.optionalText("reason"),
                        eventTime: row.optionalInt("event_time"), data: try row.text("data"))
                    guard sequence == expected, hash.hex == row.optionalText("hash") else {
                        throw TernError(
                            .dataLoss, "the ledger does not verify: entry \(expected) was changed or removed",
                            hint: "restore the database from a backup; entries before \(expected) are intact")
                    }
                    previous = hash.hex
                    expected += 1
                }
            }
        }
    }
}

extension LedgerEntry {
    fileprivate init(row: SQLRow) throws {
        guard let hash = Digest(hex: try row.text("hash")) else { throw TernError(.dataLoss, "ledger entry without a hash") }
        self.init(
            sequence: try row.int("sequence"), at: try row.time("at"), kind: try row.text("kind"), subject: try row.text("subject"),
            actor: try row.text("actor"), reason: row.optionalText("reason"), eventTime: row.optionalTime("event_time"),
            data: try JSON(parsing: try row.text("data")), hash: hash)
    }
}
