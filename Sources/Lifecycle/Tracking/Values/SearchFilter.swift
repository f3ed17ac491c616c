/// What a search keeps: every condition must hold.
package struct SearchFilter: Hashable, Sendable {
    package var conditions: [Condition]

    package init(_ conditions: [Condition] = []) { self.conditions = conditions }

    package struct Condition: Hashable, Sendable {
        package var field: SearchField
        package var comparison: Comparison

        package init(_ field: SearchField, _ comparison: Comparison) {
            self.field = field
            self.comparison = comparison
        }
    }

    package enum Comparison: Hashable, Sendable {
        case number(Ordering, Double)
        case equal(String)
        case notEqual(String)
        /// `%` is any text, `_` any one character.
        case like(String, caseSensitive: Bool)
        case oneOf([String])
        case noneOf([String])
        case missing
        case present
    }

    package enum Ordering: String, Hashable, Sendable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "="
        case notEqual = "!="
    }
}

/// What a condition or an ordering looks at. Attributes go by the name of their column (see `RunAttribute` and its siblings).
package enum SearchField: Hashable, Sendable {
    case attribute(String)
    case metric(String)
    case param(String)
    case tag(String)
    /// Of the datasets that a run read: `name`, `digest` or `context`.
    case dataset(String)
}

/// One term of an ordering; what lacks the field comes last either way.
package struct SearchOrder: Hashable, Sendable {
    package var field: SearchField
    package var ascending: Bool
    /// For a metric of logged models: only as measured on this dataset.
    package var datasetName: String?
    package var datasetDigest: String?

    package init(_ field: SearchField, ascending: Bool, datasetName: String? = nil, datasetDigest: String? = nil) {
        self.field = field
        self.ascending = ascending
        self.datasetName = datasetName
        self.datasetDigest = datasetDigest
    }
}

/// A part of a long list, and where the next part starts (nil when this was the last).
package struct SearchPage<Element: Sendable>: Sendable {
    package var elements: [Element]
    package var nextOffset: Int?
    /// The same place as a position in the ordering, where the search knows one: new rows do not shift it.
    package var next: SearchCursor?

    /// From one element more than was asked for, which only tells that there is more.
    init(_ found: [Element], offset: Int, limit: Int) {
        elements = Array(found.prefix(limit))
        nextOffset = found.count > limit ? offset + limit : nil
        next = nil
    }

    init(elements: [Element], nextOffset: Int?, next: SearchCursor?) {
        self.elements = elements
        self.nextOffset = nextOffset
        self.next = next
    }
}

/// The attributes that searches know, by the names that stand in the tables.
package enum SearchAttribute {
    package static let run: Set<String> = ["id", "name", "user_id", "status", "artifact_uri", "start_time", "end_time"]
    package static let experiment: Set<String> = ["id", "name", "created_at", "updated_at"]
    package static let loggedModel: Set<String> = ["id", "name", "type", "status", "source_run", "created_at", "updated_at"]
}

package struct RunSearch: Sendable {
    package var experiments: [Int64]
    package var filter: SearchFilter
    package var order: [SearchOrder]
    package var stages: StageSelection
    /// The row behind which the page begins; nil begins with the first.
    package var after: SearchCursor?
    /// How many rows to pass over, from there.
    package var offset: Int
    package var limit: Int

    package init(
        experiments: [Int64], filter: SearchFilter = SearchFilter(), order: [SearchOrder] = [], stages: StageSelection = .active,
        after: SearchCursor? = nil, offset: Int = 0, limit: Int = 1000
    ) {
        self.experiments = experiments
        self.filter = filter
        self.order = order
        self.stages = stages
        self.after = after
        self.offset = offset
        self.limit = limit
    }
}

package struct ExperimentSearch: Sendable {
    package var filter: SearchFilter
    package var order: [SearchOrder]
    package var stages: StageSelection
    package var offset: Int
    package var limit: Int

    package init(
        filter: SearchFilter = SearchFilter(), order: [SearchOrder] = [], stages: StageSelection = .active, offset: Int = 0, limit: Int = 1000
    ) {
        self.filter = filter
        self.order = order
        self.stages = stages
        self.offset = offset
        self.limit = limit
    }
}

package struct LoggedModelSearch: Sendable {
    package var experiments: [Int64]
    package var filter: SearchFilter
    /// Metrics count only as measured on one of these; a nil digest is any.
    package var datasets: [(name: String, digest: String?)]
    package var order: [SearchOrder]
    package var offset: Int
    package var limit: Int

    package init(
        experiments: [Int64], filter: SearchFilter = SearchFilter(), datasets: [(name: String, digest: String?)] = [], order: [SearchOrder] = [],
        offset: Int = 0, limit: Int = 100
    ) {
        self.experiments = experiments
        self.filter = filter
        self.datasets = datasets
        self.order = order
        self.offset = offset
        self.limit = limit
    }
}
