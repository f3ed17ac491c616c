import TernKernel

/// Answered predictions of one segment, by number. Numbers follow each other closely, so an array is enough.
struct PredictionIndex: Sendable {
    private struct Entry: Sendable {
        var rows: Int32
        var first: Int64
        var last: Int64

        static let none = Entry(rows: -1, first: 0, last: 0)
    }

    private var base: Int64 = 0
    private var entries: [Entry] = []
    /// Numbers too far from the others for the array; only a strange caller makes them.
    private var strays: [Int64: PredictionReference] = [:]

    mutating func add(_ record: PredictionRecord) {
        guard record.variant.role != .shadow, record.error == nil else { return }
        add(PredictionReference(of: record))
    }

    mutating func add(_ reference: PredictionReference) {
        if entries.isEmpty { base = reference.prediction }
        let (distance, overflow) = reference.prediction.subtractingReportingOverflow(base)
        guard !overflow, distance >= -4096, distance < Int64(entries.count) + 4096, let rows = Int32(exactly: reference.rows) else {
            strays[reference.prediction] = reference
            return
        }
        if distance < 0 {
            entries.insert(contentsOf: repeatElement(.none, count: Int(-distance)), at: 0)
            base = reference.prediction
        }
        let place = Int(max(0, distance))
        while entries.count <= place { entries.append(.none) }
        entries[place] = Entry(rows: rows, first: reference.first.milliseconds, last: reference.last.milliseconds)
    }

    func find(_ prediction: Int64) -> PredictionReference? {
        let (distance, overflow) = prediction.subtractingReportingOverflow(base)
        if !overflow, distance >= 0, distance < Int64(entries.count) {
            let entry = entries[Int(distance)]
            if entry.rows >= 0 {
                return PredictionReference(
                    prediction: prediction, rows: Int(entry.rows), first: Timestamp(milliseconds: entry.first),
                    last: Timestamp(milliseconds: entry.last))
            }
        }
        return strays[prediction]
    }
}
