import Foundation
import Logging
import Synchronization
import TernKernel
import TernStore

/// Every answer, with what it was asked and by which variant it was given: what monitors, releases and retraining read.
///
/// The log never costs a caller the answer: a record that cannot be written (a full disk) throws here, and Serving then answers without a
/// prediction id, counts the record as dropped and warns.
package final class InferenceLog: Sendable {
    private let folder: String
    private let archive: LogArchive?
    private let logger: Logger
    private let logs: Mutex<[String: EndpointLog]>
    private let followers = LogFollowers()

    /// - Parameters:
    ///   - folder: made when missing; one folder an endpoint inside.
    ///   - archive: where closed segments are compacted to; without one they stay as they are.
    package init(folder: String, archive: LogArchive? = nil, logger: Logger = Logger(label: "tern.log")) throws {
        self.folder = folder
        self.archive = archive
        self.logger = logger
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var found: [String: EndpointLog] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let endpoint = SegmentFolder.unescape(name), SegmentFolder.escape(endpoint) == name else { continue }
            found[endpoint] = try EndpointLog(folder: SegmentFolder(log: folder, endpoint: endpoint), logger: logger)
        }
        logs = Mutex(found)
    }

    private func known(_ endpoint: String) -> EndpointLog? { logs.withLock { $0[endpoint] } }

    private func opened(_ endpoint: String) throws -> EndpointLog {
        try logs.withLock { logs in
            if let known = logs[endpoint] { return known }
            let log = try EndpointLog(folder: SegmentFolder(log: folder, endpoint: endpoint), logger: logger)
            logs[endpoint] = log
            return log
        }
    }

    /// The number of the endpoint's next request, from 1; no two requests get the same.
    package func nextPrediction(endpoint: String) throws -> Int64 { try opened(endpoint).nextPrediction() }

    /// Writes a record; when this returns, a killed process does not lose it (a power cut may take the last tenth of a second).
    ///
    /// - Returns: the record's position.
    /// - Throws: `resource_exhausted` when the disk is full; nothing is half-written then.
    @discardableResult
    package func append(_ record: PredictionRecord) throws -> Int64 {
        let log = try opened(record.endpoint)
        let before = log.closedCount
        let position = try log.append(record)
        if let archive, log.closedCount > before {
            Task { [logger] in
                do { try await log.compact(includingOpen: false, archive: archive) } catch { logger.warning("cannot compact the log: \(error)") }
            }
        }
        followers.tell(record.endpoint)
        return position
    }

    /// Records behind `position`, oldest first, at most `limit`.
    package func read(endpoint: String, after position: Int64, limit: Int) throws -> [LoggedPrediction] {
        try known(endpoint)?.read(after: position, limit: limit) ?? []
    }

    /// The position of the newest record, 0 when there is none.
    package func lastPosition(endpoint: String) -> Int64 { known(endpoint)?.lastPosition ?? 0 }

    /// The greatest event time that was ever logged: the endpoint's clock.
    package func clock(endpoint: String) -> Timestamp? { known(endpoint)?.state.withLock { $0.clock } }

    /// The endpoints that get new records, from now on.
    package func follow() -> AsyncStream<String> { followers.follow() }

    /// What the log knows of a prediction that was answered; nil when the id is unknown or names a row that its request did not have.
    package func find(_ id: PredictionID) async throws -> PredictionReference? {
        guard let found = try await known(id.endpoint)?.find(id.prediction, archive: archive) else { return nil }
        guard let row = id.row else { return found }
        return row >= 0 && row < found.rows ? found : nil
    }

    /// The endpoints that have a log, by name.
    package func endpoints() -> [String] { logs.withLock { $0.keys.sorted() } }

    /// Turns closed segments into Parquet.
    ///
    /// - Parameter includingOpen: closes the open segment first, so that every record written before this call is in a Parquet file after it.
    package func compact(endpoint: String, includingOpen: Bool) async throws {
        guard let archive, let log = known(endpoint) else { return }
        try await log.compact(includingOpen: includingOpen, archive: archive)
    }

    /// The endpoint's Parquet files, oldest first; no record is in two of them.
    package func parquetFiles(endpoint: String) -> [String] { known(endpoint)?.parquetFiles ?? [] }

    /// Promises that records up to `position` are never read again; their binary segments go once they are Parquet. Not kept over a restart.
    package func setLowWater(endpoint: String, _ position: Int64) { known(endpoint)?.setLowWater(position) }

    package func statistics(endpoint: String) -> LogStatistics {
        known(endpoint)?.statistics ?? LogStatistics(records: 0, bytes: 0, dropped: 0)
    }

    /// Counts an answer that was given without being logged.
    package func noteDropped(endpoint: String) { known(endpoint)?.state.withLock { $0.dropped += 1 } }

    /// Ends the open segments and the streams; for an orderly stop.
    package func close() {
        followers.end()
        for log in logs.withLock({ Array($0.values) }) { log.closeOpenSegment() }
    }
}

extension EndpointLog {
    fileprivate var closedCount: Int { state.withLock { $0.closed.count } }
}
