import Synchronization
import TernKernel
import TernTestSupport

@testable import Policies

/// The rooms around policies, as a test wants them. Pipelines keep one run a key, as the real room does.
final class TestWorld: Sendable {
    struct State {
        var alerts: [PolicyAlert] = []
        var releasing = false
        var sets: [String] = []
        var setFailure: TernError?
        var runs: [String: String] = [:]
        var requests: [PolicyPorts.PipelineRequest] = []
        var startFailure: TernError?
        var outcome = PolicyPorts.PipelineOutcome(.running)
        var rollbacks: Set<String> = []
        var rollbackCalls = 0
        var rollbackFailure: TernError?
        var posts: [(url: String, body: JSON)] = []
        var status = 200
    }

    private let state = Mutex(State())
    let wall: ManualClock

    init(wall: ManualClock = ManualClock()) { self.wall = wall }

    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    var now: State { state.withLock { $0 } }

    var ports: PolicyPorts {
        PolicyPorts(
            alerts: { [self] _ in now.alerts },
            releaseInProgress: { [self] _ in now.releasing },
            makeTrainingSet: { [self] endpoint, dataset, from, to, by, reason in
                if let failure = now.setFailure { throw failure }
                set { $0.sets.append("\(endpoint) \(dataset) \(from) \(to) \(by.name) \(reason)") }
                return 7
            },
            startPipeline: { [self] request in
                if let failure = now.startFailure { throw failure }
                set {
                    $0.requests.append(request)
                    $0.runs[request.key] = $0.runs[request.key] ?? "run-\($0.runs.count + 1)"
                }
                return now.runs[request.key] ?? ""
            },
            pipelineState: { [self] _ in now.outcome },
            rollback: { [self] _, _, key in
                set { $0.rollbackCalls += 1 }
                if let failure = now.rollbackFailure { throw failure }
                set { $0.rollbacks.insert(key) }
            },
            post: { [self] url, body in
                let parsed = try JSON(parsing: body)
                if url.contains("dead") { throw TernError(.unavailable, "refused") }
                set { $0.posts.append((url, parsed)) }
                return now.status
            })
    }
}

let ann = Identity(name: "ann", role: .editor)
let electricity = PolicyDeclaration(
    endpoint: "price", owner: "grid", on: ["drift": [.alert, retrain], "quality": [.rollback]], cooldown: .days(21),
    budget: RetrainingBudget(retrainings: 12, per: .days(365)), webhooks: ["http://a/hook"])
