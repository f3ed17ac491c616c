import Monitoring
import TernKernel
import TernLog
import TernTestSupport
import Testing

@Suite struct ObservationTests {
    @Test func `each variant's requests, rows, errors, latency and right answers are counted from a moment on`() async throws {
        try await World.with(nil) { world in
            for day in 0..<5 { world.ask(day: day) }
            try await world.settle()
            let since = try await world.service.clock("price")
            #expect(since == start + .days(4) + .minutes(47 * 30))
            #expect(try await world.service.observe("price", since: since) == [])
            let kept = world.ask(day: 5, latency: 1000)
            let tried = world.ask(day: 5, version: 2, role: .canary, shadows: ["alone"], latency: 3000)
            world.ask(day: 6, version: 2, role: .canary, error: "boom")
            world.ask(day: 6, rows: 10, version: 2, role: .canary, latency: 9000)
            try await world.label(kept, wrong: 1)
            try await world.label(tried, wrong: 6)
            try await world.settle()

            let seen = try await world.service.observe("price", since: since, latencyLimit: Period(milliseconds: 5))
            let primary = try #require(seen.first { $0.variant.role == .primary })
            let canary = try #require(seen.first { $0.variant.role == .canary })
            let shadow = try #require(seen.first { $0.variant.role == .shadow })
            #expect(seen.count == 3)
            #expect(primary.requests == 1 && primary.rows == 48 && primary.errors == 0)
            #expect(primary.labelled == 48 && primary.correct == 46)
            #expect(canary.requests == 3 && canary.rows == 58 && canary.errors == 1)
            #expect(canary.labelled == 48 && canary.correct == 36)
            #expect(canary.slow == 1 && primary.slow == 0)
            #expect(shadow.correct == 36)
            let p99 = Double(try #require(canary.latencyP99Microseconds))
            #expect(abs(p99 - 9000) < 0.02 * 9000)

            world.restart()
            try await world.settle()
            #expect(try await world.service.observe("price", since: since, latencyLimit: Period(milliseconds: 5)) == seen)
        }
    }

    @Test func `a corrected label moves the count, a repeated one does not`() async throws {
        try await World.with(nil) { world in
            let since = start
            world.ask(day: 1)
            try await world.settle()
            _ = try await world.service.observe("price", since: since)
            for (value, correct) in [(0, 0), (0, 0), (1, 1), (1, 1), (0, 0)] as [(Int64, Int)] {
                _ = try await world.service.feedback([FeedbackItem(id: "price-1.0", value: .int(value))], by: admin)
                try await world.settle()
                let seen = try await world.service.observe("price", since: since)
                #expect(seen.map(\.labelled) == [1])
                #expect(seen.map(\.correct) == [correct])
            }
        }
    }

    @Test func `without event time the wall clock is the endpoint's clock`() async throws {
        try await World.with(.drift()) { world in
            #expect(try await world.service.clock("price") == world.clock.wall.now())
            #expect(try await world.service.eventClock("price") == nil)
            for _ in 0..<8 {
                world.clock.advance(by: .days(1))
                world.log.append(
                    PredictionRecord(
                        prediction: world.log.next(), endpoint: "price",
                        variant: VariantReference(name: "v1", role: .primary, model: "direction", version: 1),
                        at: world.clock.wall.now(), eventTimes: [], rows: 48, latencyMicroseconds: 5, inputs: World.columns(day: 3), outputs: []))
                try await world.settle()
            }
            #expect(try await world.service.eventClock("price") == nil)
            let closed = try await world.service.drift("price").count
            world.clock.advance(by: .days(8))
            try await world.settle()
            #expect(try await world.service.drift("price").count > closed, "time alone closes windows")
        }
    }
}
