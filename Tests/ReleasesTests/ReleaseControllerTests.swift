import TernKernel
import Testing

@testable import Releases

@Suite struct ReleaseControllerTests {
    private static let start = Timestamp("1997-05-02T00:00:00Z") ?? Timestamp(milliseconds: 0)
    private let order = ReleaseController.Order(by: "ann", reason: "said so")

    private func draft(
        from: Int? = 1, strategy: ReleasePlan.Strategy = .canary, steps: [Double] = [0.25, 0.5], every: Period = .days(4)
    ) -> Release {
        let plan = ReleasePlan(strategy: strategy, steps: steps, every: every, minimumRows: 96)
        return Release(
            id: "price-r2", endpoint: "price", number: 2, model: "price-direction", from: from, to: 2, strategy: strategy, plan: plan,
            state: .running,
            step: 0, stepSince: Self.start, since: Self.start, cause: "asked", startedAt: Self.start, startedBy: "ann", evidence: [])
    }

    private func look(_ controller: ReleaseController, days: Int64, _ verdicts: GuardResult.Verdict...) -> ReleaseController.Event {
        let guards = verdicts.map { GuardResult(guard: "errors", verdict: $0, limit: 0.01, message: "5 of 9") }
        return .look(ReleaseController.Look(clock: Self.start + .days(days), step: controller.release.step, guards: guards))
    }

