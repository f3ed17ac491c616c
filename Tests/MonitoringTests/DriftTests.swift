import Monitoring
import Synchronization
import TernKernel
import TernLog
import TernStats
import TernStore
import Testing

@Suite struct DriftTests {
    @Test func `a shifted feature is found, told to the owner with numbers, and resolved by the first good window`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 0..<7 { world.ask(day: day) }
            for day in 7..<21 { world.ask(day: day, shift: 2) }
            for day in 21..<29 { world.ask(day: day) }
            try await world.settle()

            let scores = try await world.service.drift("price").filter { $0.monitor == .drift }
            #expect(scores.map(\.column) == Array(repeating: "vic_price", count: 4))
            #expect(scores.map(\.drifted) == [false, true, true, false])
            #expect(scores.map(\.from) == [0, 7, 14, 21].map { start + .days($0) })
            #expect(scores.allSatisfy { $0.rows == 336 && $0.to == $0.from + .days(7) })

            let alerts = try await world.service.alerts()
            let alert = try #require(alerts.first)
            #expect(alerts.count == 1)
            #expect(alert.monitor == .drift)
            #expect(alert.column == "vic_price")
            #expect(alert.owner == "grid@example.com")
            #expect(alert.state == .resolved)
            #expect(alert.raisedEventTime == start + .days(14) + .minutes(47 * 30))
            #expect(alert.resolvedEventTime == start + .days(28) + .minutes(47 * 30))
            #expect(alert.message.hasPrefix("vic_price drifted: KS "), "\(alert.message)")
            #expect(alert.message.contains("in 1997-05-22…1997-05-29, mean "), "\(alert.message)")
            let before = try #require(alert.evidence["before"]?["mean"]?.doubleValue)
            let after = try #require(alert.evidence["after"]?["mean"]?.doubleValue)
            #expect(abs(before) < 0.1)
            #expect(abs(after - 2) < 0.3)

