import TernKernel

/// What a search asks for, whatever words it was asked in: all conditions must hold.
package struct RegistryQuery: Sendable {
    /// MLflow marks its prompts with this tag; a search that does not ask for them leaves them out.
    package static let promptTag = "mlflow.prompt.is_prompt"

    package enum Field: Hashable, Sendable {
        case name
        case version
        case run
        case source
        case created
        case updated
        case tag(String)
    }

    package enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case like = "LIKE"
        case likeAnyCase = "ILIKE"
        case among = "IN"
        case notAmong = "NOT IN"
    }

    package enum Operand: Hashable, Sendable {
        case text(String)
        case number(Int64)
        case list([String])
    }

    package struct Condition: Hashable, Sendable {
        package var field: Field
        package var comparison: Comparison
        package var operand: Operand

        package init(_ field: Field, _ comparison: Comparison, _ operand: Operand) {
            self.field = field
            self.comparison = comparison
            self.operand = operand
        }
    }

    package struct Order: Hashable, Sendable {
        package var field: Field
        package var ascending: Bool

        package init(_ field: Field, ascending: Bool = true) {
            self.field = field
            self.ascending = ascending
        }
    }

    package var conditions: [Condition]
    package var order: [Order]
    package var limit: Int
    package var offset: Int

    package init(conditions: [Condition] = [], order: [Order] = [], limit: Int = 100, offset: Int = 0) {
        self.conditions = conditions
        self.order = order
        self.limit = limit
        self.offset = offset
    }

    /// What of a model or version can be asked about.
    struct Subject {
        var name: String
        var version: Int?
        var run: String?
        var source: String?
        var created: Timestamp
        var updated: Timestamp
        var tags: [String: String]
    }

    /// Whether the search is for prompts rather than models.
    var wantsPrompts: Bool {
        conditions.contains { condition in
            guard condition.field == .tag(RegistryQuery.promptTag), case .text(let value) = condition.operand else { return false }
            return (condition.comparison == .equal && value.lowercased() == "true")
                || (condition.comparison == .unequal && value.lowercased() == "false")
        }
    }

    func matches(_ subject: Subject) -> Bool {
        conditions.allSatisfy { condition in
            // Models carry no prompt tag at all, and are found by saying that it is not true.
            if condition.field == .tag(RegistryQuery.promptTag), !wantsPrompts { return true }
            return condition.matches(subject)
        }
    }

    /// Whether one comes before the other; what the order leaves open is by name, then newest version first.
    func precedes(_ left: Subject, _ right: Subject) -> Bool {
        for order in self.order {
            if let before = order.field.compare(left, right) { return before == order.ascending }
        }
        if left.name != right.name { return RegistryQuery.bytes(left.name, before: right.name) }
        return (left.version ?? 0) > (right.version ?? 0)
    }

    /// Databases order text by its bytes; so does this.
    fileprivate static func bytes(_ left: String, before right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}

extension RegistryQuery.Field {
    /// Nil when both are equal.
    fileprivate func compare(_ left: RegistryQuery.Subject, _ right: RegistryQuery.Subject) -> Bool? {
        switch self {
        case .name: left.name == right.name ? nil : RegistryQuery.bytes(left.name, before: right.name)
        case .version: left.version == right.version ? nil : (left.version ?? 0) < (right.version ?? 0)
        case .created: left.created == right.created ? nil : left.created < right.created
        case .updated: left.updated == right.updated ? nil : left.updated < right.updated
        case .run, .source, .tag: nil
        }
    }
}

extension RegistryQuery.Condition {
    fileprivate func matches(_ subject: RegistryQuery.Subject) -> Bool {
        switch field {
        case .name: matches(text: subject.name)
        case .run: matches(text: subject.run)
        case .source: matches(text: subject.source)
        case .tag(let key): matches(text: subject.tags[key])
        case .version: matches(number: subject.version.map { Int64($0) })
        case .created: matches(number: subject.created.milliseconds)
        case .updated: matches(number: subject.updated.milliseconds)
        }
    }

    /// What is not there matches nothing, not even "is not".
    private func matches(text: String?) -> Bool {
        guard let text else { return false }
        switch (comparison, operand) {
        case (.equal, .text(let value)): return text == value
        case (.unequal, .text(let value)): return text != value
        case (.like, .text(let value)): return LikePattern(value).matches(text)
        case (.likeAnyCase, .text(let value)): return LikePattern(value.lowercased()).matches(text.lowercased())
        case (.among, .list(let values)): return values.contains(text)
        case (.notAmong, .list(let values)): return !values.contains(text)
        default: return false
        }
    }

    private func matches(number: Int64?) -> Bool {
        guard let number, case .number(let value) = operand else { return false }
        return switch comparison {
        case .equal: number == value
        case .unequal: number != value
        case .less: number < value
        case .lessOrEqual: number <= value
        case .greater: number > value
        case .greaterOrEqual: number >= value
        case .like, .likeAnyCase, .among, .notAmong: false
        }
    }
}

/// SQL's LIKE: `%` is any text, `_` any one character, and case counts.
struct LikePattern {
    private let pattern: [Character]

    init(_ pattern: String) { self.pattern = Array(pattern) }

    /// In one pass, going back to the last `%` only, so that no pattern takes longer than text times pattern.
    func matches(_ text: String) -> Bool {
        let text = Array(text)
        var position = 0
        var index = 0
        var retry: (pattern: Int, text: Int)?
        while position < text.count {
            if index < pattern.count, pattern[index] == "%" {
                retry = (index, position)
                index += 1
            } else if index < pattern.count, pattern[index] == "_" || pattern[index] == text[position] {
                index += 1
                position += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                index = last.pattern + 1
                position = last.text + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == "%" }
    }
}