    private func kinds(_ actions: [ReleaseController.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .tryOut(let share): "share \(share)"
            case .promote: "promote"
            case .restore: "restore"
            case .record(let kind, _): kind
            case .keep: "keep"
            }
        }
    }

    private func started(_ release: Release) throws -> ReleaseController {
        var controller = ReleaseController(release)
        _ = try controller.handle(.start)
        return controller
    }

    @Test(arguments: ReleasePlan.Strategy.allCases)
    func `the first release of an empty endpoint is all at once`(strategy: ReleasePlan.Strategy) throws {
        var controller = ReleaseController(draft(from: nil, strategy: strategy))
        #expect(kinds(try controller.handle(.start)) == ["release.started", "promote", "release.promoted"])
        #expect(controller.release.state == .promoted)
        #expect(controller.release.share == 1)
    }

    @Test func `all at once takes over at once`() throws {
        var controller = ReleaseController(draft(strategy: .allAtOnce))
        #expect(kinds(try controller.handle(.start)) == ["release.started", "promote", "release.promoted"])
    }

    @Test func `a canary starts with its first share`() throws {
        var controller = ReleaseController(draft())
        #expect(kinds(try controller.handle(.start)) == ["share 0.25", "release.started"])
        #expect(controller.release.state == .running)
    }

    @Test func `a canary steps by the clock and then takes over`() throws {
        var controller = try started(draft())
        #expect(try controller.handle(look(controller, days: 3, .pass)).isEmpty)
        #expect(kinds(try controller.handle(look(controller, days: 4, .pass))) == ["share 0.5", "release.stepped"])
        #expect(controller.release.stepSince == Self.start + .days(4))
        #expect(controller.release.since == Self.start)
        #expect(try controller.handle(look(controller, days: 7, .pass)).isEmpty)
        #expect(kinds(try controller.handle(look(controller, days: 8, .pass))) == ["promote", "release.promoted"])
        #expect(controller.release.state == .promoted)
        #expect(controller.release.endedBy == "tern/releases")
        #expect(try controller.handle(look(controller, days: 20, .fail)).isEmpty)
    }

    @Test func `a step waits for data however long it takes`() throws {
        var controller = try started(draft())
        #expect(try controller.handle(look(controller, days: 400, .pass, .notEnoughData)).isEmpty)
        #expect(controller.release.step == 0)
        #expect(kinds(try controller.handle(look(controller, days: 401, .pass, .pass))) == ["share 0.5", "release.stepped"])
    }

    @Test func `a failed guard rolls back before the step is over, and says which`() throws {
        var controller = try started(draft())
        let actions = try controller.handle(look(controller, days: 1, .pass, .fail, .notEnoughData))
        #expect(kinds(actions) == ["restore", "release.rolled_back"])
        guard case .record(_, let cause)? = actions.last else {
            Issue.record("nothing recorded")
            return
        }
        #expect(cause == "guard errors: 5 of 9")
        #expect(controller.release.state == .rolledBack)
        #expect(controller.release.evidence.count == 3)
        #expect(controller.release.share == 0)
    }

    @Test func `a look at an earlier step says nothing about this one`() throws {
        var controller = try started(draft())
        let old = look(controller, days: 9, .fail)
        _ = try controller.handle(look(controller, days: 4, .pass))
        #expect(try controller.handle(old).isEmpty)
        #expect(controller.release.state == .running)
    }

    @Test func `a shadow is watched for one step and then takes over`() throws {
        var controller = ReleaseController(draft(strategy: .shadow))
        #expect(kinds(try controller.handle(.start)) == ["share 0.0", "release.started"])
        #expect(try controller.handle(look(controller, days: 3, .pass)).isEmpty)
        #expect(kinds(try controller.handle(look(controller, days: 4, .pass))) == ["promote", "release.promoted"])
    }

    @Test func `a paused release neither steps nor ends well, but its guards stand`() throws {
        var controller = try started(draft())
        #expect(kinds(try controller.handle(.pause(order))) == ["release.paused"])
        #expect(throws: TernError.self) { try controller.handle(.pause(order)) }
        #expect(try controller.handle(look(controller, days: 30, .pass)).isEmpty)
        var resumed = controller
        #expect(kinds(try resumed.handle(.resume(order))) == ["release.resumed"])
        #expect(kinds(try resumed.handle(look(resumed, days: 30, .pass))) == ["share 0.5", "release.stepped"])
        #expect(kinds(try controller.handle(look(controller, days: 31, .fail))) == ["restore", "release.rolled_back"])
    }

    @Test func `promote skips the steps that are left`() throws {
        var controller = try started(draft())
        #expect(kinds(try controller.handle(.promote(order))) == ["promote", "release.promoted"])
        #expect(controller.release.endedBy == "ann")
        #expect(controller.release.outcome == "said so")
    }

    @Test func `abort gives the traffic back`() throws {
        var controller = try started(draft())
        #expect(kinds(try controller.handle(.abort(order))) == ["restore", "release.aborted"])
        #expect(controller.release.state == .aborted)
    }

    @Test func `a promoted release can be rolled back once`() throws {
        var controller = try started(draft(strategy: .allAtOnce))
        #expect(kinds(try controller.handle(.rollBack(order))) == ["restore", "release.rolled_back"])
        #expect(throws: TernError.self) { try controller.handle(.rollBack(order)) }
    }

    @Test func `an endpoint's first version has nothing to roll back to`() throws {
        var controller = try started(draft(from: nil))
        let error = #expect(throws: TernError.self) { try controller.handle(.rollBack(order)) }
        #expect(error?.code == .conflict)
        #expect(controller.release.state == .promoted)
    }

    @Test func `a release that ended takes no orders`() throws {
        var controller = try started(draft())
        _ = try controller.handle(.abort(order))
        let ended = controller.release
        for event in [ReleaseController.Event.pause(order), .resume(order), .promote(order), .abort(order), .rollBack(order)] {
            #expect(throws: TernError.self) { try controller.handle(event) }
        }
        #expect(controller.release == ended)
    }

    @Test func `resume needs a pause`() throws {
        var controller = try started(draft())
        #expect(throws: TernError.self) { try controller.handle(.resume(order)) }
    }

    @Test func `a clock that turns to the data's time starts the step anew`() throws {
        var controller = try started(draft())
        #expect(kinds(try controller.handle(look(controller, days: -300, .pass))) == ["keep"])
        #expect(controller.release.stepSince == Self.start - .days(300))
        #expect(controller.release.since == Self.start - .days(300))
        #expect(try controller.handle(look(controller, days: -297, .pass)).isEmpty)
        #expect(kinds(try controller.handle(look(controller, days: -296, .pass))) == ["share 0.5", "release.stepped"])
    }

    @Test func `a stored release goes on exactly where it stood`() throws {
        let events: [(Int64, GuardResult.Verdict)] = [(1, .notEnoughData), (4, .pass), (5, .notEnoughData), (9, .pass), (10, .pass)]
        var whole = try started(draft())
        var pieces = try started(draft())
        for (days, verdict) in events {
            let expected = try whole.handle(look(whole, days: days, verdict))
            // A restart between any two events.
            let stored = try JSON(encoding: pieces.release)
            pieces = ReleaseController(try stored.decode(Release.self))
            #expect(try pieces.handle(look(pieces, days: days, verdict)) == expected)
            #expect(pieces.release == whole.release)
        }
        #expect(whole.release.state == .promoted)
    }
}
