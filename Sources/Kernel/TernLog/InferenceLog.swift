import TernKernel

/// Declarations first; the body follows.
package final class InferenceLog: Sendable {
    package init(folder: String, archive: LogArchive? = nil) throws {}
    package func nextPrediction(endpoint: String) -> Int64 { 0 }
    @discardableResult package func append(_ record: PredictionRecord) throws -> Int64 { 0 }
    package func read(endpoint: String, after position: Int64, limit: Int) throws -> [LoggedPrediction] { [] }
    package func lastPosition(endpoint: String) -> Int64 { 0 }
    package func clock(endpoint: String) -> Timestamp? { nil }
    package func follow() -> AsyncStream<String> { AsyncStream { $0.finish() } }
    package func find(_ id: PredictionID) async throws -> PredictionReference? { nil }
    package func endpoints() -> [String] { [] }
    package func compact(endpoint: String, includingOpen: Bool) async throws {}
    package func parquetFiles(endpoint: String) -> [String] { [] }
    package func setLowWater(endpoint: String, _ position: Int64) {}
    package func statistics(endpoint: String) -> LogStatistics { LogStatistics(records: 0, bytes: 0, dropped: 0) }
    package func noteDropped(endpoint: String) {}
    package func close() {}
}
