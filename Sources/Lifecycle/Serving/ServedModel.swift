import TernInference
import TernKernel
import TernLog

/// What a client may know of an endpoint before it asks.
package struct ServedModel: Sendable {
    package var name: String
    /// The model version that answers, and the others that can be asked for by number.
    package var version: Int
    package var versions: [Int]
    package var inputs: [TensorInfo]
    package var outputs: [TensorInfo]
    package var eventTime: String?
    /// The columns of the only input's matrix, when the model's metadata names them (`tern.features`).
    package var features: [String]?
}

/// The state of one version of one endpoint.
package struct ServedVersion: Sendable {
    package var name: String
    package var version: Int
    package var isReady: Bool
}

extension PredictionService {
    /// - Throws: `not_found` with the words that clients know.
    package func describe(_ name: String, version: Int? = nil) async throws -> ServedModel {
        guard let endpoint = ports.endpoint(name) else {
            let model = try await directModel(name, version)
            return ServedModel(
                name: name, version: version ?? 0, versions: [version ?? 0], inputs: model.inputs, outputs: model.outputs, eventTime: nil,
                features: model.features)
        }
        let all = endpoint.variants + endpoint.standby
        guard let variant = version == nil ? endpoint.primary : all.first(where: { $0.version == version }) else {
            throw version == nil
                ? TernError.notFound("Request for unknown model: '\(name)' has no available versions", hint: "tern release \(name) VERSION")
                : PredictionService.unknown(name, version: version)
        }
        let model = try await pool.model(ModelPool.Key(variant))
        var versions: [Int] = []
        for other in all where !versions.contains(other.version) { versions.append(other.version) }
        return ServedModel(
            name: name, version: variant.version, versions: version == nil ? versions.sorted() : [variant.version], inputs: model.inputs,
            outputs: model.outputs,
            eventTime: endpoint.eventTime, features: model.features)
    }

    /// Every endpoint's versions, for indexes.
    package func index() -> [ServedVersion] {
        let loaded = pool.loadedKeys
        return ports.endpoints().sorted { $0.name < $1.name }.flatMap { endpoint in
            var seen: Set<Int> = []
            return endpoint.variants.filter { seen.insert($0.version).inserted }.map {
                ServedVersion(name: endpoint.name, version: $0.version, isReady: loaded.contains(ModelPool.Key($0)))
            }
        }
    }

    /// The names of the endpoints, for dialects that must choose one.
    package var endpointNames: [String] { ports.endpoints().map(\.name).sorted() }

    /// An endpoint's counters since the server started.
    ///
    /// - Throws: `not_found`.
    package func metrics(_ endpoint: String) throws -> EndpointMetrics {
        guard ports.endpoint(endpoint) != nil else {
            throw TernError.notFound("no endpoint '\(endpoint)'", hint: "tern endpoints shows what is served")
        }
        let known = metrics.endpoint(endpoint)
        let statistics = log.statistics(endpoint: endpoint)
        return EndpointMetrics(
            endpoint: endpoint, variants: known.sorted.map { VariantMetrics($0.variant, $0.series) }, refused: known.refused,
            shadowsDropped: known.shadowsDropped, unlogged: statistics.dropped, logRecords: statistics.records, logBytes: statistics.bytes)
    }
}