            let raised = try await world.ledger("alert.raised")
            #expect(raised.count == 1)
            #expect(raised.first?.subject == "endpoint/price/alert/1")
            #expect(raised.first?.eventTime == alert.raisedEventTime)
            #expect(try await world.ledger("alert.resolved").count == 1)
        }
    }

    @Test func `traffic like the reference raises nothing in twenty weeks`() async throws {
        try await World.with(.drift()) { world in
            for day in 0..<141 { world.ask(day: day) }
            try await world.settle()
            #expect(try await world.service.alerts() == [])
            let scores = try await world.service.drift("price")
            #expect(Set(scores.map(\.column)) == ["vic_price", "region", "still", "predicted", "score"])
            #expect(scores.count == 5 * 20)
            #expect(scores.allSatisfy { $0.column != "still" || $0.status == "constant" })
        }
    }

    @Test func `an alert needs as many windows in a row as declared`() async throws {
        try await World.with(.drift(windows: 2, columns: ["vic_price"])) { world in
            for day in 0..<36 {
                // Weeks 0 and 2, then 3: bad, good, bad, bad.
                world.ask(day: day, shift: day / 7 == 1 ? 0 : 3)
                try await world.settle()
                let alerts = try await world.service.alerts(state: .open).filter { $0.monitor == .drift }
                #expect(alerts.count == (day >= 28 ? 1 : 0), "day \(day)")
            }
        }
    }

    @Test func `other answers than on the reference are prediction drift`() async throws {
        try await World.with(.drift(columns: [])) { world in
            let ones = [Column("predicted", .text(Array(repeating: "1", count: 48))), Column("score", .double(Array(repeating: 0.9, count: 48)))]
            for day in 0..<8 { world.ask(day: day, outputs: ones) }
            try await world.settle()
            let alerts = try await world.service.alerts(state: .open)
            #expect(alerts.map(\.monitor) == [.predictionDrift, .predictionDrift])
            #expect(alerts.map(\.column) == ["predicted", "score"])
            #expect(alerts.first?.message.contains("100%") == true, "\(alerts.first?.message ?? "")")
        }
    }

    @Test func `a new primary starts afresh`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            world.log.profiles.withLock { profiles in
                var shifted = Profile(rows: 0)
                var part = ColumnProfile(.numeric)
                for day in 0..<100 { for value in World.columns(day: 20_000 + day, shift: 3)[0].numbers ?? [] { part.add(value) } }
                shifted.columns["vic_price"] = part
                profiles[2] = shifted
            }
            for day in 0..<10 { world.ask(day: day, shift: 3) }
            try await world.settle()
            #expect(try await world.service.alerts(state: .open).map(\.column) == ["vic_price"])
            // Version 2 takes over in the middle of the second week.
            for day in 10..<22 { world.ask(day: day, shift: 3, version: 2) }
            try await world.settle()
            let alert = try #require(try await world.service.alerts().first)
            #expect(alert.state == .resolved)
            #expect(alert.resolution?.contains("version 2") == true)
            let scores = try await world.service.drift("price").filter { $0.monitor == .drift }
            #expect(scores.map(\.status) == ["ok", "versionChanged", "ok"])
            #expect(scores.map(\.drifted) == [true, false, false])
            #expect(try await world.service.alerts().count == 1)
        }
    }

    @Test func `a canary's traffic counts as features, its answers do not count as the primary's`() async throws {
        try await World.with(.drift()) { world in
            for day in 0..<8 {
                world.ask(day: day)
                let ones = [Column("predicted", .text(Array(repeating: "1", count: 48)))]
                world.ask(day: day, version: 2, role: .canary, outputs: ones)
                world.ask(day: day, shift: 9, version: 2, role: .canary, error: "boom")
            }
            try await world.settle()
            let scores = try await world.service.drift("price")
            #expect(scores.first { $0.column == "vic_price" }?.rows == 2 * 336)
            #expect(scores.first { $0.column == "predicted" }?.rows == 336)
            #expect(scores.allSatisfy { !$0.drifted })
        }
    }

    @Test func `columns that cannot be compared have a status and stop nothing`() async throws {
        try await World.with(.drift()) { world in
            let rows = 48
            let odd = [
                Column("vic_price", .double(Array(repeating: nil, count: rows))), Column("region", .double(Array(repeating: .nan, count: rows))),
                Column("still", .text(Array(repeating: "x", count: rows))), Column("fresh", .double(Array(repeating: .infinity, count: rows))),
            ]
            for day in 0..<8 { world.ask(day: day, inputs: odd) }
            try await world.settle()
            let statuses = Dictionary(uniqueKeysWithValues: try await world.service.drift("price").map { ($0.column, $0.status) })
            #expect(statuses["vic_price"] == "allMissing")
            #expect(statuses["region"] == "allMissing")
            #expect(statuses["still"] == "allMissing")
            #expect(statuses["fresh"] == "noReference")
        }
    }

    @Test func `a small window is not enough data, and a version without a profile has no reference`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            world.ask(day: 0, rows: 5, shift: 9)
            world.ask(day: 7, shift: 9, version: 3)
            for day in 8..<22 { world.ask(day: day, shift: 9, version: 3) }
            try await world.settle()
            let scores = try await world.service.drift("price").filter { $0.monitor == .drift }
            // The first window was answered by version 1, but version 3 answers when it closes.
            #expect(scores.map(\.status) == ["versionChanged", "noReference", "noReference"])
            #expect(try await world.service.alerts() == [])
        }
        try await World.with(.drift(columns: ["vic_price"])) { world in
            world.ask(day: 0, rows: 5, shift: 9)
            world.ask(day: 7, shift: 9)
            try await world.settle()
            #expect(try await world.service.drift("price").first { $0.column == "vic_price" }?.status == "notEnoughData")
        }
    }

    @Test func `rows that come after their window has closed are counted and change nothing`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 0..<8 { world.ask(day: day) }
            try await world.settle()
            let before = try await world.service.drift("price")
            world.ask(day: 2, shift: 50)
            world.ask(day: 14)
            try await world.settle()
            let after = try await world.service.drift("price")
            #expect(after.prefix(before.count) == before[...])
            #expect(after.last?.rows == 48)
            #expect(try await world.service.clock("price") == start + .days(14) + .minutes(47 * 30))
        }
    }

    @Test func `the window in which an endpoint began is not judged`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 5..<15 { world.ask(day: day, shift: 3) }
            try await world.settle()
            let scores = try await world.service.drift("price").filter { $0.monitor == .drift }
            #expect(scores.map(\.status) == ["partial", "ok"])
            #expect(scores.map(\.drifted) == [false, true])
        }
    }

    @Test func `switching a monitor off resolves its alerts`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 0..<8 { world.ask(day: day, shift: 3) }
            try await world.settle()
            #expect(try await world.service.alerts(state: .open).count == 1)
            try await world.service.apply([], by: admin)
            #expect(try await world.service.alerts(state: .open).isEmpty)
            #expect(try await world.service.alerts().first?.resolution == "the monitor was switched off")
            for day in 8..<20 { world.ask(day: day, shift: 3) }
            try await world.settle()
            #expect(try await world.service.alerts().count == 1)
        }
    }

    @Test func `a declaration that cannot work is refused`() async throws {
        try await World.with(nil) { world in
            try await world.settle()
            let service = world.service
            let magic = MonitorDeclaration(endpoint: "price", owner: "", drift: DriftMonitor(window: .days(7), method: "magic"))
            await #expect(throws: TernError.self) { try await service.apply([magic], by: admin) }
            await #expect(throws: TernError.self) { try await service.apply([.quality("log_loss")], by: admin) }
            await #expect(throws: TernError.self) { try await service.apply([.drift()], by: Identity(name: "vera", role: .viewer)) }
            #expect(try await service.declarations() == [])
        }
    }

    @Test func `an alert can be acknowledged once, by name`() async throws {
        try await World.with(.drift(columns: ["vic_price"])) { world in
            for day in 0..<8 { world.ask(day: day, shift: 3) }
            try await world.settle()
            let alert = try await world.service.acknowledge(1, by: admin)
            #expect(alert.acknowledgedBy == "ada")
            #expect(try await world.service.acknowledge(1, by: Identity(name: "bob", role: .editor)).acknowledgedBy == "ada")
            #expect(try await world.ledger("alert.acknowledged").count == 1)
            let service = world.service
            await #expect(throws: TernError.self) { try await service.acknowledge(99, by: admin) }
        }
    }
}
