import TernKernel

/// Reads the text of a regular expression.
struct PatternReader {
    typealias Node = TextPattern.Node
    typealias CharacterSet = TextPattern.CharacterSet

    static let digit = CharacterSet(ranges: [0x30...0x39])
    /// Letters beyond ASCII count as letters.
    static let word = CharacterSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xAA...0xAA, 0xB5...0xB5, 0xC0...0x10FFFF])
    static let space = CharacterSet(ranges: [0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0])

    private let source: String
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private(set) var ignoresCase = false

    private static let deepest = 100
    private static let greatestCount = 1000

    init(_ source: String) {
        self.source = source
        scalars = Array(source.unicodeScalars)
    }

    mutating func read() throws -> Node {
        if source.hasPrefix("(?i)") {
            ignoresCase = true
            index = 4
        }
        let node = try choice()
        guard index == scalars.count else { throw refusal("a ')' without its '('") }
        return node
    }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func choice() throws -> Node {
        var options = [try sequence()]
        while current == "|" {
            index += 1
            options.append(try sequence())
        }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func sequence() throws -> Node {
        var nodes: [Node] = []
        while let scalar = current, scalar != "|", scalar != ")" { nodes.append(try repeated(try one())) }
        return .sequence(nodes)
    }

    private mutating func repeated(_ node: Node) throws -> Node {
        var node = node
        while let scalar = current {
            switch scalar {
            case "*": node = .times(node, least: 0, most: nil)
            case "+": node = .times(node, least: 1, most: nil)
            case "?": node = .times(node, least: 0, most: 1)
            case "{":
                guard let (least, most, length) = count() else { return node }
                guard least <= PatternReader.greatestCount, (most ?? 0) <= PatternReader.greatestCount, most.map({ $0 >= least }) ?? true else {
                    throw refusal("a count that is not from 0 to \(PatternReader.greatestCount)")
                }
                node = .times(node, least: least, most: most)
                index += length - 1
            default: return node
            }
            index += 1
            // Greedy, lazy and possessive differ in what they take, not in whether there is anything.
            if current == "?" || current == "+" { index += 1 }
        }
        return node
    }

    /// `{2}`, `{2,}` or `{2,5}`; anything else is a brace as such.
    private func count() -> (least: Int, most: Int?, length: Int)? {
        guard let end = scalars[index...].firstIndex(of: "}") else { return nil }
        let inside = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
        guard let least = parts.first.flatMap({ Int($0) }), least >= 0, parts.count <= 2 else { return nil }
        let length = end - index + 1
        if parts.count == 1 { return (least, least, length) }
        if parts[1].isEmpty { return (least, nil, length) }
        return Int(parts[1]).map { (least, $0, length) }
    }

    private mutating func one() throws -> Node {
        guard let scalar = current else { throw refusal("nothing where something was expected") }
        index += 1
        switch scalar {
        case "(": return try group()
        case "[": return .one(try bracket())
        case ".": return .one(CharacterSet(ranges: [0x0A...0x0A], isNegated: true))
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "*", "+", "?": throw refusal("'\(scalar)' with nothing before it")
        case "\\": return try escape()
        default: return .one(CharacterSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= PatternReader.deepest else { throw refusal("groups more than \(PatternReader.deepest) deep") }
        if current == "?" {
            guard index + 1 < scalars.count, scalars[index + 1] == ":" else { throw refusal("a group of a kind that is not known, '(?'") }
            index += 2
        }
        let node = try choice()
        guard current == ")" else { throw refusal("a '(' without its ')'") }
        index += 1
        return node
    }

    private mutating func escape() throws -> Node {
        guard let scalar = current else { throw refusal("a '\\' at the end") }
        index += 1
        switch scalar {
        case "b": return .assertion(.boundary)
        case "B": return .assertion(.notBoundary)
        case "A": return .assertion(.start)
        case "z", "Z": return .assertion(.end)
        default: return .one(try PatternReader.escaped(scalar) ?? { throw refusal("the unknown '\\\(scalar)'") }())
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> CharacterSet? {
        func only(_ value: UInt32) -> CharacterSet { CharacterSet(ranges: [value...value]) }
        func negated(_ set: CharacterSet) -> CharacterSet { CharacterSet(ranges: set.ranges, isNegated: true) }
        switch scalar {
        case "d": return digit
        case "D": return negated(digit)
        case "w": return word
        case "W": return negated(word)
        case "s": return space
        case "S": return negated(space)
        case "n": return only(0x0A)
        case "r": return only(0x0D)
        case "t": return only(0x09)
        default: return scalar.properties.isAlphabetic || digit.contains(scalar.value) ? nil : only(scalar.value)
        }
    }

    private mutating func bracket() throws -> CharacterSet {
        var set = CharacterSet()
        if current == "^" {
            set.isNegated = true
            index += 1
        }
        var isFirst = true
        while let scalar = current, scalar != "]" || isFirst {
            isFirst = false
            index += 1
            var low = scalar.value
            if scalar == "\\" {
                guard let next = current, let escaped = PatternReader.escaped(next), !escaped.isNegated else {
                    throw refusal("an unknown '\\' in brackets")
                }
                index += 1
                guard escaped.ranges.count == 1, escaped.ranges[0].count == 1 else {
                    set.ranges += escaped.ranges
                    continue
                }
                low = escaped.ranges[0].lowerBound
            }
            var high = low
            if current == "-", index + 1 < scalars.count, scalars[index + 1] != "]" {
                index += 1
                var end = scalars[index]
                index += 1
                if end == "\\" {
                    guard let next = current else { throw refusal("a '\\' at the end") }
                    end = next
                    index += 1
                }
                high = end.value
            }
            guard low <= high else { throw refusal("a range that runs backwards in brackets") }
            set.ranges.append(low...high)
        }
        guard current == "]" else { throw refusal("a '[' without its ']'") }
        index += 1
        return set
    }

    private func refusal(_ what: String) -> TernError {
        .invalid("'\(source)' is not a regular expression: it has \(what), at character \(index)")
    }
}
