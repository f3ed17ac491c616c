import Monitoring
import TernKernel
import TernLog
import Testing

@Suite struct FeedbackTests {
    @Test func `new, repeated and changed labels are told apart`() async throws {
        try await World.with(nil) { world in
            world.ask(day: 0)
            let first = try await world.service.feedback(
                [FeedbackItem(id: "price-1.0", value: 1), FeedbackItem(id: "price-1.1", value: "0")], by: admin)
            #expect(first == FeedbackReceipt(accepted: 2))
            let second = try await world.service.feedback(
                [FeedbackItem(id: "price-1.0", value: 1.0), FeedbackItem(id: "price-1.1", value: true), FeedbackItem(id: "price-1.2", value: 1)],
                by: admin)
            #expect(second == FeedbackReceipt(accepted: 1, repeated: 2, changed: 1))
            // Twice in one batch: the later one stays.
            let third = try await world.service.feedback(
                [FeedbackItem(id: "price-1.3", value: 1), FeedbackItem(id: "price-1.3", value: 0)], by: admin)
            #expect(third == FeedbackReceipt(accepted: 1, repeated: 1, changed: 1))
        }
    }

    @Test func `one unknown id refuses the batch, names it and stores nothing`() async throws {
        try await World.with(nil) { world in
            world.ask(day: 0)
            try await world.settle()
            let service = world.service
            for id in ["price-2.0", "price-1.48", "other-1.0", "nonsense", "", "price-0.1", "price-1.-1"] {
                let error = await #expect(throws: TernError.self) {
                    try await service.feedback([FeedbackItem(id: "price-1.0", value: 1), FeedbackItem(id: id, value: 1)], by: admin)
                }
                #expect(error?.code == .notFound)
                #expect(error?.details["unknown"] == .array([.string(id)]))
            }
            #expect(try await service.feedback([FeedbackItem(id: "price-1.0", value: 1)], by: admin).accepted == 1)
            let error = await #expect(throws: TernError.self) {
                try await service.feedback([FeedbackItem(id: "price-1.0", value: 1)], endpoint: "demand", by: admin)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func `values that are no labels, and ids without a row, are refused with what to do`() async throws {
        try await World.with(nil) { world in
            world.ask(day: 0)
            world.ask(day: 1, rows: 1)
            try await world.settle()
            let service = world.service
            for value: JSON in [.null, [1], ["a": 1], "", .double(.nan)] {
                let error = await #expect(throws: TernError.self) {
                    try await service.feedback([FeedbackItem(id: "price-1.0", value: value)], by: admin)
                }
                #expect(error?.code == .invalidArgument)
            }
            let error = await #expect(throws: TernError.self) { try await service.feedback([FeedbackItem(id: "price-1", value: 1)], by: admin) }
            #expect(error?.hint?.contains("price-1.0") == true)
            #expect(try await service.feedback([FeedbackItem(id: "price-2", value: 1)], by: admin).accepted == 1)
            await #expect(throws: TernError.self) { try await service.feedback([], by: Identity(name: "vera", role: .viewer)) }
        }
    }

    @Test func `a whole request is labelled at once, with gaps`() async throws {
        try await World.with(nil) { world in
            world.ask(day: 0, rows: 3)
            try await world.settle()
            #expect(try await world.service.feedback(prediction: "price-1", values: [1, .null, 0], by: admin) == FeedbackReceipt(accepted: 2))
            #expect(
                try await world.service.feedback(prediction: "price-1", values: [1, 1, 0], by: admin) == FeedbackReceipt(accepted: 1, repeated: 2))
            let service = world.service
            let short = await #expect(throws: TernError.self) { try await service.feedback(prediction: "price-1", values: [1], by: admin) }
            #expect(short?.code == .invalidArgument)
            let unknown = await #expect(throws: TernError.self) { try await service.feedback(prediction: "price-9", values: [1], by: admin) }
            #expect(unknown?.code == .notFound)
        }
    }

    @Test func `five thousand labels are one fast transaction`() async throws {
        try await World.with(nil) { world in
            for day in 0..<50 { world.ask(day: day, rows: 100) }
            let items = (1...50).flatMap { number in (0..<100).map { FeedbackItem(id: "price-\(number).\($0)", value: .int(Int64($0 % 2))) } }
            try await world.settle()
            let clock = ContinuousClock()
            let begin = clock.now
            #expect(try await world.service.feedback(items, by: admin).accepted == 5000)
            #expect(clock.now - begin < .seconds(5))
        }
    }
}
