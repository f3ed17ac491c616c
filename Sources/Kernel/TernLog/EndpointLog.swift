import Dispatch
import Foundation
import Logging
import Synchronization
import TernKernel
import TernStore

/// One endpoint's segments. A record is in the file, by write(2), before its request is answered, so that a killed process loses nothing
/// that was acknowledged; the disk itself is synced within a tenth of a second.
final class EndpointLog: Sendable {
    static let rollAt = 8 << 20
    private static let syncDelay = DispatchTimeInterval.milliseconds(100)
    private static let background = DispatchQueue(label: "tern.log.sync", qos: .utility)
    /// How many closed segments' indexes stay in memory.
    private static let indexesKept = 4

    struct State {
        /// In order; their binary file may be gone once they are Parquet.
        var closed: [Segment] = []
        var open: (segment: Segment, file: SegmentFile, index: PredictionIndex)?
        var nextNumber = 1
        var clock: Timestamp?
        var dropped: Int64 = 0
        var lowWater: Int64 = 0
        var syncScheduled = false
        /// Of closed segments, the last used behind.
        var indexes: [(number: Int, index: PredictionIndex)] = []
    }

    let folder: SegmentFolder
    let logger: Logger
    let state: Mutex<State>
    /// Runs compactions one after the other.
    let compactions = Mutex<Task<Void, any Error>?>(nil)
    private let predictions: Atomic<Int64>

    init(folder: SegmentFolder, logger: Logger) throws {
        self.folder = folder
        self.logger = logger
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let (found, nextNumber) = try folder.recover(logger: logger)
        var start = State()
        start.closed = found
        start.nextNumber = nextNumber
        start.clock = found.compactMap(\.clock).max().map(Timestamp.init(milliseconds:))
        predictions = Atomic(found.map(\.lastPrediction).max() ?? 0)
        state = Mutex(start)
    }

    func nextPrediction() -> Int64 { predictions.wrappingAdd(1, ordering: .relaxed).newValue }

    /// - Throws: `resource_exhausted` when the disk is full; the segment is then as it was before.
    func append(_ record: PredictionRecord) throws -> Int64 {
        let frame = SegmentFile.frame(record.encoded())
        guard frame.count <= SegmentFile.largestPayload else {
            throw TernError(.tooLarge, "a prediction of \(frame.count) bytes does not fit the log")
        }
        let (position, full) = try state.withLock { state in
            if state.open == nil {
                let segment = Segment(number: state.nextNumber)
                state.open = (segment, try SegmentFile.create(at: folder.binary(segment.number)), PredictionIndex())
                state.nextNumber += 1
            }
            guard let offset = state.open?.segment.end else { return (Int64(0), false) }
            let end = offset + frame.count
            try frame.withUnsafeBytes { try state.open?.file.write($0, at: offset) }
            state.open?.segment.count(record, endingAt: end)
            state.open?.index.add(record)
            if let latest = record.eventTimes.max() { state.clock = max(state.clock ?? latest, latest) }
            scheduleSync(&state)
            return (state.open?.segment.lastPosition ?? 0, end >= EndpointLog.rollAt)
        }
        if full { closeOpenSegment() }
        return position
    }

    private func scheduleSync(_ state: inout State) {
        guard !state.syncScheduled else { return }
        state.syncScheduled = true
        EndpointLog.background.asyncAfter(deadline: .now() + EndpointLog.syncDelay) { [weak self] in
            guard let self else { return }
            let file = self.state.withLock { state in
                state.syncScheduled = false
                return state.open?.file
            }
            do { try file?.sync() } catch { self.logger.error("inference log of \(self.folder.endpoint): \(error)") }
        }
    }

