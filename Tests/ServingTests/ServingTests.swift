import Foundation
import Synchronization
import TernInference
import TernKernel
import TernLog
import TernTestSupport

@testable import Serving

/// Stands in for Releases and Registry: routes that a test sets, models from the fixtures.
final class FakeReleases: Sendable {
    struct State {
        var routes: [String: Route] = [:]
        var endpoints: [String: ServedEndpoint] = [:]
        /// The fixture behind each version of the model `m`.
        var files: [Int: String] = [:]
        var opened: [Int] = []
    }

    let state = Mutex(State())

    static func variant(_ version: Int, _ role: VariantRole = .primary) -> VariantReference {
        VariantReference(name: "v\(version)", role: role, model: "m", version: version)
    }

    init(_ files: [Int: String]) { state.withLock { $0.files = files } }

    func serve(_ route: Route, as name: String = "price", standby: [VariantReference] = []) {
        let primary = route.fallback ?? route.answering
        state.withLock { state in
            state.routes[name] = route
            state.endpoints[name] = ServedEndpoint(
                name: name, primary: primary, variants: ([primary] + (route.fallback == nil ? [] : [route.answering]) + route.shadows),
                standby: standby,
                eventTime: route.eventTime)
        }
    }

    var ports: ServingPorts {
        ServingPorts(
            route: { [self] name, _ in
                guard let route = state.withLock({ $0.routes[name] }) else { throw TernError.notFound("no endpoint '\(name)'") }
                return route
            },
            endpoint: { [self] name in state.withLock { $0.endpoints[name] } },
            endpoints: { [self] in state.withLock { Array($0.endpoints.values) } },
            modelFile: { [self] model, version in
                let file = state.withLock { state in
                    state.opened.append(version)
                    return model == "m" ? state.files[version] : nil
                }
                guard let file else { throw TernError.notFound("no version \(version) of '\(model)'") }
                return FakeReleases.fixture(file)
            })
    }

    static func fixture(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name).onnx").path
    }
}

let engine = InferenceEngine()

func withServing(
    _ files: [Int: String] = [1: "columns", 2: "columns", 3: "broken", 4: "renamed", 5: "missing-file"],
    _ body: (FakeReleases, ServingRoom, InferenceLog, String) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let releases = FakeReleases(files)
        let log = try InferenceLog(folder: folder)
        try await body(releases, ServingRoom(ports: releases.ports, log: log, engine: engine), log, folder)
    }
}

func inputs(_ demand: [Float], _ price: [Float]) throws -> [Tensor] {
    [try Tensor("demand", shape: [demand.count, 1], values: demand), try Tensor("price", shape: [price.count, 1], values: price)]
}

func ask(_ room: ServingRoom, _ inputs: [Tensor], version: Int? = nil, outputs: [String]? = nil) async throws -> PredictionAnswer {
    try await room.service.predict(PredictionRequest(endpoint: "price", version: version, inputs: inputs, outputs: outputs))
}
