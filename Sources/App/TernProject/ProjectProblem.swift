import TernKernel
import Yams

/// One thing wrong with a `tern.yaml`, and where.
package struct ProjectProblem: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    package var message: String
    package var suggestion: String?

    package var description: String { "\(file):\(line):\(column): \(message)" + (suggestion.map { " (\($0))" } ?? "") }
}

/// Gathers problems while a file is read, so that a person sees all of them at once.
final class ProblemList {
    let file: String
    private(set) var problems: [ProjectProblem] = []

    init(file: String) { self.file = file }

    var isEmpty: Bool { problems.isEmpty }

    func add(_ message: String, at mark: Mark?, suggestion: String? = nil) {
        problems.append(
            ProjectProblem(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message, suggestion: suggestion))
    }

    /// The same, with the nearest of `known` as suggestion.
    func add(_ message: String, at mark: Mark?, nearest word: String, in known: [String]) {
        let nearest = known.map { (name: $0, distance: EditDistance.between(word, $0)) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= max(2, word.count / 3) {
            add(message, at: mark, suggestion: "did you mean '\(nearest.name)'?")
        } else {
            add(message, at: mark, suggestion: known.isEmpty ? nil : "known: \(known.sorted().joined(separator: ", "))")
        }
    }

    var error: TernError {
        let sorted = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return TernError(
            .invalidArgument, sorted.map(\.description).joined(separator: "\n"), hint: "tern check reads the file again without touching the server",
            details: [
                "problems": .array(
                    sorted.map {
                        [
                            "file": .string($0.file), "line": JSON($0.line), "column": JSON($0.column), "message": .string($0.message),
                            "suggestion": JSON($0.suggestion),
                        ]
                    })
            ])
    }
}
