import Monitoring
import TernKernel
import TernLog
import Testing

@Suite struct QualityTests {
    /// Asks day by day, labels each day two days later, as the market does.
    private func replay(_ world: World, _ days: Range<Int>, wrong: (Int) -> Int, shadows: [String] = []) async throws {
        var numbers: [Int: Int64] = [:]
        for day in days {
            numbers[day] = world.ask(day: day, shadows: shadows)
            if let known = numbers[day - 2] { try await world.label(known, wrong: wrong(day - 2)) }
            try await world.settle()
        }
    }

    @Test func `a fall below the floor raises an alert with numbers, and the first good window resolves it`() async throws {
        try await World.with(.quality()) { world in
            // Week 1: 12 of 24 of each class are wrong, so f1 of class 1 is 0.5.
            try await replay(world, 0..<31) { $0 / 7 == 1 ? 12 : 0 }
            let alerts = try await world.service.alerts()
            let alert = try #require(alerts.first)
            #expect(alerts.count == 1)
            #expect(alert.monitor == .quality)
            #expect(alert.column == nil)
            #expect(alert.state == .resolved)
            #expect(alert.raisedEventTime == start + .days(16) + .minutes(47 * 30))
            #expect(alert.message.hasPrefix("f1 0.5 < 0.7 in 1997-05-22…1997-05-29, "), "\(alert.message)")
            #expect(alert.evidence["labelled"] == 336)
            #expect(alert.evidence["rows"] == 336)

            let windows = try await world.service.quality("price")
            #expect(windows.map(\.from) == [0, 7, 14, 21].map { start + .days($0) })
            #expect(windows.map(\.passed) == [true, false, true, true])
            #expect(windows.allSatisfy { $0.role == "kept" && $0.rows == 336 })
            #expect(windows.prefix(3).allSatisfy { $0.labelled == 336 && $0.coverage == 1 && $0.state == .final })
            #expect(windows[1].metrics["accuracy"] == 0.5)
            #expect(windows[1].metrics["precision"] == 0.5)
            #expect(windows[1].metrics["recall"] == 0.5)
            #expect(windows[1].metrics["f1"] == 0.5)
            #expect(windows[0].metrics["roc_auc"] == 1)
        }
    }

    @Test func `metrics are those computed by hand`() async throws {
        try await World.with(.quality(atLeast: 0.1)) { world in
            // 48 rows: 24 predicted 1 (rows 0, 2, …) and 24 predicted 0, of each of which the first 6 are wrong; one label is missing.
            let number = world.ask(day: 0)
            let values = (0..<48).map { row -> JSON in
                if row == 47 { return .null }
                let answered = row % 2 == 0
                return .bool(row < 12 ? !answered : answered)
            }
            let receipt = try await world.service.feedback(prediction: "price-\(number)", values: values, by: admin)
            #expect(receipt == FeedbackReceipt(accepted: 47))
            world.ask(day: 9)
            try await world.settle()
            let window = try #require(try await world.service.quality("price").first)
            // TP 18, FP 6, FN 6, TN 17.
            #expect(window.labelled == 47)
            #expect(window.state == .provisional)
            #expect(window.metrics["precision"] == 18.0 / 24)
            #expect(window.metrics["recall"] == 18.0 / 24)
            #expect(window.metrics["f1"] == 36.0 / 48)
            #expect(window.metrics["accuracy"] == 35.0 / 47)
        }
    }

    @Test func `too few labels are no verdict, until they come`() async throws {
        try await World.with(.quality()) { world in
            let number = world.ask(day: 0)
            world.ask(day: 9)
            try await world.settle()
            #expect(try await world.service.quality("price").map(\.status) == ["notEnoughLabels"])
            #expect(try await world.service.alerts() == [])
            try await world.label(number, wrong: 24)
            try await world.settle()
            let window = try #require(try await world.service.quality("price").first)
            #expect(window.status == "ok")
            #expect(window.passed == false)
            #expect(window.metrics["f1"] == 0)
            #expect(try await world.service.alerts(state: .open).map(\.monitor) == [.quality])
        }
    }

    @Test func `a changed label changes the stored window, not the verdict`() async throws {
        try await World.with(.quality()) { world in
            let number = world.ask(day: 0)
            let values = (0..<48).map { JSON.int($0 % 2 == 0 ? 1 : 0) }
            _ = try await world.service.feedback(prediction: "price-\(number)", values: Array(values.prefix(47)) + [.null], by: admin)
            world.ask(day: 9)
            try await world.settle()
            #expect(try await world.service.quality("price").first?.metrics["accuracy"] == 1)
            let receipt = try await world.service.feedback(
                (0..<47).map { FeedbackItem(id: "price-\(number).\($0)", value: .int($0 % 2 == 0 ? 0 : 1)) }, by: admin)
            #expect(receipt == FeedbackReceipt(repeated: 47, changed: 47))
            try await world.settle()
            #expect(try await world.service.quality("price").first?.metrics["accuracy"] == 0)
            #expect(try await world.service.alerts() == [])
        }
    }

    @Test func `labels are waited for one window longer, then the window is final`() async throws {
        try await World.with(.quality()) { world in
            let number = world.ask(day: 0)
            world.ask(day: 9)
            try await world.settle()
            #expect(try await world.service.quality("price").map(\.state) == [.provisional])
            for day in 10..<18 { world.ask(day: day) }
            try await world.settle()
            #expect(try await world.service.quality("price").first?.state == .final)
            try await world.label(number)
            try await world.settle()
            #expect(try await world.service.quality("price").first?.labelled == 0)
        }
    }

    @Test func `shadows have a line of their own and raise nothing`() async throws {
        try await World.with(.quality()) { world in
            try await replay(world, 0..<10, wrong: { _ in 0 }, shadows: ["alone"])
            let windows = try await world.service.quality("price")
            #expect(windows.map(\.variant) == ["kept", "alone"])
            #expect(windows.map(\.role) == ["kept", "shadow"])
            #expect(windows.map(\.rows) == [336, 336])
            #expect(try await world.service.alerts() == [])
        }
    }

    @Test func `a week without any positive is undefined for f1, not bad`() async throws {
        try await World.with(.quality()) { world in
            let zeros = [Column("predicted", .text(Array(repeating: "0", count: 48)))]
            let number = world.ask(day: 0, outputs: zeros)
            _ = try await world.service.feedback(prediction: "price-\(number)", values: Array(repeating: 0, count: 48), by: admin)
            world.ask(day: 9)
            try await world.settle()
            let window = try #require(try await world.service.quality("price").first)
            #expect(window.status == "undefined")
            #expect(window.metrics["accuracy"] == 1)
            #expect(try await world.service.alerts() == [])
        }
    }
}
