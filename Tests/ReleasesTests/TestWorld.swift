import Synchronization
import TernKernel
import TernLog
import TernStore
import TernTestSupport

@testable import Releases

/// The rooms around releases, as a test wants them.
final class TestWorld: Sendable {
    struct State {
        var statuses: [Int: String] = [1: "approved", 2: "approved", 3: "approved", 4: "refused"]
        var latest: Int?
        var clock: Timestamp?
        var observations: [VariantObservation] = []
        var champions: [Int] = []
        var loads: [String] = []
        var loadFailure: TernError?
        var championFailure: TernError?
        var observedSince: [Timestamp] = []
    }

    private let state = Mutex(State())

    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    var now: State { state.withLock { $0 } }

    var ports: ReleasePorts {
        ReleasePorts(
            status: { [self] _, version in now.statuses[version] },
            latestApproved: { [self] _ in now.latest },
            ensureLoaded: { [self] references in
                if let failure = now.loadFailure { throw failure }
                set { $0.loads += references.map(\.name) }
            },
            isLoaded: { [self] reference in now.loads.contains(reference.name) },
            setChampion: { [self] _, version, _ in
                if let failure = now.championFailure { throw failure }
                set { $0.champions.append(version) }
            },
            observe: { [self] _, since, _ in
                set { $0.observedSince.append(since) }
                return now.observations
            },
            clock: { [self] _ in now.clock })
    }
}

let ann = Identity(name: "ann", role: .editor)
let boss = Identity(name: "boss", role: .approver)
let guest = Identity(name: "guest", role: .viewer)

func day(_ days: Int64) -> Timestamp { Timestamp(milliseconds: 862_531_200_000) + .days(days) }

let canary = ReleasePlan(
    strategy: .canary, steps: [0.25, 0.5], every: .days(4), minimumRows: 96, guard: ReleaseGuard(errors: 0.01, accuracyDrop: 0.05))

func price(follow: Bool = false, plan: ReleasePlan = canary) -> EndpointDeclaration {
    EndpointDeclaration(name: "price", model: "price-direction", owner: "grid", eventTime: "settled_at", follow: follow, release: plan)
}

func good(_ candidate: String, against primary: String = "v1") -> [VariantObservation] {
    [
        VariantObservation(variant: candidate, requests: 4, rows: 192, labelled: 150, correct: 120),
        VariantObservation(variant: primary, requests: 12, rows: 576, labelled: 400, correct: 300),
    ]
}

func bad(_ candidate: String, against primary: String = "v1") -> [VariantObservation] {
    [
        VariantObservation(variant: candidate, requests: 4, rows: 192, labelled: 150, correct: 70),
        VariantObservation(variant: primary, requests: 12, rows: 576, labelled: 400, correct: 300),
    ]
}

/// A service with the endpoint `price`, and a way to make the same anew as after a restart.
func withReleases(
    _ declaration: EndpointDeclaration = price(), _ body: (ReleaseService, TestWorld, Database) async throws -> Void
) async throws {
    try await withDatabase(ReleasesRoom.migrations) { database async throws in
        let world = TestWorld()
        let service = ReleaseService(database: database, ports: world.ports)
        try await service.apply([declaration], by: ann)
        try await body(service, world, database)
    }
}

func kinds(_ database: Database) async throws -> [String] { try await LedgerStore(database).entries().map(\.kind) }