    /// Ends the open segment: synced, with its summary beside it. The next record starts another.
    func closeOpenSegment() {
        let closed = state.withLock { state -> (segment: Segment, file: SegmentFile)? in
            guard let open = state.open, open.segment.records > 0 else { return nil }
            state.open = nil
            state.closed.append(open.segment)
            EndpointLog.keep(open.index, of: open.segment.number, in: &state)
            return (open.segment, open.file)
        }
        guard let closed else { return }
        do {
            try closed.file.sync()
            try folder.write(closed.segment)
        } catch {
            // Nothing is lost: without a summary, the segment is read through at the next start.
            logger.warning("inference log of \(folder.endpoint): \(error)")
        }
    }

    private static func keep(_ index: PredictionIndex, of number: Int, in state: inout State) {
        state.indexes.removeAll { $0.number == number }
        state.indexes.append((number, index))
        if state.indexes.count > indexesKept { state.indexes.removeFirst() }
    }
}

// MARK: Reading

extension EndpointLog {
    var lastPosition: Int64 {
        state.withLock { state in
            if let open = state.open, open.segment.records > 0 { return open.segment.lastPosition }
            return state.closed.last?.lastPosition ?? 0
        }
    }

    /// Records behind `position` whose binary segment still exists, oldest first.
    func read(after position: Int64, limit: Int) throws -> [LoggedPrediction] {
        let (segments, open) = state.withLock { state in
            (state.closed + (state.open.map { [$0.segment] } ?? []), state.open.map { ($0.segment.number, $0.file) })
        }
        var answer: [LoggedPrediction] = []
        for segment in segments where segment.lastPosition > position && answer.count < limit {
            let isCurrent = open?.0 == segment.number
            guard isCurrent || FileManager.default.fileExists(atPath: folder.binary(segment.number)) else { continue }
            let file = if isCurrent, let open { open.1 } else { try SegmentFile.openToRead(folder.binary(segment.number)) }
            let start = position >> 32 == Int64(segment.number) ? Int(position & 0xFFFF_FFFF) : 0
            try file.forEachFrame(from: start, to: segment.end) { payload, end in
                do {
                    let record = try PredictionRecord(decoding: payload, endpoint: folder.endpoint)
                    answer.append(LoggedPrediction(position: segment.position(behind: end), record: record))
                } catch { logger.error("\(error)") }
                return answer.count < limit ? .goOn : .stop
            }
        }
        return answer
    }

    func find(_ prediction: Int64, archive: LogArchive?) async throws -> PredictionReference? {
        let (known, candidates) = state.withLock { state in
            (
                state.open?.index.find(prediction) ?? state.indexes.lazy.compactMap { $0.index.find(prediction) }.first,
                state.closed.filter { segment in segment.mayHold(prediction) && !state.indexes.contains { $0.number == segment.number } }
            )
        }
        if let known { return known }
        for segment in candidates.reversed() {
            let index = try await index(of: segment, archive: archive)
            state.withLock { EndpointLog.keep(index, of: segment.number, in: &$0) }
            if let found = index.find(prediction) { return found }
        }
        return nil
    }

    private func index(of segment: Segment, archive: LogArchive?) async throws -> PredictionIndex {
        var index = PredictionIndex()
        if FileManager.default.fileExists(atPath: folder.binary(segment.number)) {
            for entry in try records(of: segment) { index.add(entry) }
        } else if let archive {
            for reference in try await archive.references(folder.parquet(segment.number)) { index.add(reference) }
        }
        return index
    }

    func records(of segment: Segment) throws -> [PredictionRecord] {
        var records: [PredictionRecord] = []
        try SegmentFile.openToRead(folder.binary(segment.number)).forEachFrame(from: 0, to: segment.end) { payload, _ in
            if let record = try? PredictionRecord(decoding: payload, endpoint: folder.endpoint) { records.append(record) }
            return .goOn
        }
        return records
    }

    var statistics: LogStatistics {
        state.withLock { state in
            let segments = state.closed + (state.open.map { [$0.segment] } ?? [])
            return LogStatistics(
                records: segments.reduce(0) { $0 + $1.records }, bytes: segments.reduce(0) { $0 + Int64($1.end) }, dropped: state.dropped)
        }
    }
}
