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
        let nearest = known.map { (name: $0, distance: ProblemList.distance(word, $0)) }.min { $0.distance < $1.distance }
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

    /// Edit distance with transpositions (Damerau-Levenshtein, restricted): how far a typing error is from a word.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased()), right = Array(right.lowercased())
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var rows = [Array(0...right.count)]
        for i in 1...left.count {
            var row = [i] + Array(repeating: 0, count: right.count)
            for j in 1...right.count {
                let cost = left[i - 1] == right[j - 1] ? 0 : 1
                row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] { row[j] = min(row[j], rows[i - 2][j - 2] + 1) }
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
