import TernKernel

/// A word of MLflow's filter language, and where it starts.
struct FilterToken: Hashable {
    enum Kind: Hashable {
        /// A bare word, with the dots in it; parts in backticks or double quotes are taken out of them.
        case name([String])
        /// Text in single quotes.
        case text(String)
        case number(Double)
        case comparator(String)
        case open
        case close
        case comma
        case other
    }

    var kind: Kind
    /// As it was written.
    var source: String
    /// The number of the character it starts at, from 1.
    var position: Int

    func isWord(_ word: String) -> Bool { source.uppercased() == word }
}

/// Splits a filter into words. Text in quotes ends at the next quote of the same kind; two of them together are one in the text.
struct FilterLexer {
    private let characters: [Character]
    private var index = 0

    init(_ text: String) { characters = Array(text) }

    static func tokens(of text: String) throws -> [FilterToken] {
        var lexer = FilterLexer(text)
        var tokens: [FilterToken] = []
        while let token = try lexer.next() { tokens.append(token) }
        return tokens
    }

    private var current: Character? { index < characters.count ? characters[index] : nil }

    private mutating func next() throws -> FilterToken? {
        while let space = current, space.isWhitespace { index += 1 }
        guard let first = current else { return nil }
        let start = index
        let kind: FilterToken.Kind
        switch first {
        case "'": kind = .text(try quoted("'"))
        case "(": kind = single(.open)
        case ")": kind = single(.close)
        case ",": kind = single(.comma)
        case "=", "<", ">", "!": kind = comparator()
        default:
            if isNumberStart {
                kind = number()
            } else if first == "`" || first == "\"" || FilterLexer.isWord(first) {
                kind = try name()
            } else {
                kind = single(.other)
            }
        }
        return FilterToken(kind: kind, source: String(characters[start..<index]), position: start + 1)
    }

    private mutating func single(_ kind: FilterToken.Kind) -> FilterToken.Kind {
        index += 1
        return kind
    }

    private mutating func comparator() -> FilterToken.Kind {
        let first = current
        index += 1
        if let second = current, second == "=" || (first == "<" && second == ">") { index += 1 }
        let text = String(characters[(index - (characters[index - 1] == first ? 1 : 2))..<index])
        return ["=", "!=", "<", "<=", ">", ">="].contains(text) ? .comparator(text) : .other
    }

    private var isNumberStart: Bool {
        guard let first = current else { return false }
        let second = index + 1 < characters.count ? characters[index + 1] : " "
        if FilterLexer.isDigit(first) { return true }
        return (first == "-" || first == "." || first == "+") && (FilterLexer.isDigit(second) || second == ".")
    }

    private mutating func number() -> FilterToken.Kind {
        let start = index
        index += 1
        while let character = current {
            let exponent = characters[index - 1] == "e" || characters[index - 1] == "E"
            guard
                FilterLexer.isDigit(character) || character == "." || character == "e" || character == "E"
                    || (exponent && (character == "-" || character == "+"))
            else { break }
            index += 1
        }
        return Double(String(characters[start..<index])).map(FilterToken.Kind.number) ?? .other
    }

    /// `tags.mlflow.user`, `metrics.'a b'` in backticks or double quotes, `"text"`.
    private mutating func name() throws -> FilterToken.Kind {
        var parts: [String] = []
        while true {
            if current == "`" {
                parts.append(try quoted("`"))
            } else if current == "\"" {
                parts.append(try quoted("\""))
            } else if current == "'", !parts.isEmpty {
                parts.append(try quoted("'"))
            } else {
                var word = ""
                while let character = current, FilterLexer.isWord(character) {
                    word.append(character)
                    index += 1
                }
                if word.isEmpty {
                    throw TernError.invalid("Invalid clause(s) in filter string: a name is missing at character \(index + 1)")
                }
                parts.append(word)
            }
            if parts.last?.isEmpty == true {
                throw TernError.invalid("Invalid clause(s) in filter string: the name that ends at character \(index) is empty")
            }
            guard current == "." else { return .name(parts) }
            index += 1
        }
    }

    private mutating func quoted(_ quote: Character) throws -> String {
        let start = index
        var text = ""
        index += 1
        while let character = current {
            index += 1
            if character != quote {
                text.append(character)
            } else if current == quote {
                text.append(quote)
                index += 1
            } else {
                return text
            }
        }
        throw TernError.invalid("Invalid clause(s) in filter string: the quote at character \(start + 1) is not closed")
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    private static func isWord(_ character: Character) -> Bool { character == "_" || character.isLetter || character.isNumber }
}
