/// Counts of categories in bounded space: exact up to 200 different ones, then the most frequent hundred and the rest together.
///
/// When the table is full the smaller half goes to the rest (lossy counting): a category that is frequent keeps its place, and its count is too
/// small by at most what was thrown out at once.
struct CategoryCounts: Hashable, Sendable, Codable {
    static let kept = 100
    static let limit = 200

    private(set) var counts: [String: Int] = [:]
    private(set) var rest = 0

    mutating func add(_ category: String, _ times: Int = 1) {
        counts[category, default: 0] += times
        if counts.count > CategoryCounts.limit { prune() }
    }

    mutating func merge(_ other: CategoryCounts) {
        rest += other.rest
        counts.merge(other.counts, uniquingKeysWith: +)
        if counts.count > CategoryCounts.limit { prune() }
    }

    /// At most a hundred, most frequent first.
    var top: [CategoryCount] {
        Array(counts.map { CategoryCount(value: $0.key, count: $0.value) }.sorted().prefix(CategoryCounts.kept))
    }

    private mutating func prune() {
        let kept = top
        let total = counts.values.reduce(0, +)
        counts = Dictionary(kept.map { ($0.value, $0.count) }, uniquingKeysWith: +)
        rest += total - counts.values.reduce(0, +)
    }
}

/// Counts of the values of a numeric column while there are at most twenty of them: such a column is tested as categories, if it has few enough.
struct NumberCounts: Hashable, Sendable, Codable {
    static let limit = 20

    struct Entry: Hashable, Sendable, Codable {
        var value: Double
        var count: Int
    }

    private var entries: [Entry] = []
    private var isOverfull = false

    /// Nil once there were more values than the limit.
    var counts: [Entry]? { isOverfull ? nil : entries }

    mutating func add(_ value: Double, _ times: Int = 1) {
        guard !isOverfull else { return }
        if let index = entries.firstIndex(where: { $0.value == value }) {
            entries[index].count += times
        } else if entries.count < NumberCounts.limit {
            entries.append(Entry(value: value == 0 ? 0 : value, count: times))
        } else {
            entries = []
            isOverfull = true
        }
    }

    mutating func merge(_ other: NumberCounts) {
        for entry in other.entries { add(entry.value, entry.count) }
        if other.isOverfull {
            entries = []
            isOverfull = true
        }
    }
}
