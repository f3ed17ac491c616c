import TernKernel
import TernLog
import TernStats

/// What monitoring needs from elsewhere: the inference log, and the profiles that model versions were registered with.
package struct MonitoringPorts: Sendable {
    package var read: @Sendable (_ endpoint: String, _ after: Int64, _ limit: Int) throws -> [LoggedPrediction]
    package var lastPosition: @Sendable (_ endpoint: String) -> Int64
    package var find: @Sendable (PredictionID) async throws -> PredictionReference?
    package var endpoints: @Sendable () -> [String]
    /// Everything logged so far, as Parquet.
    package var parquetFiles: @Sendable (_ endpoint: String) async throws -> [String]
    package var setLowWater: @Sendable (_ endpoint: String, Int64) -> Void
    /// The reference of a version's monitors; nil when it was registered without.
    package var profile: @Sendable (_ model: String, _ version: Int) async throws -> Profile?

    package init(
        read: @escaping @Sendable (String, Int64, Int) throws -> [LoggedPrediction], lastPosition: @escaping @Sendable (String) -> Int64,
        find: @escaping @Sendable (PredictionID) async throws -> PredictionReference?, endpoints: @escaping @Sendable () -> [String],
        parquetFiles: @escaping @Sendable (String) async throws -> [String], setLowWater: @escaping @Sendable (String, Int64) -> Void,
        profile: @escaping @Sendable (String, Int) async throws -> Profile?
    ) {
        self.read = read
        self.lastPosition = lastPosition
        self.find = find
        self.endpoints = endpoints
        self.parquetFiles = parquetFiles
        self.setLowWater = setLowWater
        self.profile = profile
    }

    package init(log: InferenceLog, profile: @escaping @Sendable (_ model: String, _ version: Int) async throws -> Profile?) {
        self.init(
            read: { try log.read(endpoint: $0, after: $1, limit: $2) }, lastPosition: { log.lastPosition(endpoint: $0) },
            find: { try await log.find($0) }, endpoints: { log.endpoints() },
            parquetFiles: { endpoint in
                try await log.compact(endpoint: endpoint, includingOpen: true)
                return log.parquetFiles(endpoint: endpoint)
            },
            setLowWater: { log.setLowWater(endpoint: $0, $1) }, profile: profile)
    }
}
