import Foundation
import Logging
import TernKernel
import TernStore

extension SegmentFolder {
    /// The closed segments after a start, whatever ended the last one. A segment that was open is read through, its torn tail cut, and closed.
    ///
    /// - Returns: the segments, and the number that no file has yet.
    func recover(logger: Logger) throws -> (segments: [Segment], nextNumber: Int) {
        removePartialFiles()
        let binaries = numbers("log")
        let all = binaries.union(numbers("parquet"))
        let segments = try all.sorted().compactMap { number -> Segment? in
            if let known = readSummary(number), known.number == number { return known }
            guard binaries.contains(number) else {
                logger.error("inference log of \(endpoint): \(parquet(number)) has lost its summary, predictions in it cannot be found by id")
                return nil
            }
            let segment = try readThrough(number, logger: logger)
            guard segment.records > 0 else { return nil }
            try write(segment)
            return segment
        }
        return (segments, (all.max() ?? 0) + 1)
    }

    private func readThrough(_ number: Int, logger: Logger) throws -> Segment {
        let path = binary(number)
        var segment = Segment(number: number)
        let file = try SegmentFile.openToRead(path)
        let size = try file.size
        guard try file.read(SegmentFile.header.count, at: 0) == SegmentFile.header else {
            if size > SegmentFile.header.count { logger.error("\(path) is not a segment of the inference log; it is left alone and not read") }
            return segment
        }
        let (end, damaged) = try file.forEachFrame(from: 0, to: size) { payload, end in
            if let record = try? PredictionRecord(decoding: payload, endpoint: endpoint) { segment.count(record, endingAt: end) }
            return .goOn
        }
        if damaged > 0 { logger.error("\(path): \(damaged) damaged records are left out") }
        let whole = damaged > 0 ? segment.end : end
        if whole < size {
            logger.warning("\(path): cutting a torn tail of \(size - whole) bytes")
            try SegmentFile.cut(path, to: whole)
        }
        return segment
    }
}
