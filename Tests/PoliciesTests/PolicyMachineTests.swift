import TernKernel
import Testing

@testable import Policies

let retrain = PolicyAction.retrain(pipeline: "train", dataset: "market", last: .days(90))

func day(_ days: Int64) -> Timestamp { Timestamp(milliseconds: 862_531_200_000) + .days(days) }

func alert(_ id: String, _ monitor: String = "drift", raised: Int64 = 0, resolved: Int64? = nil, column: String? = nil) -> PolicyAlert {
    PolicyAlert(
        id: id, endpoint: "price", monitor: monitor, column: column, message: "\(monitor) of \(column ?? "all")", owner: "grid",
        raisedAt: Timestamp(milliseconds: 1_700_000_000_000), raisedEventTime: day(raised),
        resolvedAt: resolved.map { _ in Timestamp(milliseconds: 1_700_000_060_000) }, resolvedEventTime: resolved.map(day))
}

@Suite struct PolicyMachineTests {
    private func policy(
        on: [String: [PolicyAction]] = ["drift": [.alert, retrain], "quality": [.alert, retrain]], cooldown: Period = .days(21),
        budget: RetrainingBudget? = RetrainingBudget(retrainings: 12, per: .days(365))
    ) -> PolicyDeclaration {
        PolicyDeclaration(endpoint: "price", owner: "grid", on: on, cooldown: cooldown, budget: budget)
    }

    private func facts(_ clock: Int64, _ alerts: [PolicyAlert], retraining: Bool = false, release: Bool = false) -> PolicyMachine.Facts {
        PolicyMachine.Facts(
            clock: day(clock), now: Timestamp(milliseconds: 1_700_000_500_000), alerts: alerts, retrainingInProgress: retraining,
            releaseInProgress: release)
    }

