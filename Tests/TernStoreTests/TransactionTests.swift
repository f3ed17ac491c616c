import TernKernel
import TernStore
import TernTestSupport
import Testing

private let counters = [
    Migration(
        "2026-11-test-counters",
        ["CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)", "INSERT INTO counters (name, value) VALUES ('a', 0)"])
]

extension Database {
    /// Reads, then writes: loses counts where writers do not wait for each other.
    fileprivate func count() async throws {
        try await write { transaction in
            let value = try transaction.row("SELECT value FROM counters WHERE name = 'a'")?.int("value") ?? 0
            try transaction.execute("UPDATE counters SET value = ? WHERE name = 'a'", [.int(value + 1)])
            try transaction.record(LedgerEvent("counter.counted", subject: "counter/a", by: "test"))
        }
    }

    fileprivate var value: Int64? {
        get async throws { try await read { try $0.row("SELECT value FROM counters WHERE name = 'a'")?.int("value") } }
    }
}

@Suite struct TransactionTests {
    @Test func `an error that a write ignores does not let half of it through`() async throws {
        try await withDatabase(counters) { database async throws in
            // Alone and in company.
            for others in [0, 20] {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<others { group.addTask { try await database.count() } }
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                try transaction.execute("INSERT INTO counters (name, value) VALUES ('b', 1)")
                                try transaction.execute("INSERT INTO counters (name, value) VALUES ('b', 2)")
                            }
                            Issue.record("a second row with the same key was taken")
                        } catch let error as TernError {
                            #expect(error.code == .alreadyExists)
                            #expect(error.message == "already exists: UNIQUE constraint failed: counters.name")
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await database.value == 20)
            #expect(try await database.read { try $0.rows("SELECT name FROM counters") }.count == 1)
            #expect(try await LedgerStore(database).verify() == 20)
        }
    }

    @Test func `a write that changes nothing is fine, and so is one that only reads`() async throws {
        try await withDatabase(counters) { database async throws in
            #expect(try await database.write { _ in 7 } == 7)
            #expect(try await database.write { try $0.row("SELECT value FROM counters")?.int("value") } == 0)
        }
    }

    @Test func `a read sees one moment`() async throws {
        try await withDatabase(counters) { database async throws in
            let (signals, signal) = AsyncStream.makeStream(of: Void.self)
            let (moves, move) = AsyncStream.makeStream(of: Void.self)
            async let both = database.read { connection in
                let first = try connection.row("SELECT value FROM counters")?.int("value")
                signal.yield()
                // The other side writes meanwhile; the thread of a read may block.
                let moved = Blocking.first(of: moves)
                return (first, try connection.row("SELECT value FROM counters")?.int("value"), moved)
            }
            var iterator = signals.makeAsyncIterator()
            _ = await iterator.next()
            try await database.count()
            move.yield()
            let seen = try await both
            #expect(seen.0 == 0 && seen.1 == 0 && seen.2)
            #expect(try await database.value == 1)
        }
    }
}

@Suite(.enabled(if: TestPostgres.isPresent)) struct SharedDatabaseTests {
    private func withTwo(_ body: (Database, Database) async throws -> Void) async throws {
        try await TestPostgres.withSchema { url in
            let first = try Database(.postgresql(url), migrations: counters)
            defer { try? first.close() }
            let second = try Database(.postgresql(url), migrations: counters)
            defer { try? second.close() }
            try await body(first, second)
        }
    }

    @Test func `two servers that write at once lose nothing, and the ledger stays one chain`() async throws {
        try await withTwo { first, second async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 { group.addTask { try await (number % 2 == 0 ? first : second).count() } }
                try await group.waitForAll()
            }
            #expect(try await first.value == 200)
            #expect(try await LedgerStore(second).verify() == 200)
        }
    }

    @Test func `a server hears of what another appends to the ledger, and after a broken connection, too`() async throws {
        try await withTwo { first, second async throws in
            let changes = second.ledgerChanges.follow()
            var iterator = changes.makeAsyncIterator()
            // Until the listener is connected nothing is promised, so it is told again and again.
            let teller = Task {
                while !Task.isCancelled {
                    try await first.count()
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            await iterator.next()
            await iterator.next()
            try await first.write { transaction in
                _ = try transaction.rows(
                    """
                    SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity
                    WHERE query LIKE 'LISTEN tern_ledger_' || md5(current_schema())
                    """)
            }
            await iterator.next()
            await iterator.next()
            teller.cancel()
        }
    }

    @Test func `broken connections are replaced: reads and writes go on`() async throws {
        try await withTwo { first, second async throws in
            for round in 1...3 {
                try await second.write { transaction in
                    // Every connection of this schema but this one, whose own transaction must end well.
                    _ = try transaction.rows(
                        """
                        SELECT pg_terminate_backend(a.pid) AS done FROM pg_stat_activity a
                        WHERE a.pid <> pg_backend_pid() AND a.query LIKE '%' || current_schema() || '%'
                        """)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask { try await first.count() }
                        group.addTask { _ = try await first.value }
                    }
                    try await group.waitForAll()
                }
                #expect(try await first.value == Int64(round) * 10)
            }
        }
    }

    @Test func `a connection that dies in the middle of a write costs it nothing`() async throws {
        try await withTwo { first, second async throws in
            let attempts = Attempts()
            try await first.write { transaction in
                try transaction.execute("UPDATE counters SET value = value + 1 WHERE name = 'a'")
                if attempts.next() == 1 { _ = try transaction.rows("SELECT pg_terminate_backend(pg_backend_pid()) AS done") }
            }
            #expect(attempts.next() == 3)
            #expect(try await second.value == 1)
        }
    }

    @Test func `a column that another server adds does not disturb statements that are prepared`() async throws {
        try await withTwo { first, second async throws in
            for _ in 0..<3 { _ = try await first.read { try $0.rows("SELECT * FROM counters") } }
            try await second.write { try $0.execute("ALTER TABLE counters ADD COLUMN note TEXT") }
            #expect(try await first.read { try $0.rows("SELECT * FROM counters") }.count == 1)
        }
    }

    @Test func `more statements than the cache holds are all answered`() async throws {
        try await withTwo { first, _ async throws in
            for round in 0..<3 {
                for number in 0..<400 {
                    let answer = try await first.write { try $0.row("SELECT ? + \(number) AS sum", [.int(Int64(round))])?.int("sum") }
                    #expect(answer == Int64(round + number))
                }
            }
        }
    }

    @Test func `a database that is not there is unavailable, and says what to do`() throws {
        let error = try #require(throws: TernError.self) { try Database(.postgresql("postgresql://tern@127.0.0.1:1/tern"), migrations: []) }
        #expect(error.code == .unavailable && error.hint != nil)
    }
}
