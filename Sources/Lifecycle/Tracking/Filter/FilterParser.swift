import TernKernel

/// One comparison of a filter, as it was written: what it means depends on what is searched.
package struct FilterClause: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(String)
        case number(Double)
        case list([String])
        case none
    }

    /// `metrics` in `metrics.loss`; nil when the name stands alone.
    package var entity: String?
    package var key: String
    /// In upper case: `=`, `LIKE`, `NOT IN`, `IS NULL`, …
    package var comparator: String
    package var value: Value
    /// The value as it was written, for messages.
    package var source: String
    /// The number of the character at which the clause starts, from 1.
    package var position: Int
}

/// Reads MLflow's filter language: comparisons joined by AND, nothing else.
///
///     filter     = clause { "AND" clause }
///     clause     = name ( comparator value | [ "NOT" ] "IN" list | "IS" [ "NOT" ] "NULL" )
///     comparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "RLIKE"
///     list       = "(" text { "," text } [ "," ] ")"
package struct FilterParser {
    private let text: String
    private let tokens: [FilterToken]
    private var index = 0

    /// An empty filter has no clauses.
    ///
    /// - Throws: `invalid_argument` that names the character where the filter stops making sense.
    package static func parse(_ text: String) throws -> [FilterClause] {
        var parser = FilterParser(text: text, tokens: try FilterLexer.tokens(of: text))
        return try parser.filter()
    }

    /// Reads `metrics.loss DESC`.
    ///
    /// - Returns: the name, and whether it is ascending (the default).
    package static func parseOrder(_ text: String) throws -> (entity: String?, key: String, ascending: Bool) {
        let tokens = (try? FilterLexer.tokens(of: text)) ?? []
        guard let first = tokens.first, case .name(let parts) = first.kind else { throw badOrder(text) }
        let (entity, key) = split(parts)
        switch tokens.count {
        case 1: return (entity, key, true)
        case 2:
            guard tokens[1].isWord("ASC") || tokens[1].isWord("DESC") else {
                throw TernError.invalid("Invalid ordering key in order_by clause '\(text)'.")
            }
            return (entity, key, tokens[1].isWord("ASC"))
        default: throw badOrder(text)
        }
    }

    private static func badOrder(_ text: String) -> TernError { .invalid("Invalid order_by clause '\(text)'. Could not be parsed.") }

    private static func split(_ parts: [String]) -> (entity: String?, key: String) {
        guard let first = parts.first, parts.count > 1 else { return (nil, parts.first ?? "") }
        return (first, parts.dropFirst().joined(separator: "."))
    }

    private init(text: String, tokens: [FilterToken]) {
        self.text = text
        self.tokens = tokens
    }

    private var current: FilterToken? { index < tokens.count ? tokens[index] : nil }

    private mutating func filter() throws -> [FilterClause] {
        if tokens.isEmpty { return [] }
        var clauses = [try clause()]
        while current != nil {
            if current?.source == ";", index + 1 < tokens.count {
                throw TernError.invalid("Search filter contained multiple expression \"\(text)\". Provide AND-ed expression list.")
            }
            guard current?.isWord("AND") == true else { throw unexpected("AND") }
            index += 1
            clauses.append(try clause())
        }
        return clauses
    }

    private mutating func clause() throws -> FilterClause {
        guard let token = current, case .name(let parts) = token.kind else { throw unexpected("a name such as metrics.loss") }
        let (entity, key) = FilterParser.split(parts)
        index += 1
        let comparator = try comparator()
        if comparator == "IS NULL" || comparator == "IS NOT NULL" {
            return FilterClause(entity: entity, key: key, comparator: comparator, value: .none, source: "", position: token.position)
        }
        let start = current
        let value = comparator.hasSuffix("IN") ? try list() : try value()
        return FilterClause(
            entity: entity, key: key, comparator: comparator, value: value, source: start?.source ?? "", position: token.position)
    }

    private mutating func comparator() throws -> String {
        guard let token = current else { throw unexpected("a comparison") }
        if case .comparator(let text) = token.kind {
            index += 1
            return text
        }
        for word in ["LIKE", "ILIKE", "RLIKE", "IN"] where accept(word) { return word }
        if accept("NOT") {
            guard accept("IN") else { throw unexpected("IN") }
            return "NOT IN"
        }
        if accept("IS") {
            let negated = accept("NOT")
            guard accept("NULL") else { throw unexpected("NULL") }
            return negated ? "IS NOT NULL" : "IS NULL"
        }
        throw unexpected("a comparison")
    }

    private mutating func accept(_ word: String) -> Bool {
        guard let token = current, token.isWord(word), case .name = token.kind else { return false }
        index += 1
        return true
    }

    private mutating func value() throws -> FilterClause.Value {
        guard let token = current else { throw unexpected("a value") }
        index += 1
        switch token.kind {
        case .text(let text): return .text(text)
        case .number(let number): return .number(number)
        case .name(let parts) where token.source.hasPrefix("\"") && token.source.hasSuffix("\"") && parts.count == 1: return .text(parts[0])
        // A bare word is no value; who interprets the clause says what it expects instead.
        case .name: return .none
        case .open:
            index -= 1
            return try list()
        default:
            index -= 1
            throw unexpected("a value")
        }
    }

    private mutating func list() throws -> FilterClause.Value {
        guard current?.kind == .open else { throw unexpected("a list such as ('a', 'b')") }
        index += 1
        var values: [String] = []
        while let token = current, token.kind != .close {
            switch token.kind {
            case .text(let text): values.append(text)
            case .name(let parts) where token.source.hasPrefix("\"") && parts.count == 1: values.append(parts[0])
            default:
                throw TernError.invalid(
                    "While parsing a list in the query, expected string value, punctuation, or whitespace, "
                        + "but got different type in list: \(token.source) at character \(token.position)")
            }
            index += 1
            if current?.kind == .comma { index += 1 } else if current?.kind != .close { throw unexpected("',' or ')'") }
        }
        guard current?.kind == .close else { throw unexpected("')'") }
        index += 1
        if values.isEmpty {
            throw TernError.invalid("While parsing a list in the query, expected a non-empty list of string values, but got empty list")
        }
        return .list(values)
    }

    private func unexpected(_ expected: String) -> TernError {
        if let current {
            return .invalid(
                "Invalid clause(s) in filter string: '\(current.source)' at character \(current.position): expected \(expected) in \"\(text)\"")
        }
        return .invalid("Invalid clause(s) in filter string: it ends at character \(text.count + 1) where \(expected) was expected in \"\(text)\"")
    }
}
