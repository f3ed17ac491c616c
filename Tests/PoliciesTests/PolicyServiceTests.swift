import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Policies

@Suite struct PolicyServiceTests {
    private func withPolicies(
        _ declaration: PolicyDeclaration = electricity, _ body: (PolicyService, TestWorld, Database) async throws -> Void
    ) async throws {
        try await withDatabase(PoliciesRoom.migrations, from: ManualClock.usual) { database, wall async throws in
            let world = TestWorld(wall: wall)
            let service = again(database, world)
            try await service.apply([declaration], by: ann)
            try await body(service, world, database)
        }
    }

    private func again(_ database: Database, _ world: TestWorld) -> PolicyService {
        PolicyService(database: database, ports: world.ports, externalURL: "http://127.0.0.1:5000", clock: world.wall.wall)
    }

    private func kinds(_ database: Database) async throws -> [String] {
        try await LedgerStore(database).entries().map(\.kind).filter { $0 != "policy.declared" && $0 != "policy.delivered" }
    }

    @Test func `an endpoint without a policy is left alone`() async throws {
        try await withPolicies { service, _, _ async throws in #expect(try await !service.advance("other", clock: day(0))) }
    }

    @Test func `an alert is told to the owner and starts a retraining on recent data`() async throws {
        try await withPolicies { service, world, database async throws in
            world.set { $0.alerts = [alert("a", raised: 9), alert("b", raised: 9, column: "nswdemand")] }
            #expect(try await service.advance("price", clock: day(10)))
            #expect(world.now.posts.count == 1)
            #expect(world.now.posts.first?.body["alerts"]?.arrayValue?.count == 2)
            #expect(world.now.sets == ["price market \(day(-80)) \(day(10)) tern/policies drift: drift of all (and 1 more)"])
            let request = try #require(world.now.requests.first)
            #expect(request.key == "price-retrain-1" && request.datasets == ["market": 7] && request.eventTime == day(10))
            #expect(try await service.retrainingInProgress("price"))
            #expect(try await kinds(database) == ["policy.notified", "policy.retrain.planned", "policy.retrain.started"])
            #expect(try await service.advance("price", clock: day(10)))  // skipped: it is under way
            #expect(try await !service.advance("price", clock: day(10)))
            world.set { $0.outcome = PolicyPorts.PipelineOutcome(.succeeded, version: 2) }
            #expect(try await service.advance("price", clock: day(11)))
            let retraining = try #require(try await service.retrainings("price").first)
            #expect(retraining.state == .succeeded && retraining.version == 2 && retraining.pipelineRun == "run-1")
            #expect(retraining.eventTime == day(10) && retraining.endedEventTime == day(11) && retraining.alerts == ["a", "b"])
            #expect(try await !service.retrainingInProgress("price"))
            let finished = try #require(try await LedgerStore(database).entries(LedgerFilter(kind: "policy.retrain.finished")).first)
            #expect(finished.data["version"] == 2 && finished.data["state"] == "succeeded" && finished.eventTime == day(11))
        }
    }

    @Test(arguments: [
        (PolicyPorts.PipelineOutcome(.succeeded, version: 2, refused: true, message: "f1 0.4 < 0.55"), Retraining.State.refused),
        (PolicyPorts.PipelineOutcome(.failed, message: "step fit exited 1"), .failed),
    ])
    func `a refused or failed retraining counts for the cooldown and is tried again after it`(
        outcome: PolicyPorts.PipelineOutcome, state: Retraining.State
    ) async throws {
        try await withPolicies { service, world, _ async throws in
            world.set {
                $0.alerts = [alert("a")]; $0.outcome = outcome
            }
            for clock in Int64(0)..<21 { while try await service.advance("price", clock: day(clock)) {} }
            let first = try await service.retrainings("price")
            #expect(first.map(\.state) == [state])
            #expect(first.first?.outcome == outcome.message)
            while try await service.advance("price", clock: day(21)) {}
            #expect(try await service.retrainings("price").count == 2)
            #expect(world.now.runs.count == 2)
        }
    }

    @Test func `a training set that cannot be made ends the retraining, a passing failure does not`() async throws {
        try await withPolicies { service, world, _ async throws in
            world.set {
                $0.alerts = [alert("a")]; $0.setFailure = TernError(.unavailable, "busy")
            }
            await #expect(throws: TernError.self) { try await service.advance("price", clock: day(0)) }
            #expect(try await service.retrainings("price").map(\.state) == [.planned])
            world.set { $0.setFailure = .invalid("only 3 labelled rows") }
            #expect(try await service.advance("price", clock: day(0)))
            #expect(try await service.retrainings("price").map(\.state) == [.failed])
            #expect(try await service.retrainings("price").first?.outcome == "only 3 labelled rows")
            #expect(world.now.runs.isEmpty)
        }
    }

    @Test func `a server that dies between any two writes neither loses nor doubles a retraining`() async throws {
        try await withPolicies { first, world, database async throws in
            // Dies after the plan was written.
            world.set {
                $0.alerts = [alert("a")]; $0.setFailure = TernError(.cancelled, "killed")
            }
            await #expect(throws: TernError.self) { try await first.advance("price", clock: day(0)) }
            // Dies after the training set was made and before the pipeline started.
            world.set {
                $0.setFailure = nil; $0.startFailure = TernError(.cancelled, "killed")
            }
            await #expect(throws: TernError.self) { try await again(database, world).advance("price", clock: day(0)) }
            #expect(try await first.retrainings("price").map(\.state) == [.prepared])
            // Dies after the pipeline started and before that was written: the key finds the run again.
            world.set {
                $0.startFailure = nil; $0.runs["price-retrain-1"] = "run-1"
            }
            #expect(try await again(database, world).advance("price", clock: day(0)))
            #expect(world.now.runs == ["price-retrain-1": "run-1"])
            world.set { $0.outcome = PolicyPorts.PipelineOutcome(.succeeded, version: 2) }
            while try await again(database, world).advance("price", clock: day(1)) {}
            let retrainings = try await first.retrainings("price")
            #expect(retrainings.map(\.state) == [.succeeded])
            #expect(retrainings.first?.pipelineRun == "run-1")
            #expect(try await kinds(database).count { $0 == "policy.retrain.started" } == 1)
        }
    }

    @Test func `many looks at once start one retraining and post once`() async throws {
        try await withPolicies { service, world, _ async throws in
            world.set { $0.alerts = [alert("a")] }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await service.advance("price", clock: day(0)) } }
                try await group.waitForAll()
            }
            #expect(try await service.retrainings("price").count == 1)
            #expect(world.now.runs.count == 1)
            #expect(world.now.posts.count == 1)
        }
    }

    @Test func `the same history decides the same with a restart at every hour`() async throws {
        func run(restarting: Bool) async throws -> [String] {
            var answer: [String] = []
            try await withPolicies { first, world, database async throws in
                var service = first
                world.set { $0.outcome = PolicyPorts.PipelineOutcome(.succeeded, version: 2) }
                for hour in Int64(0)..<24 * 60 {
                    world.set { $0.alerts = hour / 24 % 10 < 6 ? [alert("a\(hour / 240)", raised: hour / 24)] : [] }
                    if restarting { service = again(database, world) }
                    while try await service.advance("price", clock: day(0) + .hours(hour)) {}
                }
                let entries = try await LedgerStore(database).entries(LedgerFilter(limit: 1000))
                answer = entries.map { "\($0.kind) \($0.eventTime?.description ?? "") \($0.reason ?? "")" }
            }
            return answer
        }
        let straight = try await run(restarting: false)
        #expect(try await run(restarting: true) == straight)
        #expect(straight.count { $0.hasPrefix("policy.retrain.finished") } == 3)
    }

    @Test func `a rollback is ordered once for an alert, also after a crash`() async throws {
        try await withPolicies { service, world, database async throws in
            world.set {
                $0.alerts = [alert("q", "quality")]; $0.rollbackFailure = TernError(.cancelled, "killed")
            }
            await #expect(throws: TernError.self) { try await service.advance("price", clock: day(0)) }
            world.set { $0.rollbackFailure = nil }
            while try await again(database, world).advance("price", clock: day(0)) {}
            #expect(try await !service.advance("price", clock: day(5)))
            #expect(world.now.rollbacks == ["policy-q"])
            #expect(world.now.rollbackCalls == 2)
            #expect(try await kinds(database) == ["policy.rollback.done"])
        }
    }

    @Test func `a rollback that cannot be is written down and not repeated`() async throws {
        try await withPolicies { service, world, database async throws in
            world.set {
                $0.alerts = [alert("q", "quality")]; $0.rollbackFailure = TernError(.conflict, "nothing to roll back to")
            }
            while try await service.advance("price", clock: day(0)) {}
            #expect(world.now.rollbackCalls == 1)
            #expect(try await kinds(database) == ["policy.rollback.failed"])
        }
    }

    @Test func `a webhook that is down gets its posts later, in order, without holding up others`() async throws {
        var two = electricity
        two.webhooks = ["http://a/hook", "http://dead/hook"]
        two.on = ["drift": [.alert]]
        try await withPolicies(two) { service, world, database async throws in
            world.set { $0.alerts = [alert("a")] }
            #expect(try await service.advance("price", clock: day(0)))
            #expect(world.now.posts.map(\.url) == ["http://a/hook"])
            #expect(try await service.undelivered("price") == 1)
            // A failed delivery is not a change: the loop may settle.
            #expect(try await !service.advance("price", clock: day(0)))
            world.set {
                $0.status = 503; $0.alerts = [alert("a", resolved: 1)]
            }
            #expect(try await service.advance("price", clock: day(1)))
            #expect(try await service.undelivered("price") == 3)
            world.set {
                $0.status = 204; $0.posts = []
            }
            try await service.deliverDue("price")
            #expect(world.now.posts.isEmpty)  // not due yet
            world.wall.advance(by: .hours(2))
            try await again(database, world).deliverDue("price")
            #expect(world.now.posts.map { $0.body["status"] } == ["resolved"])
            #expect(try await service.undelivered("price") == 2)
        }
    }

    @Test func `an undeliverable notification is given up after many tries, and the ledger says so`() async throws {
        var dead = electricity
        dead.webhooks = ["http://dead/hook"]
        dead.on = ["drift": [.alert]]
        try await withPolicies(dead) { service, world, database async throws in
            world.set { $0.alerts = [alert("a")] }
            _ = try await service.advance("price", clock: day(0))
            for _ in 0..<NotificationDelivery.mostAttempts {
                world.wall.advance(by: .hours(2))
                try await service.deliverDue("price")
            }
            #expect(try await service.undelivered("price") == 0)
            let entry = try #require(try await LedgerStore(database).entries(LedgerFilter(kind: "policy.undeliverable")).first)
            #expect(entry.data["problem"] == "refused")
        }
    }

    @Test func `the pauses between tries grow to an hour`() {
        #expect((1...4).map { NotificationDelivery.pause(after: $0) } == [.seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(NotificationDelivery.pause(after: 40) == .hours(1))
    }

    @Test func `policies that make no sense are refused`() async throws {
        try await withPolicies { service, _, database async throws in
            var wrong: [PolicyDeclaration] = []
            func add(_ change: (inout PolicyDeclaration) -> Void) {
                var declaration = electricity
                change(&declaration)
                wrong.append(declaration)
            }
            add { $0.owner = "" }
            add { $0.on = ["drfit": [.alert]] }
            add { $0.on = ["drift": [.retrain(pipeline: "", dataset: "market", last: .days(1))]] }
            add { $0.on = ["drift": [.retrain(pipeline: "train", dataset: "market", last: .zero)]] }
            add { $0.cooldown = Period(milliseconds: -1) }
            add { $0.budget = RetrainingBudget(retrainings: 1, per: .zero) }
            add { $0.webhooks = ["ftp://x/y"] }
            add { $0.webhooks = ["hook"] }
            for declaration in wrong {
                let error = await #expect(throws: TernError.self) { try await service.apply([declaration], by: ann) }
                #expect(error?.code == .invalidArgument)
            }
            await #expect(throws: TernError.self) { try await service.apply([electricity], by: Identity(name: "guest", role: .viewer)) }
            #expect(try await service.apply([electricity], by: ann).isEmpty)
            #expect(try await service.policy("price") == electricity)
            #expect(try await LedgerStore(database).entries().count == 1)
        }
    }

    @Test func `the statements of every tick use an index`() async throws {
        try await withDatabase(PoliciesRoom.migrations) { database async throws in
            let plans = try await PolicyStore(database: database).plans()
            #expect(!plans.isEmpty && plans.allSatisfy { !$0.contains("SCAN") }, "\(plans)")
        }
    }
}
