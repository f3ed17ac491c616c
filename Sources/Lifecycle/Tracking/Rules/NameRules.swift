import Foundation
import TernKernel

/// What names and values may be, in MLflow's words, which its clients' tests read.
enum NameRules {
    static let keyLength = 250
    static let paramLength = 6000
    static let runTagLength = 8000
    static let experimentNameLength = 500
    static let experimentTagLength = 20_000

    static func checkExperiment(name: String) throws {
        guard !name.isEmpty else { throw TernError.invalid("Invalid experiment name: ''") }
        try checkLength(name, "name", experimentNameLength)
    }

    static func checkExperimentTag(key: String, value: String) throws {
        try checkKey(key, at: "key")
        try checkLength(key, "key", keyLength)
        try checkLength(value, "value", experimentTagLength)
    }

    /// - Returns: the value, cut to what a tag may hold.
    static func runTag(key: String, value: String, at place: String = "") throws -> String {
        try checkKey(key, at: join(place, "key"))
        try checkLength(key, join(place, "key"), keyLength)
        return cut(value, to: runTagLength)
    }

    /// - Returns: the value, cut to what a parameter may hold.
    static func param(key: String, value: String, at place: String = "") throws -> String {
        try checkKey(key, at: join(place, "key"))
        try checkLength(key, "Param key", keyLength)
        return cut(value, to: paramLength)
    }

    /// - Parameter place: only made when the point is refused.
    static func check(_ point: MetricPoint, at place: @autoclosure () -> String = "") throws {
        if point.timestamp >= 0, isPlain(point.key), point.key.utf8.count <= keyLength { return }
        try checkKey(point.key, at: join(place(), "name"))
        guard point.timestamp >= 0 else {
            throw TernError.invalid(
                "Invalid value \(point.timestamp) for parameter '\(join(place(), "timestamp"))' supplied: "
                    + "metric '\(point.key)' (value=\(point.value)). Timestamp must be a nonnegative long (64-bit integer) ")
        }
        try checkLength(point.key, "Metric name", keyLength)
    }

    static func checkRun(id: String) throws {
        let scalars = id.unicodeScalars
        guard let first = scalars.first, first.isASCII, first.properties.isAlphabetic || ("0"..."9").contains(first), scalars.count <= 256,
            scalars.allSatisfy({ isWord($0) || $0 == "-" })
        else { throw TernError.invalid("Invalid value \(JSON.string(id)) for parameter 'run_id' supplied.") }
    }

    /// Keys are also file names in MLflow's file store, so they must be paths that stay where they are.
    static func checkKey(_ key: String, at place: String) throws {
        if isPlain(key) { return }
        guard key.unicodeScalars.allSatisfy({ isWord($0) || "/.- :".unicodeScalars.contains($0) }) else {
            throw invalid(
                key, place,
                "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).")
        }
        let normal = normalPath(key)
        guard normal == key, normal != ".", !normal.hasPrefix(".."), !normal.hasPrefix("/") else {
            throw invalid(
                key, place,
                "Names may be treated as files in certain cases, and must not resolve to other names when treated as such."
                    + " This name would resolve to '\(normal)'")
        }
    }

    /// The usual key is plain ASCII without slashes; only others take the slow way.
    private static func isPlain(_ key: String) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45 }
    }

    /// Python's `posixpath.normpath`.
    static func normalPath(_ path: String) -> String {
        if path.isEmpty { return "." }
        let slashes = path.prefix { $0 == "/" }.count
        let root = slashes == 0 ? "" : (slashes == 2 ? "//" : "/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." || (root.isEmpty && parts.isEmpty) || parts.last == ".." {
                parts.append(part)
            } else if !parts.isEmpty {
                parts.removeLast()
            }
        }
        let text = root + parts.joined(separator: "/")
        return text.isEmpty ? "." : text
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func checkLength(_ text: String, _ what: String, _ limit: Int) throws {
        guard text.utf8.count <= limit || text.unicodeScalars.count <= limit else {
            throw TernError.invalid("'\(what)' exceeds the maximum length of \(limit) characters")
        }
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    private static func join(_ place: String, _ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    private static func invalid(_ value: String, _ place: String, _ why: String) -> TernError {
        .invalid("Invalid value \(JSON.string(value)) for parameter '\(place)' supplied: \(why)")
    }
}
