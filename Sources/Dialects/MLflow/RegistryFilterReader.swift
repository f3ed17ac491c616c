import Registry
import TernKernel

/// One piece of a filter.
struct FilterToken: Hashable {
    enum Kind: Hashable {
        /// Names separated by dots, quotes taken off.
        case word([String])
        case string(String)
        case number
        case sign
    }

    var kind: Kind
    var text: String

    func isKeyword(_ word: String) -> Bool { if case .word = kind { text.uppercased() == word } else { false } }
}

/// Cuts a filter into tokens.
struct FilterReader {
    let text: String
    private var rest: Substring
    private var ahead: FilterToken?

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    func invalid(_ token: FilterToken) -> TernError { .invalid("Invalid clause(s) in filter string: '\(token.text)' in \(text)") }

    mutating func peek() throws -> FilterToken? {
        if ahead == nil { ahead = try read() }
        return ahead
    }

    mutating func next() throws -> FilterToken? {
        let token = try peek()
        ahead = nil
        return token
    }

    mutating func comparison() throws -> RegistryQuery.Comparison {
        guard let token = try next() else { throw TernError.invalid("Invalid filter '\(text)'. Could not be parsed.") }
        if token.isKeyword("NOT") {
            guard let second = try next(), second.isKeyword("IN") else { throw invalid(token) }
            return .notAmong
        }
        let name = token.text == "<>" ? "!=" : token.text.uppercased()
        if case .string = token.kind { throw invalid(token) }
        guard let comparison = RegistryQuery.Comparison(rawValue: name) else { throw invalid(token) }
        return comparison
    }

    /// `('a', 'b')`.
    mutating func list(startingWith token: FilterToken) throws -> [String] {
        guard token.text == "(" else { throw invalid(token) }
        var values: [String] = []
        while let token = try next() {
            guard case .string(let value) = token.kind else { throw TernError.invalid("Expected string value for list. Got value \(token.text)") }
            values.append(value)
            guard let separator = try next() else { break }
            if separator.text == ")" { return values }
            guard separator.text == "," else { throw invalid(separator) }
        }
        throw TernError.invalid("Invalid filter '\(text)'. Could not be parsed.")
    }

    private mutating func read() throws -> FilterToken? {
        rest = rest.drop { $0.isWhitespace }
        guard let first = rest.first else { return nil }
        switch first {
        case "'", "\"":
            // A double-quoted text after a dot was taken as a name already.
            let body = try quoted(by: first)
            return FilterToken(kind: .string(body), text: "\(first)\(body)\(first)")
        case "=", "!", "<", ">":
            let sign = rest.prefix { "=!<>".contains($0) }
            rest = rest.dropFirst(sign.count)
            return FilterToken(kind: .sign, text: String(sign))
        case "(", ")", ",", ";":
            rest = rest.dropFirst()
            return FilterToken(kind: .sign, text: String(first))
        default:
            if first.isNumber || first == "-" {
                let digits = rest.prefix { $0.isNumber || "-+.eE".contains($0) }
                rest = rest.dropFirst(digits.count)
                return FilterToken(kind: .number, text: String(digits))
            }
            return try word()
        }
    }

    /// `tags.a.b`, ``tags.`a key` ``, `tags."a key"`.
    private mutating func word() throws -> FilterToken {
        let start = rest
        var parts: [String] = []
        while let first = rest.first {
            if first == "`" || (first == "\"" && !parts.isEmpty) {
                parts.append(try quoted(by: first))
            } else {
                let part = rest.prefix { !$0.isWhitespace && !"=!<>(),;.'\"`".contains($0) }
                guard !part.isEmpty else { break }
                rest = rest.dropFirst(part.count)
                parts.append(String(part))
            }
            guard rest.first == "." else { break }
            rest = rest.dropFirst()
        }
        let text = String(start.prefix(start.count - rest.count))
        guard !parts.isEmpty else { throw TernError.invalid("Invalid filter '\(self.text)'. Could not be parsed.") }
        return FilterToken(kind: .word(parts), text: text)
    }

    private mutating func quoted(by quote: Character) throws -> String {
        let inner = rest.dropFirst()
        guard let end = inner.firstIndex(of: quote) else {
            throw TernError.invalid("Invalid filter '\(text)'. Could not be parsed.")
        }
        rest = inner[inner.index(after: end)...]
        return String(inner[..<end])
    }
}