    private func words(_ actions: [PolicyMachine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .notify(let alerts): "notify " + alerts.map { $0.id + ($0.resolvedAt == nil ? "" : "!") }.joined(separator: ",")
            case .rollBack(let alert): "roll back \(alert.id)"
            case .retrain(let pipeline, _, _, let because): "\(pipeline) for \(because.map(\.id).joined(separator: ","))"
            case .skipped(let reason, _, _): "skip \(reason.rawValue)"
            }
        }
    }

    @Test func `nothing happens without an alert`() {
        var machine = PolicyMachine()
        #expect(machine.decide(facts(0, []), by: policy()).isEmpty)
        #expect(machine == PolicyMachine())
    }

    @Test func `alerts of one look are told together, once, and start one retraining`() {
        var machine = PolicyMachine()
        let alerts = [alert("b", raised: 1), alert("a", "quality", raised: 2)]
        #expect(words(machine.decide(facts(3, alerts), by: policy())) == ["notify b,a", "train for b,a"])
        #expect(words(machine.decide(facts(3, alerts, retraining: true), by: policy())) == ["skip retraining"])
        #expect(machine.decide(facts(4, alerts, retraining: true), by: policy()).isEmpty)
    }

    @Test func `the drift of a prediction is a drift, unless it is named by itself`() {
        var machine = PolicyMachine()
        #expect(words(machine.decide(facts(0, [alert("a", "prediction_drift")]), by: policy())) == ["notify a", "train for a"])
        machine = PolicyMachine()
        let named = policy(on: ["drift": [retrain], "prediction_drift": [.alert]])
        #expect(words(machine.decide(facts(0, [alert("a", "prediction_drift")]), by: named)) == ["notify a"])
    }

    @Test func `a monitor without actions is left alone`() {
        var machine = PolicyMachine()
        #expect(machine.decide(facts(0, [alert("a", "health")]), by: policy()).isEmpty)
    }

    @Test func `a release in progress comes first`() {
        var machine = PolicyMachine()
        let alerts = [alert("a")]
        #expect(words(machine.decide(facts(0, alerts, release: true), by: policy())) == ["notify a", "skip release"])
        #expect(machine.decide(facts(1, alerts, release: true), by: policy()).isEmpty)
        #expect(words(machine.decide(facts(2, alerts), by: policy())) == ["train for a"])
    }

    @Test func `cooldown is counted from the decision, to the millisecond`() {
        var machine = PolicyMachine()
        let alerts = [alert("a")]
        _ = machine.decide(facts(0, alerts), by: policy())
        #expect(words(machine.decide(facts(1, alerts), by: policy())) == ["skip cooldown"])
        var late = facts(21, alerts)
        late.clock = day(21) - Period(milliseconds: 1)
        #expect(machine.decide(late, by: policy()).isEmpty)
        #expect(words(machine.decide(facts(21, alerts), by: policy())) == ["train for a"])
    }

    @Test func `the cooldown's skip says until when`() throws {
        var machine = PolicyMachine()
        _ = machine.decide(facts(0, [alert("a")]), by: policy())
        guard case .skipped(_, let detail, _)? = machine.decide(facts(1, [alert("a")]), by: policy()).first else {
            Issue.record("not skipped")
            return
        }
        #expect(detail.hasSuffix("cooldown until \(day(21))"))
    }

    @Test func `the budget slides`() {
        var machine = PolicyMachine()
        let tight = policy(cooldown: .days(1), budget: RetrainingBudget(retrainings: 2, per: .days(100)))
        let alerts = [alert("a")]
        var trained: [Int64] = []
        for clock in Int64(0)...210 where words(machine.decide(facts(clock, alerts), by: tight)).contains("train for a") { trained.append(clock) }
        #expect(trained == [0, 1, 100, 101, 200, 201])
    }

    @Test func `a budget of none never retrains, and says so once`() {
        var machine = PolicyMachine()
        let none = policy(budget: RetrainingBudget(retrainings: 0, per: .days(100)))
        #expect(words(machine.decide(facts(0, [alert("a")]), by: none)) == ["notify a", "skip budget"])
        #expect(machine.decide(facts(500, [alert("a")]), by: none).isEmpty)
    }

    @Test func `a skip is told again after another reason, or after the alert came back`() {
        var machine = PolicyMachine()
        _ = machine.decide(facts(0, [alert("a")]), by: policy())
        #expect(words(machine.decide(facts(1, [alert("a")]), by: policy())) == ["skip cooldown"])
        #expect(words(machine.decide(facts(2, [alert("a")], release: true), by: policy())) == ["skip release"])
        #expect(words(machine.decide(facts(3, [alert("a")]), by: policy())) == ["skip cooldown"])
        #expect(words(machine.decide(facts(4, [alert("a", resolved: 4)]), by: policy())) == ["notify a!"])
        #expect(words(machine.decide(facts(5, [alert("b")]), by: policy())) == ["notify b", "skip cooldown"])
    }

    @Test func `resolution is told once, also when the alert is just gone`() {
        var machine = PolicyMachine()
        _ = machine.decide(facts(0, [alert("a"), alert("b")]), by: policy())
        #expect(words(machine.decide(facts(1, [alert("a", resolved: 1)]), by: policy())) == ["notify a!,b!"])
        #expect(machine.decide(facts(2, [alert("a", resolved: 1)]), by: policy()).isEmpty)
        #expect(machine.decide(facts(3, []), by: policy()).isEmpty)
        #expect(machine.firing.isEmpty && machine.resolved.isEmpty)
    }

    @Test func `an alert that came and went between two looks is told as resolved and starts nothing`() {
        var machine = PolicyMachine()
        #expect(words(machine.decide(facts(1, [alert("a", resolved: 1)]), by: policy())) == ["notify a!"])
    }

    @Test func `several alerts roll back once`() {
        var machine = PolicyMachine()
        let rolling = policy(on: ["quality": [.rollback]])
        let alerts = [alert("a", "quality"), alert("b", "quality")]
        #expect(words(machine.decide(facts(0, alerts), by: rolling)) == ["roll back a"])
        #expect(machine.decide(facts(1, alerts), by: rolling).isEmpty)
        #expect(words(machine.decide(facts(2, alerts + [alert("c", "quality", raised: 2)]), by: rolling)) == ["roll back c"])
    }

    @Test func `only the alerts that ask for the same retraining are its cause`() {
        var machine = PolicyMachine()
        let other = PolicyAction.retrain(pipeline: "other", dataset: "market", last: .days(30))
        let two = policy(on: ["drift": [retrain], "quality": [other]])
        let alerts = [alert("a", "quality", raised: 1), alert("b", "drift", raised: 0)]
        #expect(words(machine.decide(facts(2, alerts), by: two)) == ["train for b"])
        #expect(words(machine.decide(facts(23, [alerts[0]]), by: two)) == ["other for a"])
    }

    @Test func `a retraining dated ahead of the clock does not block for decades`() {
        var machine = PolicyMachine()
        _ = machine.decide(facts(10_000, [alert("a")]), by: policy())
        #expect(words(machine.decide(facts(0, [alert("a")]), by: policy())) == ["train for a"])
    }

    @Test func `the same facts decide the same after every restart`() throws {
        var whole = PolicyMachine()
        var pieces = PolicyMachine()
        for clock in Int64(0)..<120 {
            let alerts = clock % 7 < 5 ? [alert("drift_of_a\(clock / 7)", raised: clock)] : []
            let facts = facts(clock, alerts, release: clock % 11 == 3)
            let expected = whole.decide(facts, by: policy())
            pieces = try JSON(encoding: pieces).decode(PolicyMachine.self)
            #expect(pieces.decide(facts, by: policy()) == expected)
            #expect(pieces == whole)
        }
    }
}
