import Foundation
import Testing

/// Values of the reference libraries (scipy, scikit-learn, Evidently), beside this file.
enum Golden {
    private static func data(_ name: String) throws -> Data {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return try Data(contentsOf: folder.appending(path: name))
    }

    static func json(_ name: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data(name)) as? [String: Any])
    }

    /// A CSV without quotes as columns of fields.
    static func columns(_ name: String) throws -> [String: [String]] {
        let text = try #require(String(data: data(name), encoding: .utf8))
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let header = try #require(lines.first)
        return Dictionary(uniqueKeysWithValues: header.enumerated().map { index, name in (name, lines.dropFirst().map { $0[index] }) })
    }

    static func numbers(_ fields: [String]) -> [Double] { fields.compactMap { Double($0) } }
    static func texts(_ fields: [String]) -> [String] { fields.filter { !$0.isEmpty } }
}

/// Whether `value` is `expected` within a relative tolerance, or an absolute floor.
func near(_ value: Double?, _ expected: Double?, _ relative: Double = 1e-9, floor: Double = 1e-12) -> Bool {
    guard let value, let expected else { return false }
    return value == expected || abs(value - expected) <= max(floor, relative * abs(expected))
}

extension Dictionary<String, Any> {
    func object(_ key: String) -> [String: Any] { self[key] as? [String: Any] ?? [:] }
    func objects(_ key: String) -> [[String: Any]] { self[key] as? [[String: Any]] ?? [] }
    func number(_ key: String) -> Double? { (self[key] as? NSNumber)?.doubleValue }
}

/// Repeatable pseudo-random numbers (SplitMix64), so that a test that holds once holds always.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
    mutating func normals(_ count: Int, mean: Double = 0, deviation: Double = 1) -> [Double] {
        (0..<count).map { _ in mean + deviation * normal() }
    }
}
