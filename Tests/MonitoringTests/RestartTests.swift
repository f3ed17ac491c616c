import Monitoring
import Synchronization
import TernKernel
import TernLog
import TernStore
import TernTestSupport
import Testing

@Suite struct RestartTests {
    private struct Findings: Equatable {
        var alerts: [Alert]
        var scores: [WindowScore]
        var quality: [QualityWindow]
        var observations: [VariantObservation]
        var ledger: [String]
    }

    private static let declaration = MonitorDeclaration(
        endpoint: "price", owner: "grid@example.com", drift: DriftMonitor(window: .days(7), windows: 2),
        quality: QualityMonitor(metric: "f1", atLeast: 0.7, labelsWithin: .days(2), window: .days(7)), health: HealthMonitor(missing: 0.1))

    /// A history with drift, a new version, bad quality, late rows, missing values; `disturb` is called after every request.
    private func run(_ disturb: (Int, inout World) async throws -> Void) async throws -> Findings {
        var findings: Findings?
        try await World.with(RestartTests.declaration) { world in
            var numbers: [Int: Int64] = [:]
            for day in 0..<66 {
                let version = day < 33 ? 1 : 2
                let shift = (14..<40).contains(day) ? 2.5 : 0
                var inputs = World.columns(day: day, shift: shift)
                if (45..<53).contains(day) { inputs[2] = Column("still", .int(Array(repeating: nil, count: 48))) }
                numbers[day] = world.ask(day: day, version: version, shadows: ["alone"], inputs: inputs)
                if day % 3 == 0 { world.ask(day: day, version: 2, role: .canary) }
                if day % 11 == 5 { world.ask(day: day - 5, rows: 4, shift: 40) }
                if day % 13 == 5 { world.ask(day: day, error: "out of memory") }
                if let known = numbers[day - 2] { try await world.label(known, wrong: (20..<35).contains(day) ? 14 : 2) }
                if day % 5 == 4, let old = numbers[day - 4] { try await world.label(old, wrong: 3) }
                try await disturb(day, &world)
            }
            try await world.settle()
            findings = Findings(
                alerts: try await world.service.alerts(),
                scores: try await world.service.drift("price") + (try await world.service.health("price")),
                quality: try await world.service.quality("price"),
                observations: try await world.service.observe("price", since: start + .days(40)),
                ledger: try await world.ledger("alert.").map { "\($0.kind) \($0.subject) \($0.reason ?? "") \($0.eventTime?.description ?? "")" })
            #expect(try await LedgerStore(world.database).verify() > 0)
        }
        return try #require(findings)
    }

    @Test func `restarts and crashes in the middle find the same as none`() async throws {
        let calm = try await run { _, world in try await world.settle() }
        #expect(calm.alerts.contains { $0.monitor == .drift && $0.column == "vic_price" })
        #expect(calm.alerts.contains { $0.monitor == .quality && $0.state == .resolved })
        #expect(calm.alerts.contains { $0.monitor == .health && $0.column == "still" && $0.state == .resolved })
        #expect(calm.quality.count > 10)

        let restarted = try await run { _, world in
            _ = try await world.service.advance("price")
            world.restart()
        }
        #expect(restarted == calm)

        var crashes = 0
        let crashing = try await run { day, world in
            world.log.failing.withLock { $0 = 2 + day % 4 }
            for _ in 0..<3 { do { _ = try await world.service.advance("price") } catch { crashes += 1 } }
            world.log.failing.withLock { $0 = 0 }
            if day % 3 == 0 { world.restart() }
            try await world.settle()
        }
        #expect(crashing == calm)
        #expect(crashes > 30, "the log failed in the middle of things \(crashes) times")
    }

    @Test func `a monitor that sleeps through everything finds the same scores and drift alerts`() async throws {
        let awake = try await run { _, world in try await world.settle() }
        let asleep = try await run { _, _ in }
        #expect(asleep.scores == awake.scores)
        #expect(asleep.observations == awake.observations)
        #expect(asleep.alerts.map(\.message) == awake.alerts.map(\.message))
        #expect(asleep.alerts.map(\.raisedEventTime) == awake.alerts.map(\.raisedEventTime))
        #expect(asleep.quality == awake.quality)
    }

    @Test func `what is stored lets the log forget what nobody needs`() async throws {
        try await World.with(RestartTests.declaration) { world in
            for day in 0..<40 {
                let number = world.ask(day: day)
                try await world.label(number)
                try await world.settle()
            }
            // Open: the drift window from day 35 on; quality is judged and complete up to there as well.
            #expect(world.log.lowWater.withLock { $0 } == 35 * 7)
        }
    }
}
