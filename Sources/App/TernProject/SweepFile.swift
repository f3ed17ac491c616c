import Foundation
import TernKernel
import Yams

/// A sweep file as the server wants it, and where in the file each part of it stands.
///
/// What the format means is the server's to know; this reads YAML and tells line and column of what the server does not like.
package struct SweepFile: Sendable {
    /// Nodes of one file, aliases counted as often as they are used.
    private static let nodeLimit = 200_000
    private static let depthLimit = 100

    private struct Place: Sendable {
        var line = 1
        var column = 1

        init(_ mark: Mark?) {
            if let mark { (line, column) = (mark.line, mark.column) }
        }
    }

    package let definition: JSON
    private let file: String
    /// By path: where a key stands, and where its value.
    private var keys: [[String]: Place] = [:]
    private var values: [[String]: Place] = [:]

    /// - Throws: `not_found`, or `invalid_argument` with line and column when it is not YAML or not a mapping.
    package static func load(_ path: String) throws -> SweepFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TernError.notFound("no file at \(path)", hint: "docs/sweeps.md has one to start from")
        }
        guard data.count <= 1 << 20 else { throw TernError(.tooLarge, "\(path) is larger than 1 MB") }
        guard let text = String(data: data, encoding: .utf8) else { throw TernError.invalid("\(path) is not UTF-8 text") }
        return try SweepFile(text, file: path)
    }

    /// The same from text; `file` is the name that problems show.
    package init(_ text: String, file: String) throws {
        let problems = ProblemList(file: file)
        var root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            problems.add(error)
        } catch {
            problems.add("not YAML: \(error)", at: nil)
        }
        self.file = file
        guard problems.isEmpty else { throw problems.error.forSweep }
        guard let root else {
            problems.add("the file is empty", at: nil, suggestion: "docs/sweeps.md has one to start from")
            throw problems.error.forSweep
        }
        var left = SweepFile.nodeLimit
        guard case .mapping = root, SweepFile.isSmall(root, depth: 0, left: &left) else {
            problems.add(
                left > 0 ? "a sweep file is a mapping of keys to values, nested at most \(SweepFile.depthLimit) deep" : "the file is too large",
                at: root.mark)
            throw problems.error.forSweep
        }
        definition = JSON(root)
        values[[]] = Place(root.mark)
        place(root, at: [])
    }

    private static func isSmall(_ node: Node, depth: Int, left: inout Int) -> Bool {
        left -= 1
        guard left > 0, depth < depthLimit else { return false }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let sequence):
            for element in sequence where !isSmall(element, depth: depth + 1, left: &left) { return false }
        case .mapping(let mapping):
            for (_, value) in mapping where !isSmall(value, depth: depth + 1, left: &left) { return false }
        }
        return true
    }

    private mutating func place(_ node: Node, at path: [String]) {
        switch node {
        case .scalar, .alias: break
        case .sequence(let sequence):
            for (index, element) in sequence.enumerated() {
                values[path + [String(index)]] = Place(element.mark)
                place(element, at: path + [String(index)])
            }
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard let name = key.string else { continue }
                keys[path + [name]] = Place(key.mark)
                values[path + [name]] = Place(value.mark)
                place(value, at: path + [name])
            }
        }
    }

    /// An error of the server with the file's lines and columns in the place of paths; any other error as it is.
    package func located(_ error: TernError) -> TernError {
        guard let list = error.details["problems"]?.arrayValue, !list.isEmpty else { return error }
        let problems = list.map { problem -> ProjectProblem in
            let path = problem["path"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let place = problem["is_key"]?.boolValue == true ? keys[path] ?? near(path) : near(path)
            let name = problem["is_key"]?.boolValue == true ? path.dropLast() : path[...]
            let prefix = name.isEmpty ? "" : name.joined(separator: ".") + ": "
            return ProjectProblem(
                file: file, line: place.line, column: place.column, message: prefix + (problem["message"]?.stringValue ?? ""),
                suggestion: problem["suggestion"]?.stringValue)
        }.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return TernError(error.code, problems.map(\.description).joined(separator: "\n"), hint: error.hint, details: error.details)
    }

    /// The place of a value, or of what it would stand in.
    private func near(_ path: [String]) -> Place {
        var path = path
        while !path.isEmpty {
            if let place = values[path] { return place }
            path.removeLast()
        }
        return values[[]] ?? Place(nil)
    }
}

extension ProblemList {
    /// What the YAML reader says.
    fileprivate func add(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            add("not YAML: \(problem)", at: mark)
        case .duplicatedKeysInMapping(let duplicates, let context):
            add("\(duplicates.map { "'\($0)'" }.joined(separator: ", ")) stands twice", at: context.mark)
        default: add("not YAML: \(error)", at: nil)
        }
    }
}

extension TernError {
    fileprivate var forSweep: TernError {
        var error = self
        error.hint = "docs/sweeps.md has the whole format"
        return error
    }
}
