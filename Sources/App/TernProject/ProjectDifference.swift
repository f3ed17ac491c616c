import Datasets
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import TernKernel

/// What `tern apply` would change, line by line.
package struct ProjectDifference: Codable, Hashable, Sendable {
    package enum Sign: String, Codable, Sendable {
        case added = "+"
        case changed = "~"
        case removed = "-"
    }

    package struct Line: Codable, Hashable, Sendable, CustomStringConvertible {
        package var sign: Sign
        /// `endpoint price`
        package var subject: String
        /// For a change, `cooldown: "1d" → "21d"`, one entry a field.
        package var changes: [String]

        package var description: String { "\(sign.rawValue) \(subject)" + changes.map { "\n    \($0)" }.joined() }
    }

    package var lines: [Line]

    package var isEmpty: Bool { lines.isEmpty }

    /// - Parameter old: what the server has; nil when it has nothing of this project yet.
    package init(from old: Project?, to new: Project) throws {
        lines = []
        if let old, old.folder != new.folder {
            lines.append(Line(sign: .changed, subject: "project \(new.name)", changes: ["folder: \(old.folder) → \(new.folder)"]))
        }
        try compare(old?.datasets ?? [], new.datasets, "dataset", \.name)
        try compare(old?.pipelines ?? [], new.pipelines, "pipeline", \.name)
        try compare(old?.models ?? [], new.models, "model", \.name)
        try compare(old?.endpoints ?? [], new.endpoints, "endpoint", \.name)
        try compare(old?.monitors ?? [], new.monitors, "monitors of endpoint", \.endpoint)
        try compare(old?.policies ?? [], new.policies, "policy of endpoint", \.endpoint)
    }

    private mutating func compare<Value: Codable & Hashable>(
        _ old: [Value], _ new: [Value], _ noun: String, _ name: KeyPath<Value, String>
    ) throws {
        let before = Dictionary(old.map { ($0[keyPath: name], $0) }, uniquingKeysWith: { _, last in last })
        for value in new {
            let subject = "\(noun) \(value[keyPath: name])"
            guard let previous = before[value[keyPath: name]] else {
                lines.append(Line(sign: .added, subject: subject, changes: []))
                continue
            }
            if previous != value {
                let changes = Self.changes(from: try JSON(encoding: previous), to: try JSON(encoding: value), path: "")
                lines.append(Line(sign: .changed, subject: subject, changes: changes))
            }
        }
        let after = Set(new.map { $0[keyPath: name] })
        for value in old where !after.contains(value[keyPath: name]) {
            lines.append(Line(sign: .removed, subject: "\(noun) \(value[keyPath: name])", changes: []))
        }
    }

    private static func changes(from old: JSON, to new: JSON, path: String) -> [String] {
        if old == new { return [] }
        if case .object(let before) = old, case .object(let after) = new {
            return Set(before.keys).union(after.keys).sorted().flatMap { key in
                changes(from: before[key] ?? .null, to: after[key] ?? .null, path: path.isEmpty ? key : "\(path).\(key)")
            }
        }
        return ["\(path): \(shown(old)) → \(shown(new))"]
    }

    /// A model card is a page of text: its beginning and its size say enough.
    private static func shown(_ value: JSON) -> String {
        guard case .string(let text) = value, text.utf8.count > 200 else { return value.description }
        return JSON.string(text.prefix(40) + "…").description + " (\(text.utf8.count) bytes)"
    }
}
