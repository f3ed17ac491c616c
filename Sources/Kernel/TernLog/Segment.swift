import Foundation
import TernKernel
import TernStore

/// What is known of a closed segment without reading it; kept beside it as `00000001.json`.
struct Segment: Codable, Hashable, Sendable {
    var number: Int
    /// The smallest and greatest prediction number in it.
    var firstPrediction: Int64
    var lastPrediction: Int64
    var records: Int64
    /// Where its last frame ends.
    var end: Int
    /// The greatest event time in it, in milliseconds.
    var clock: Int64?

    init(number: Int) {
        self.number = number
        firstPrediction = .max
        lastPrediction = 0
        records = 0
        end = SegmentFile.header.count
        clock = nil
    }

    /// Position of a record: the segment's number above, the offset behind the record below.
    func position(behind offset: Int) -> Int64 { Int64(number) << 32 | Int64(offset) }
    var lastPosition: Int64 { records == 0 ? 0 : position(behind: end) }

    func mayHold(_ prediction: Int64) -> Bool { (firstPrediction...max(firstPrediction, lastPrediction)).contains(prediction) && records > 0 }

    mutating func count(_ record: PredictionRecord, endingAt offset: Int) {
        firstPrediction = min(firstPrediction, record.prediction)
        lastPrediction = max(lastPrediction, record.prediction)
        records += 1
        end = offset
        if let latest = record.eventTimes.max() { clock = max(clock ?? .min, latest.milliseconds) }
    }
}

/// Where an endpoint's files lie.
struct SegmentFolder: Sendable {
    let endpoint: String
    let path: String

    /// - Parameter log: the folder of the whole log. The endpoint's name is escaped where it could not be a file's.
    init(log: String, endpoint: String) {
        self.endpoint = endpoint
        path = log + "/" + SegmentFolder.escape(endpoint)
    }

    func binary(_ number: Int) -> String { file(number, "log") }
    func parquet(_ number: Int) -> String { file(number, "parquet") }
    func summary(_ number: Int) -> String { file(number, "json") }

    private func file(_ number: Int, _ suffix: String) -> String {
        let digits = String(number)
        return "\(path)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).\(suffix)"
    }

    /// The numbers of the files with this suffix, in order.
    func numbers(_ suffix: String) -> Set<Int> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return Set(names.compactMap { $0.hasSuffix("." + suffix) ? Int($0.dropLast(suffix.count + 1)) : nil })
    }

    func write(_ segment: Segment) throws {
        try DurableFile.replace(summary(segment.number), with: JSONEncoder.tern.encode(segment))
    }

    func readSummary(_ number: Int) -> Segment? {
        FileManager.default.contents(atPath: summary(number)).flatMap { try? JSONDecoder.tern.decode(Segment.self, from: $0) }
    }

    func removePartialFiles() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }

    private static let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

    static func escape(_ endpoint: String) -> String { endpoint.addingPercentEncoding(withAllowedCharacters: plain) ?? "%" }
    static func unescape(_ name: String) -> String? { name.removingPercentEncoding }
}
