import Monitoring
import TernKernel
import TernLog
import TernTestSupport
import Testing

@Suite struct HealthTests {
    private static func declaration(_ health: HealthMonitor) -> MonitorDeclaration {
        MonitorDeclaration(endpoint: "price", owner: "grid@example.com", health: health)
    }

    @Test func `missing values above the limit raise an alert for their feature`() async throws {
        try await World.with(HealthTests.declaration(HealthMonitor(missing: 0.1))) { world in
            for day in 0..<4 {
                var inputs = World.columns(day: day)
                if day == 1 || day == 2 {
                    inputs[0] = Column("vic_price", .double((0..<48).map { $0 < 12 ? ($0 % 2 == 0 ? nil : .nan) : 1 }))
                }
                world.ask(day: day, inputs: inputs)
            }
            world.ask(day: 4)
            try await world.settle()
            let alerts = try await world.service.alerts()
            #expect(alerts.map(\.message) == ["vic_price is missing in 25% of rows (> 10%) in 1997-05-16…1997-05-17"])
            #expect(alerts.map(\.state) == [.resolved])
            #expect(alerts.first?.resolvedEventTime == start + .days(4) + .minutes(47 * 30))
            #expect(try await world.service.health("price").filter { $0.column == "vic_price" }.map(\.score) == [0, 0.25, 0.25, 0])
            #expect(try await world.service.drift("price") == [])
        }
    }

    @Test func `silence is noticed by the wall clock and ends with the next request`() async throws {
        try await World.with(HealthTests.declaration(HealthMonitor(stale: .hours(1)))) { world in
            world.clock.advance(by: .hours(5))
            try await world.settle()
            #expect(try await world.service.alerts() == [], "nobody ever asked")
            world.ask(day: 0)
            world.clock.advance(by: .minutes(59))
            try await world.settle()
            #expect(try await world.service.alerts() == [])
            world.clock.advance(by: .minutes(13))
            try await world.settle()
            let alert = try #require(try await world.service.alerts(state: .open).first)
            #expect(alert.message.hasPrefix("no request came for 1h12m (> 1h), since "), "\(alert.message)")
            // A server that has just started did not watch during the silence: it neither raises nor resolves.
            world.restart()
            try await world.settle()
            #expect(try await world.service.alerts(state: .open).count == 1)
            world.ask(day: 1)
            try await world.settle()
            #expect(try await world.service.alerts(state: .open).isEmpty)
        }
    }
}
