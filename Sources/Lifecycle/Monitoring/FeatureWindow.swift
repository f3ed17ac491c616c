import TernKernel
import TernLog
import TernStats

/// What clients sent and got in one open window, as column profiles of bounded size.
struct FeatureWindow: Sendable {
    let from: Timestamp
    let to: Timestamp
    /// The position before the first record with a row in here.
    let after: Int64
    var rows = 0
    /// The features of every answered request, primary or canary.
    var features: [String: ColumnProfile] = [:]
    /// `predicted` and `score` of the primary: the reference holds that version's own predictions.
    var outputs: [String: ColumnProfile] = [:]
    /// Who was the primary. With more than one, the window is nobody's.
    var primaries: Set<VersionKey> = []

    init(from: Timestamp, to: Timestamp, after: Int64) {
        self.from = from
        self.to = to
        self.after = after
    }

    /// Adds some rows of an answered record. A column is profiled as its reference is, else by its own type.
    mutating func add(_ record: PredictionRecord, rows indices: [Int], reference: Profile?) {
        rows += indices.count
        for column in record.inputs {
            FeatureWindow.fold(column, rows: indices, into: &features[column.name], kind: reference?.columns[column.name]?.kind)
        }
        guard record.variant.role == .primary else { return }
        primaries.insert(VersionKey(record.variant))
        for column in record.outputs where column.name == "predicted" || column.name == "score" {
            FeatureWindow.fold(column, rows: indices, into: &outputs[column.name], kind: reference?.columns[column.name]?.kind)
        }
    }

    private static func fold(_ column: Column, rows: [Int], into slot: inout ColumnProfile?, kind: ColumnProfile.Kind?) {
        let numbers = column.numbers
        var profile = slot ?? ColumnProfile(kind ?? (numbers == nil ? .categorical : .numeric))
        slot = nil
        if let numbers {
            for row in rows where numbers.indices.contains(row) { profile.add(numbers[row]) }
        } else {
            let texts = column.texts
            for row in rows where texts.indices.contains(row) { profile.add(texts[row]) }
        }
        slot = profile
    }
}

/// Where the rows of a quality window that has not been judged lie in the log. Their values are read again when it is judged.
struct QualityRange: Hashable, Sendable {
    var after: Int64
    var last: Int64
}

extension PredictionRecord {
    /// Whether a client got this answer.
    var isAnswer: Bool { variant.role != .shadow && error == nil }

    /// Its rows by the window that each belongs to, oldest window first.
    func rows(byWindow width: Period) -> [(from: Timestamp, rows: [Int])] {
        var windows: [Timestamp: [Int]] = [:]
        for row in 0..<max(0, rows) { windows[time(ofRow: row).floor(to: width), default: []].append(row) }
        return windows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
