import TernKernel
import Yams

/// A mapping of the file that is being read: typed look-ups that report what is missing, of the wrong type or unknown.
struct Section {
    let node: Node
    /// Where we are, for messages: `endpoints.price.release`.
    let path: String
    let problems: ProblemList

    private let fields: [String: (key: Node, value: Node)]

    /// Nil, with a problem, when the node is not a mapping.
    /// - Parameter known: every key that may stand here; nil where people choose the keys.
    init?(_ node: Node, path: String, known: [String]?, problems: ProblemList) {
        guard case .mapping(let mapping) = node else {
            problems.add("'\(path)' must be a mapping of keys to values", at: node.mark)
            return nil
        }
        var fields: [String: (key: Node, value: Node)] = [:]
        for (key, value) in mapping {
            guard let name = key.string else {
                problems.add("a key in '\(path)' is not text", at: key.mark)
                continue
            }
            if let known, !known.contains(name) {
                problems.add("unknown key '\(name)' in '\(path)'", at: key.mark, nearest: name, in: known)
            } else if fields[name] != nil {
                problems.add("'\(name)' stands twice in '\(path)'", at: key.mark)
            }
            fields[name] = (key, value)
        }
        self.node = node
        self.path = path
        self.problems = problems
        self.fields = fields
    }

    subscript(key: String) -> Node? { fields[key]?.value }

    /// The entries in the order of the file.
    var entries: [(name: String, key: Node, value: Node)] {
        guard case .mapping(let mapping) = node else { return [] }
        return mapping.compactMap { key, value in key.string.map { ($0, key, value) } }
    }

    func missing(_ key: String, _ example: String) {
        problems.add("'\(path)' lacks '\(key)'", at: node.mark, suggestion: "for example: \(key): \(example)")
    }

    // MARK: Typed look-ups. Each reports a wrong type and answers nil then, as for a missing key.

    func text(_ key: String) -> String? { read(key, "text") { $0.scalar?.string } }

    func required(_ key: String, example: String) -> String? {
        if fields[key] == nil { missing(key, example) }
        return text(key)
    }

    func whole(_ key: String, in range: ClosedRange<Int> = 0...Int(Int32.max)) -> Int? {
        read(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") { node in
            node.int.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func number(_ key: String) -> Double? { read(key, "a number") { $0.float } }
    func bool(_ key: String) -> Bool? { read(key, "true or false") { $0.bool } }

    func period(_ key: String) -> Period? {
        read(key, "a length of time such as 30s, 10m, 2h or 7d") { $0.scalar.flatMap { Period($0.string) } }
    }

    /// `5%`, or a share from 0 to 1.
    func share(_ key: String) -> Double? { read(key, "a share such as 5% or 0.05") { Section.share($0) } }

    static func share(_ node: Node) -> Double? {
        guard let text = node.scalar?.string else { return nil }
        let value = text.hasSuffix("%") ? Double(text.dropLast().trimmed).map { $0 / 100 } : Double(text)
        return value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    func texts(_ key: String) -> [String]? {
        read(key, "a list of texts") { node in
            if let single = node.scalar?.string { return [single] }
            guard case .sequence(let sequence) = node else { return nil }
            let values = sequence.compactMap { $0.scalar?.string }
            return values.count == sequence.count ? values : nil
        }
    }

    func section(_ key: String, known: [String]?) -> Section? {
        self[key].flatMap { Section($0, path: "\(path).\(key)", known: known, problems: problems) }
    }

    private func read<Value>(_ key: String, _ expected: String, _ convert: (Node) -> Value?) -> Value? {
        guard let node = fields[key]?.value else { return nil }
        if let value = convert(node) { return value }
        problems.add("'\(path).\(key)' must be \(expected)\(Section.found(node))", at: node.mark)
        return nil
    }

    static func found(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? ", but nothing stands there" : ", not '\(scalar.string.prefix(60))'"
        case .mapping: ", not a mapping"
        case .sequence: ", not a list"
        case .alias: ", not an alias"
        }
    }
}

extension Substring {
    var trimmed: String {
        var text = self
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}

extension JSON {
    /// A YAML value as JSON, by YAML's own rules for scalars.
    init(_ node: Node) {
        switch node {
        case .scalar(let scalar):
            if scalar.style == .doubleQuoted || scalar.style == .singleQuoted {
                self = .string(scalar.string)
            } else if node.null != nil {
                self = .null
            } else if let value = node.bool {
                self = .bool(value)
            } else if let value = node.int {
                self = .int(Int64(value))
            } else if let value = node.float {
                self = .double(value)
            } else {
                self = .string(scalar.string)
            }
        case .sequence(let sequence): self = .array(sequence.map { JSON($0) })
        case .mapping(let mapping):
            self = .object(
                Dictionary(mapping.compactMap { key, value in key.string.map { ($0, JSON(value)) } }, uniquingKeysWith: { _, last in last }))
        case .alias: self = .null
        }
    }
}
