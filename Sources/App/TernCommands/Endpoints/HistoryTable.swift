import Foundation
import TernKernel

/// A table of the past, cut into batches by its time column. Numbers only, beside the time.
struct HistoryTable {
    struct Batch {
        var start: Timestamp
        var rows: Range<Int>
    }

    let endpointTime: String
    let features: [String]
    let times: [Timestamp]
    /// By feature, then row.
    let values: [[Double]]
    let truth: [Int]
    let batches: [Batch]
    let timeTexts: [String]

    /// - Throws: `invalid_argument` with the line, when a cell does not read as what it should be.
    init(file: String, time: String, target: String, from: Timestamp?, to: Timestamp?, batch: Period) throws {
        guard let data = FileManager.default.contents(atPath: file) else { throw TernError.notFound("no file at \(file)") }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first else { throw TernError.invalid("\(file) is empty") }
        let header = HistoryTable.cells(first)
        guard let timeColumn = header.firstIndex(of: time) else {
            throw TernError.invalid("\(file) has no column '\(time)'; it has \(header.joined(separator: ", "))")
        }
        guard let targetColumn = header.firstIndex(of: target) else {
            throw TernError.invalid("\(file) has no column '\(target)'; it has \(header.joined(separator: ", "))")
        }
        let featureColumns = header.indices.filter { $0 != timeColumn && $0 != targetColumn }
        var times: [Timestamp] = []
        var texts: [String] = []
        var truth: [Int] = []
        var values: [[Double]] = featureColumns.map { _ in [] }
        for (number, line) in lines.enumerated().dropFirst() {
            let cells = HistoryTable.cells(line)
            guard cells.count == header.count else {
                throw TernError.invalid("\(file):\(number + 1): \(cells.count) cells, but the header has \(header.count)")
            }
            guard let moment = Timestamp(cells[timeColumn]) else {
                throw TernError.invalid("\(file):\(number + 1): '\(cells[timeColumn])' is not a time")
            }
            if let from, moment < from { continue }
            if let to, moment >= to { continue }
            guard let label = Int(cells[targetColumn]) else {
                throw TernError.invalid("\(file):\(number + 1): '\(cells[targetColumn])' is not a whole number")
            }
            for (index, column) in featureColumns.enumerated() {
                guard let value = Double(cells[column]) else {
                    throw TernError.invalid("\(file):\(number + 1): '\(cells[column])' in '\(header[column])' is not a number")
                }
                values[index].append(value)
            }
            times.append(moment)
            texts.append(cells[timeColumn])
            truth.append(label)
        }
        var batches: [Batch] = []
        var start = 0
        while start < times.count {
            let window = times[start].localFloor(to: batch, like: texts[start])
            var end = start
            while end < times.count, times[end].localFloor(to: batch, like: texts[end]) == window { end += 1 }
            batches.append(Batch(start: times[start], rows: start..<end))
            start = end
        }
        endpointTime = time
        features = featureColumns.map { header[$0] }
        self.times = times
        self.values = values
        self.truth = truth
        self.batches = batches
        timeTexts = texts
    }

    private static func cells(_ line: Data.SubSequence) -> [String] {
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { cell in
            var text = String(decoding: cell, as: UTF8.self)
            if text.hasSuffix("\r") { text.removeLast() }
            return text
        }
    }
}

extension Timestamp {
    /// The window that this moment falls in by the clock of its own text's offset, so that a day's batch is a local day.
    fileprivate func localFloor(to period: Period, like text: String) -> Timestamp {
        guard let utc = Timestamp(text.prefix(19)) else { return floor(to: period) }
        return utc.floor(to: period)
    }
}
