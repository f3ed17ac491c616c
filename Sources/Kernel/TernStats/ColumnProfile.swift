/// What is remembered of one column: enough to compare it with another column later, in bounded space (tens of kilobytes), however many rows
/// there were. Built in one pass, and two profiles of parts give the profile of the whole (`merge`).
///
/// NaN counts as missing; infinities are counted apart. Neither ever enters a mean, a quantile or a test.
package struct ColumnProfile: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case numeric
        case categorical
    }

    package let kind: Kind
    /// All rows, missing ones included.
    package private(set) var count = 0
    package private(set) var missing = 0
    /// Rows with ±infinity (numeric only).
    package private(set) var infinite = 0
    private var moments: Moments?
    private var sketch: QuantileSketch?
    private var numbers: NumberCounts?
    private var categories: CategoryCounts?
    private var distinctValues = DistinctCounter()
    private var dependence = RowDependence()

    package init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .numeric:
            moments = Moments()
            sketch = QuantileSketch()
            numbers = NumberCounts()
        case .categorical: categories = CategoryCounts()
        }
    }

    /// A whole column at once. Give the rows in time order: how much neighbours repeat one another is measured too (`effectiveRows`), which a column
    /// that is built row by row does not know.
    package init(_ values: [Double?]) {
        self.init(.numeric)
        var finite: [Double] = []
        finite.reserveCapacity(values.count)
        for value in values {
            guard let value = note(value) else { continue }
            finite.append(value)
        }
        let whole = QuantileSketch(finite)
        sketch = whole
        let distribution = whole.weighted
        let cuts = [0.2, 0.4, 0.6, 0.8].compactMap { distribution.quantile($0) }
        dependence = RowDependence(rows: finite.count, events: cuts.count) { finite[$0] <= cuts[$1] }
    }

    /// A whole column at once, in time order (see above).
    package init(_ values: [String?]) {
        self.init(.categorical)
        for value in values { add(value) }
        let used = values.compactMap { $0 }
        let frequent = Array(top.prefix(4))
        dependence = RowDependence(rows: used.count, events: frequent.count) { used[$0] == frequent[$1].value }
    }

    /// Adds a row of a numeric column; in a categorical column the number's text is the category.
    package mutating func add(_ value: Double?) {
        guard kind == .numeric else { return add(value.flatMap { $0.isNaN ? nil : Self.text($0) }) }
        if let finite = note(value) { sketch?.add(finite) }
    }

    /// Adds a row of a categorical column; in a numeric column a text that is not a number counts as missing.
    package mutating func add(_ value: String?) {
        guard kind == .categorical else { return add(value.flatMap { Double($0) }) }
        count += 1
        guard let value else {
            missing += 1
            return
        }
        categories?.add(value)
        distinctValues.add(value)
    }

    /// Counts a number everywhere but in the sketch; the number when it is finite.
    private mutating func note(_ value: Double?) -> Double? {
        count += 1
        guard let value, !value.isNaN else {
            missing += 1
            return nil
        }
        guard value.isFinite else {
            infinite += 1
            return nil
        }
        moments?.add(value)
        numbers?.add(value)
        distinctValues.add(value)
        return value
    }

    /// Adds the rows of `other`. Profiles of different kinds do not mix: then nothing changes and the answer is false.
    @discardableResult
    package mutating func merge(_ other: ColumnProfile) -> Bool {
        guard other.kind == kind else { return false }
        count += other.count
        missing += other.missing
        infinite += other.infinite
        if let part = other.moments { moments?.merge(part) }
        if let part = other.sketch { sketch?.merge(part) }
        if let part = other.numbers { numbers?.merge(part) }
        if let part = other.categories { categories?.merge(part) }
        distinctValues.merge(other.distinctValues)
        dependence.merge(other.dependence)
        return true
    }

    /// The text of a number as a category: `1`, `2.5`.
    package static func text(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}

extension ColumnProfile {
    /// Rows that tests use: neither missing nor infinite.
    package var used: Int { count - missing - infinite }
    package var missingShare: Double { count == 0 ? 0 : Double(missing) / Double(count) }
    /// Nil for categories and when no row is used.
    package var mean: Double? { moments?.mean }
    /// Divided by n (population). Nil like `mean`.
    package var variance: Double? { moments?.variance }
    package var standardDeviation: Double? { variance?.squareRoot() }
    package var minimum: Double? { moments?.minimum }
    package var maximum: Double? { moments?.maximum }
    /// How many independent rows a run of `rows` rows of this column is worth: fewer when neighbours repeat one another, as in time series.
    package func effectiveRows(_ rows: Int) -> Double { dependence.effective(Double(rows)) }
    /// How many different used values: exact up to 256, then an estimate within about 6 %.
    package var distinct: Int { min(used, distinctValues.estimate) }
    package var isConstant: Bool { used > 0 && distinct == 1 }
    /// At most 2000 evenly picked values in ascending order; all of them when there are no more. Empty for categories.
    package var sample: [Double] { sketch?.sample ?? [] }
    /// The value below which the share `q` of rows lies; nil when no row is used. Exact up to 2000 rows.
    package func quantile(_ q: Double) -> Double? { sketch?.quantile(q) }
    package var weightedSample: WeightedSample { sketch?.weighted ?? WeightedSample() }

    /// The most frequent values with their counts, most frequent first: up to 100 categories, or the values of a number with at most 20.
    package var top: [CategoryCount] {
        switch kind {
        case .categorical: categories?.top ?? []
        case .numeric: numbers?.counts?.map { CategoryCount(value: Self.text($0.value), count: $0.count) }.sorted() ?? []
        }
    }

    /// Rows whose value is not in `top`.
    package var rest: Int { used - top.reduce(0) { $0 + $1.count } }

    /// Rows per value when every value is counted exactly, else nil.
    package var exactCounts: [String: Int]? {
        let top = top
        guard top.reduce(0, { $0 + $1.count }) == used else { return nil }
        return Dictionary(top.map { ($0.value, $0.count) }, uniquingKeysWith: +)
    }

    /// Equal-width bins between the minimum and the maximum, for a picture. Empty for categories and without rows.
    package func histogram(bins: Int = 20) -> [HistogramBin] {
        guard bins > 0, let low = minimum, let high = maximum else { return [] }
        guard high > low else { return [HistogramBin(from: low, to: high, count: used)] }
        let edges = (0...bins).map { low + (high - low) * Double($0) / Double(bins) }
        let counts = weightedSample.counts(between: edges)
        return counts.indices.map { HistogramBin(from: edges[$0], to: edges[$0 + 1], count: Int(counts[$0].rounded())) }
    }
}

/// A value and how many rows have it. Ordered by falling count, then by value.
package struct CategoryCount: Hashable, Sendable, Codable, Comparable {
    package var value: String
    package var count: Int

    package init(value: String, count: Int) {
        self.value = value
        self.count = count
    }

    package static func < (left: CategoryCount, right: CategoryCount) -> Bool {
        left.count == right.count ? left.value < right.value : left.count > right.count
    }
}

/// A bar of a picture; the upper edge belongs to the last bin only.
package struct HistogramBin: Hashable, Sendable, Codable {
    package var from: Double
    package var to: Double
    package var count: Int
}
