import TernKernel

/// What traces can be searched and ordered by.
package enum TraceField: Hashable, Sendable {
    case id, experiment, requestedAt, duration, endedAt, state, clientRequest
    case tag(String)
    case metadata(String)
}

package enum SpanField: Hashable, Sendable {
    case name, type, status, content
    case attribute(String)
}

package enum NumberOrder: String, Sendable {
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case equal = "="
    case notEqual = "!="
}

/// How a text is compared. A missing text fulfils none of these.
package enum TextComparison: Hashable, Sendable {
    case equal(String)
    case notEqual(String)
    case oneOf([String])
    case noneOf([String])
    /// `%` stands for any text, `_` for one character.
    case like(String, caseSensitive: Bool)
    /// A regular expression that fits anywhere in the text.
    case matches(TextPattern)
}

package enum TraceCondition: Hashable, Sendable {
    case number(TraceField, NumberOrder, Double)
    case text(TraceField, TextComparison)
    case missing(TraceField)
    case present(TraceField)
    /// Traces made in a run, or linked to it.
    case run(String)
    /// Conditions on spans must hold together for one span of the trace.
    case span(SpanField, TextComparison)
    case assessment(Assessment.Kind, name: String, AssessmentComparison)
    case issue(String)
    case never
}

package enum AssessmentComparison: Hashable, Sendable {
    case number(NumberOrder, Double)
    case text(TextComparison)
    case missing
    case present
}

package struct TraceSearch: Sendable {
    package var experiments: [Int64]
    /// All of these must hold.
    package var conditions: [TraceCondition]
    /// After these: newest first, then by id. Traces without the field come last either way.
    package var order: [(field: TraceField, ascending: Bool)]
    package var offset: Int
    package var limit: Int

    package init(
        experiments: [Int64], conditions: [TraceCondition] = [], order: [(field: TraceField, ascending: Bool)] = [], offset: Int = 0,
        limit: Int = 100
    ) {
        self.experiments = experiments
        self.conditions = conditions
        self.order = order
        self.offset = offset
        self.limit = limit
    }
}

package struct TracePage: Sendable {
    package var elements: [TraceInfo]
    /// Where the next page starts; nil on the last.
    package var nextOffset: Int?
}

extension TextComparison {
    /// Whether `text` fulfils it: the same answer as the database gives for all but regular expressions, which only this can.
    func holds(for text: String?) -> Bool {
        guard let text else { return false }
        switch self {
        case .equal(let other): return text == other
        case .notEqual(let other): return text != other
        case .oneOf(let others): return others.contains(text)
        case .noneOf(let others): return !others.contains(text)
        case .like(let pattern, let caseSensitive):
            return TextComparison.isLike(Array(text.unicodeScalars), Array(pattern.unicodeScalars), caseSensitive: caseSensitive)
        case .matches(let pattern): return pattern.matches(text)
        }
    }

    /// SQL's LIKE, by going back to the last `%` only: no worse than the product of both lengths.
    private static func isLike(_ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar], caseSensitive: Bool) -> Bool {
        func same(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
            left == right || (!caseSensitive && left.properties.lowercaseMapping == right.properties.lowercaseMapping)
        }
        var (position, index) = (0, 0)
        var retry: (position: Int, index: Int)?
        while position < text.count {
            if index < pattern.count, pattern[index] == "%" {
                retry = (position, index + 1)
                index += 1
            } else if index < pattern.count, pattern[index] == "_" || same(pattern[index], text[position]) {
                position += 1
                index += 1
            } else if let last = retry {
                retry = (last.position + 1, last.index)
                (position, index) = (last.position + 1, last.index)
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == "%" }
    }
}
