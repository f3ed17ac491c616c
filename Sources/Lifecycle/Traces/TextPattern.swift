import TernKernel

/// A regular expression that takes time in proportion to the text, whatever the expression: it follows all ways through at once
/// (Thompson, "Regular expression search algorithm", 1968), so nobody can stop the server with `(a+)+$`.
///
/// It knows literals, `.`, `[a-z]`, `\d \w \s \b` and their opposites, `^ $`, groups, `|`, `* + ? {m,n}` (greedy or not is the same here) and
/// a leading `(?i)`. It has no back references and no look-around.
package struct TextPattern: Hashable, Sendable {
    package let source: String
    private let steps: [Step]
    private let ignoresCase: Bool

    /// How large an expression may be once its counts are written out.
    static let mostSteps = 5000
    /// How much of a text is looked at.
    static let longestText = 100_000

    package static func == (left: TextPattern, right: TextPattern) -> Bool { left.source == right.source }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }

    /// - Throws: `invalid_argument` when it is no regular expression of these, or too large.
    package init(_ source: String) throws {
        self.source = source
        var reader = PatternReader(source)
        let tree = try reader.read()
        ignoresCase = reader.ignoresCase
        var steps: [Step] = []
        try TextPattern.append(tree, to: &steps, of: source)
        steps.append(.done)
        self.steps = steps
    }

    enum Step: Sendable {
        case one(CharacterSet)
        case fork(Int, Int)
        case jump(Int)
        case start, end, boundary, notBoundary
        case done
    }

    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false

        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    indirect enum Node: Sendable {
        case one(CharacterSet)
        case assertion(Step)
        case sequence([Node])
        case choice([Node])
        case times(Node, least: Int, most: Int?)
    }

    private static func append(_ node: Node, to steps: inout [Step], of source: String) throws {
        guard steps.count < mostSteps else { throw TernError.invalid("the regular expression '\(source)' is too large") }
        switch node {
        case .one(let set): steps.append(.one(set))
        case .assertion(let step): steps.append(step)
        case .sequence(let nodes): for node in nodes { try append(node, to: &steps, of: source) }
        case .choice(let nodes):
            var ends: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index < nodes.count - 1 else {
                    try append(node, to: &steps, of: source)
                    break
                }
                let fork = steps.count
                steps.append(.done)
                try append(node, to: &steps, of: source)
                ends.append(steps.count)
                steps.append(.done)
                steps[fork] = .fork(fork + 1, steps.count)
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .times(let node, let least, let most):
            for _ in 0..<least {
                let before = steps.count
                try append(node, to: &steps, of: source)
                // Nothing, however often, is nothing.
                if steps.count == before { break }
            }
            guard let most else {
                let fork = steps.count
                steps.append(.done)
                try append(node, to: &steps, of: source)
                steps.append(.jump(fork))
                steps[fork] = .fork(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in least..<max(least, most) {
                forks.append(steps.count)
                steps.append(.done)
                try append(node, to: &steps, of: source)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    // MARK: Running

    /// Whether it fits anywhere in the text.
    package func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.prefix(TextPattern.longestText).map(\.value)
        var current = Ways(steps.count)
        var next = Ways(steps.count)
        for position in 0...scalars.count {
            if follow(0, at: position, of: scalars, into: &current) { return true }
            guard position < scalars.count else { return false }
            next.clear()
            for index in current.order {
                guard case .one(let set) = steps[index], accepts(set, scalars[position]) else { continue }
                if follow(index + 1, at: position + 1, of: scalars, into: &next) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    private func accepts(_ set: CharacterSet, _ scalar: UInt32) -> Bool {
        if !ignoresCase { return set.contains(scalar) }
        guard let known = Unicode.Scalar(scalar) else { return false }
        let forms = [known.properties.lowercaseMapping, known.properties.uppercaseMapping].compactMap { $0.unicodeScalars.first?.value }
        return set.isNegated ? forms.allSatisfy(set.contains) : forms.contains(where: set.contains) || set.contains(scalar)
    }

    /// Adds every place that can be reached without reading; true when one of them is the end.
    private func follow(_ start: Int, at position: Int, of scalars: [UInt32], into ways: inout Ways) -> Bool {
        var open = [start]
        while let index = open.popLast() {
            guard ways.add(index) else { continue }
            switch steps[index] {
            case .done: return true
            case .one: break
            case .jump(let to): open.append(to)
            case .fork(let first, let second): open += [second, first]
            case .start: if position == 0 { open.append(index + 1) }
            case .end: if position == scalars.count { open.append(index + 1) }
            case .boundary: if TextPattern.isBoundary(position, scalars) { open.append(index + 1) }
            case .notBoundary: if !TextPattern.isBoundary(position, scalars) { open.append(index + 1) }
            }
        }
        return false
    }

    private static func isBoundary(_ position: Int, _ scalars: [UInt32]) -> Bool {
        let before = position > 0 && PatternReader.word.contains(scalars[position - 1])
        let after = position < scalars.count && PatternReader.word.contains(scalars[position])
        return before != after
    }

    /// A set of steps that remembers the order and empties at once.
    private struct Ways {
        private var marks: [Int]
        private var generation = 1
        private(set) var order: [Int] = []

        init(_ count: Int) { marks = Array(repeating: 0, count: count) }

        mutating func add(_ index: Int) -> Bool {
            if marks[index] == generation { return false }
            marks[index] = generation
            order.append(index)
            return true
        }

        mutating func clear() {
            generation += 1
            order.removeAll(keepingCapacity: true)
        }
    }
}
